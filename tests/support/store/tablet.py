"""The associate's tablet, without its page: sees cards, sends actions."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import Any, Callable

from .central import DEFAULT_ROOT
from .link import Link, Message

Card = dict[str, Any]


class Tablet:
    """`cards` maps a visit to the card that is on the screen now."""

    def __init__(self, port: int, store: str, device: str = "t1", root: str = DEFAULT_ROOT) -> None:
        self.base = f"{root}/{store}/tablet"
        self.device = device
        self.cards: dict[str, Card] = {}
        self.state: dict[str, Any] | None = None
        self._on_card: list[Callable[[str, Card | None], None]] = []
        self.link = Link(
            port, f"tablet-{device}-{uuid.uuid4()}", [f"{self.base}/card/#", f"{self.base}/state"], self._take
        )

    def _take(self, message: Message) -> None:
        if message.topic.endswith("/tablet/state"):
            self.state = json.loads(message.payload) if message.payload else None
            return
        visit = message.topic.rsplit("/", 1)[1]
        card = json.loads(message.payload) if message.payload else None
        if card is None:
            self.cards.pop(visit, None)
        else:
            self.cards[visit] = card
        for listener in self._on_card:
            listener(visit, card)

    def on_card(self, listener: Callable[[str, Card | None], None]) -> None:
        """`listener` sees each card as it comes, changes and goes (None), on the link's thread."""
        self._on_card.append(listener)

    def wait_card(self, wanted: Callable[[Card], bool] = lambda card: True, timeout_s: float = 10) -> Card:
        def find() -> Card | None:
            return next((card for card in self.cards.values() if wanted(card)), None)

        return self.link.wait_for(find, timeout_s, "card on the tablet")

    def wait_withdrawn(self, visit: str, timeout_s: float = 10) -> None:
        self.link.wait_for(lambda: visit not in self.cards, timeout_s, "card withdrawn")

    def act(self, action: str, visit: str, **fields: Any) -> str:
        """Sends one action; returns its id. `fields` overrides any key of the message (contract, tablets)."""
        message = {
            "v": 1,
            "id": str(uuid.uuid4()),
            "visit": visit,
            "suggestion": None,
            "action": action,
            "undoes": None,
            "reason": None,
            "associate": "A12",
            "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            **fields,
        }
        self.link.publish(f"{self.base}/action/{self.device}", json.dumps(message))
        return message["id"]

    def stop(self) -> None:
        self.link.stop()
