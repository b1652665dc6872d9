"""Two clients with one client id: who loses the session is patient, says so, and no ping-pong follows."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
import unittest
from typing import Any

from store.case import ShopCase
from store.gateway import GATEWAY, STORE
from store.mute_broker import MuteBroker
from store.radio import FakeRadio
from store.shop import Shop
from store.till import Line

_CLIENT_ID = f"{STORE}-{GATEWAY}"
_KICKS_BEFORE_SUSPICION = 5
_BARE = {"radio": {"receivers": []}}


class Rival:
    """Another box with our id, which comes back at once whenever it is thrown out."""

    def __init__(self, port: int) -> None:
        self.connections = 0
        self._port, self._stopped = port, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            with socket.create_connection(("127.0.0.1", self._port), 5) as connection:
                name = _CLIENT_ID.encode()
                body = b"\0\4MQTT\5\2\0\0\0" + struct.pack(">H", len(name)) + name
                connection.sendall(bytes([0x10, len(body)]) + body)
                self.connections += 1
                connection.settimeout(0.1)
                while not self._stopped.is_set():
                    try:
                        if not connection.recv(4096):
                            break
                    except TimeoutError:
                        continue
                    except OSError:
                        break

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(10)


class SameIdCase(ShopCase):
    def central(self, shop: Shop) -> dict[str, Any]:
        return json.loads(shop.gateway.ctl("status", "--json").stdout)["links"]["central"]

    def wait_warning(self, shop: Shop, timeout_s: float) -> str:
        return self.wait(lambda: self.central(shop)["warnings"], timeout_s, "a warning")[0]

    def wait_metric(self, shop: Shop, name: str, value: int) -> None:
        self.wait(lambda: shop.gateway.metric(name) == value, 3, f"{name} {value}")


class TakenOverTest(SameIdCase):
    def test_a_broker_that_does_not_say_why_it_closes(self) -> None:
        """mosquitto 2.0: five times in a row are suspicious; before that the usual back-off, 31 s together at most."""
        shop = self.shop(_BARE, radio=FakeRadio)
        shop.gateway.start()
        shop.central.wait_state("online")
        rival = Rival(shop.wan.port)
        self.addCleanup(rival.stop)
        self.assertIn("client id", self.wait_warning(shop, 45))
        self.wait_metric(shop, 'link_lost_total{link="central"}', _KICKS_BEFORE_SUSPICION)
        self.wait_metric(shop, 'link_rival{link="central"}', 1)
        self.assertIn("client id", shop.gateway.ctl("doctor").stdout)
        self.assertIn("client id", shop.gateway.ctl("status").stdout)
        self.assertEqual(shop.gateway.get("/readyz")[0], 200)
        met = rival.connections
        sold = shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).result["ticket_id"]
        until_s = time.monotonic() + 8
        self.wait(lambda: time.monotonic() > until_s, 10, "some seconds in which nobody takes anything")
        self.assertEqual(rival.connections, met, "no ping-pong")
        rival.stop()
        self.assertEqual(json.loads(shop.gateway.ctl("outbox", "--json").stdout)["depth"], 1)
        self.assertEqual(self.central(shop)["up"], False)
        shop.gateway.stop()
        shop.gateway.start()  # whoever has removed the other box need not wait
        shop.central.wait_for("ticket.recorded", lambda data: data["ticket_id"] == sold, 20)
        shop.central.assert_promises_kept()

    def test_a_broker_that_says_that_the_session_was_taken_over(self) -> None:
        broker = MuteBroker()
        self.addCleanup(broker.stop)
        shop = self.shop(_BARE, radio=FakeRadio)
        shop.gateway.configuration["central"]["url"] = f"mqtt://127.0.0.1:{broker.port}"
        shop.gateway.start()
        self.wait(lambda: self.central(shop)["up"], 10, "it is let in")
        broker.take_over()
        self.assertIn("another client uses the same client id", self.wait_warning(shop, 5))
        self.assertIn("session taken over", self.central(shop)["last_error"])
        self.wait_metric(shop, 'link_rival{link="central"}', 2)
        until_s = time.monotonic() + 5
        self.wait(lambda: time.monotonic() > until_s, 10, "more than the usual back-off")
        self.assertEqual(broker.connected, 1)


if __name__ == "__main__":
    unittest.main()
