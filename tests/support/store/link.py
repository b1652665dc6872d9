"""One MQTT 5 connection that records everything it receives and can wait for more."""

from __future__ import annotations

import threading
import time
from typing import Callable, NamedTuple, Sequence, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .processes import DeadlineMissed

_SESSION_EXPIRY_S = 3600
_CONNECT_TIMEOUT_S = 10
Found = TypeVar("Found")


class Message(NamedTuple):
    topic: str
    payload: bytes
    retain: bool
    qos: int
    received_s: float  # time.monotonic()
    content_type: str | None
    expiry_s: int | None
    user_properties: list[tuple[str, str]]


class Link:
    """Reconnects by itself; the session outlives the connection, so nothing at QoS 1 is missed meanwhile.

    `messages` grows in the order of arrival. `on_message` is called for each, with the lock of `waiting` held.
    """

    def __init__(
        self,
        port: int,
        client_id: str,
        topics: Sequence[str],
        on_message: Callable[[Message], None] = lambda message: None,
    ) -> None:
        self.messages: list[Message] = []
        self.waiting = threading.Condition()
        self._topics, self._on_message = topics, on_message
        self._subscribed = threading.Event()
        self._client = mqtt.Client(client_id, protocol=mqtt.MQTTv5)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._received
        self._client.reconnect_delay_set(0.1, 0.5)
        self._client.max_inflight_messages_set(1000)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        self._client.connect("127.0.0.1", port, clean_start=False, properties=properties)
        self._client.loop_start()
        if not self._subscribed.wait(_CONNECT_TIMEOUT_S):
            raise DeadlineMissed(f"{client_id} is not subscribed within {_CONNECT_TIMEOUT_S} s")

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        if self._topics:
            client.subscribe([(topic, mqtt.SubscribeOptions(qos=1)) for topic in self._topics])
        else:
            self._subscribed.set()

    def _received(self, _client: mqtt.Client, _data: object, received: mqtt.MQTTMessage) -> None:
        properties = received.properties
        message = Message(
            received.topic,
            received.payload,
            received.retain,
            received.qos,
            time.monotonic(),
            getattr(properties, "ContentType", None),
            getattr(properties, "MessageExpiryInterval", None),
            getattr(properties, "UserProperty", []),
        )
        with self.waiting:
            self.messages.append(message)
            self._on_message(message)
            self.waiting.notify_all()

    def publish(self, topic: str, payload: bytes | str, qos: int = 1, retain: bool = False) -> None:
        """At QoS 1 returns after the broker's acknowledgement."""
        sent = self._client.publish(topic, payload, qos, retain)
        if qos == 0:
            return
        sent.wait_for_publish(_CONNECT_TIMEOUT_S)
        if not sent.is_published():
            raise DeadlineMissed(f"no acknowledgement of {topic}")

    def wait_for(self, find: Callable[[], Found], timeout_s: float, what: str) -> Found:
        """The first truthy answer of `find`, which is asked after each message."""
        with self.waiting:
            found = self.waiting.wait_for(find, timeout_s)
        if not found:
            raise DeadlineMissed(f"not within {timeout_s:g} s: {what}")
        return found

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
