"""The customer-data platform's end of the WAN: receives events, states and acknowledgements, sends commands."""

from __future__ import annotations

import json
import uuid
from typing import Any, Callable

from .consumer import Consumer, Event
from .link import Link, Message

DEFAULT_ROOT = "touchpoint/v1"
_ACK_TIMEOUT_S = 10


class Central:
    """`consumer` checks every event; `base` is the contract's `R` without its last slash."""

    def __init__(self, port: int, store: str, root: str = DEFAULT_ROOT) -> None:
        self.base = f"{root}/{store}"
        self.consumer = Consumer()
        self.acknowledgements: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self._on_event: list[Callable[[Event], None]] = []
        topics = [f"{self.base}/{branch}/#" for branch in ("event", "state", "ack")]
        self.link = Link(port, f"central-{uuid.uuid4()}", topics, self._take)

    def _take(self, message: Message) -> None:
        branch = message.topic.removeprefix(self.base + "/").split("/")[0]
        if branch == "event":
            event = self.consumer.take(message.topic, message.payload)
            for listener in self._on_event if event else ():
                listener(event)
        elif branch == "ack":
            self.acknowledgements.append(json.loads(message.payload))
        elif branch == "state" and message.payload:
            self.states.append(json.loads(message.payload))

    def on_event(self, listener: Callable[[Event], None]) -> None:
        """`listener` sees each distinct event, on the link's thread."""
        self._on_event.append(listener)

    def events(self, name: str) -> list[Event]:
        with self.link.waiting:
            return self.consumer.of_type(name)

    def wait_for(
        self, name: str, wanted: Callable[[dict[str, Any]], bool] = lambda data: True, timeout_s: float = 10
    ) -> Event:
        """The first event of that type whose data is wanted, already here or still to come."""

        def find() -> Event | None:
            return next((event for event in self.consumer.of_type(name) if wanted(event["data"])), None)

        return self.link.wait_for(find, timeout_s, f"event {name}")

    def wait_state(self, state: str, timeout_s: float = 10) -> dict[str, Any]:
        """The newest state of a gateway, once it is `online` or `offline`."""

        def find() -> dict[str, Any] | None:
            return self.states[-1] if self.states and self.states[-1]["state"] == state else None

        return self.link.wait_for(find, timeout_s, f"state {state}")

    def command(self, name: str, payload: dict[str, Any], timeout_s: float = _ACK_TIMEOUT_S) -> dict[str, Any]:
        """Sends a command and returns its final acknowledgement (`accepted` is not final)."""
        command = self.send_command(name, payload)
        return self.wait_acknowledgement(command, timeout_s)

    def send_command(self, name: str, payload: dict[str, Any]) -> str:
        """Sends without waiting for an answer; returns the command id, made up unless given."""
        command = payload.get("command_id") or str(uuid.uuid4())
        self.link.publish(f"{self.base}/command/{name}", json.dumps({"command_id": command, **payload}))
        return command

    def wait_acknowledgement(self, command: str, timeout_s: float = _ACK_TIMEOUT_S) -> dict[str, Any]:
        def find() -> dict[str, Any] | None:
            return next(
                (ack for ack in self.acknowledgements if ack["command_id"] == command and ack["status"] != "accepted"),
                None,
            )

        return self.link.wait_for(find, timeout_s, f"acknowledgement of {command}")

    def assert_promises_kept(self) -> None:
        """Every rule of the consumer model, gaps included."""
        with self.link.waiting:
            violations = self.consumer.check_complete()
        if violations:
            raise AssertionError("central was promised otherwise:\n" + "\n".join(violations))

    def stop(self) -> None:
        self.link.stop()
