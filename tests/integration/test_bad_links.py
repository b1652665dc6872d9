"""A WAN that swallows, half-closes and delays, and a central that never acknowledges: noticed, survived, in order."""

from __future__ import annotations

import json
import time
import unittest
from pathlib import Path
from typing import Any

from store.case import ShopCase
from store.fault_proxy import FaultProxy
from store.mute_broker import MuteBroker
from store.radio import FakeRadio
from store.shop import Shop
from store.till import Line

_KEEP_ALIVE_S = 20
_NOTICED_S = 1.5 * _KEEP_ALIVE_S
_BACK_OFF_S = 3.0  # the first one is below a second
_ACK_DEADLINE_S = 30


class BadLinkCase(ShopCase):
    def behind(self, port: int | None = None, **options: Any) -> tuple[Shop, FaultProxy]:
        """A shop whose central link goes through a proxy to `port`, or to its own central broker."""
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio, **options)
        proxy = FaultProxy(port or shop.wan.port)
        self.addCleanup(proxy.stop)
        shop.gateway.configuration["central"]["url"] = proxy.url
        shop.gateway.start()
        return shop, proxy

    def central(self, shop: Shop) -> dict[str, Any]:
        return json.loads(shop.gateway.ctl("status", "--json").stdout)["links"]["central"]

    def wait_link(self, shop: Shop, up: bool, timeout_s: float) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            link = self.central(shop)
            return link if link["up"] == up else None

        return self.wait(there, timeout_s, f"central {'up' if up else 'down'}")

    def sell(self, shop: Shop, count: int) -> list[str]:
        return [
            shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).result["ticket_id"] for _ in range(count)
        ]

    def wait_for_all(self, shop: Shop, tickets: list[str]) -> None:
        """Once each, and in the order in which they were sold."""

        def arrived() -> list[str]:
            return [event["data"]["ticket_id"] for event in shop.central.events("ticket.recorded")]

        self.wait(lambda: len(arrived()) >= len(tickets), 20, "every ticket arrives")
        self.assertEqual(arrived(), tickets)
        shop.central.assert_promises_kept()


class HalfClosedTest(BadLinkCase):
    def test_half_closed_either_way_and_what_was_sold_meanwhile(self) -> None:
        shop, proxy = self.behind()
        self.wait_link(shop, True, 10)
        sold: list[str] = []
        for towards in ("client", "server"):
            accepted = proxy.accepted
            proxy.half_close(towards)  # type: ignore[arg-type]
            sold += self.sell(shop, 5)
            self.wait(lambda a=accepted: proxy.accepted > a, _BACK_OFF_S + 2, "a new connection")
            self.wait_link(shop, True, 10)
        self.wait_for_all(shop, sold)

    def test_cut_in_the_middle_of_a_backlog(self) -> None:
        shop, proxy = self.behind(durable_wan=True)
        self.wait_link(shop, True, 10)
        proxy.swallow()
        sold = self.sell(shop, 300)
        proxy.cut()
        proxy.flow()
        self.wait(lambda: shop.central.events("ticket.recorded"), 70, "the backlog begins to arrive")
        proxy.cut()
        self.wait(lambda: len(shop.central.events("ticket.recorded")) >= len(sold), 70, "every ticket arrives")
        shop.central.assert_promises_kept()
        recorded = [event["data"]["ticket_id"] for event in shop.central.events("ticket.recorded")]
        self.assertEqual(len(recorded), len(set(recorded)))


class HalfAMinuteTest(BadLinkCase):
    """Three shops at once, since each of them needs that long."""

    def test_silence_is_noticed_slowness_is_not_and_no_acknowledgement_ends_the_link(self) -> None:
        swallowed = self.behind()
        slow = self.behind()
        broker = MuteBroker()
        self.addCleanup(broker.stop)
        mute = self.behind(broker.port)[0]
        self.wait(lambda: broker.connected == 1, 10, "it is let in")
        waiting = len(self.sell(mute, 1))
        before_kib = self.resident_kib(mute)
        sold = {}
        for shop, proxy in (swallowed, slow):
            self.wait_link(shop, True, 10)
            sold[shop] = self.sell(shop, 3)
            self.wait_for_all(shop, sold[shop])
            self.assertEqual(proxy.accepted, 1)
        swallowed[1].swallow()  # idle: nothing is under way, whose missing acknowledgement would tell
        slow[1].delay(1.0)
        began_s = time.monotonic()
        with self.subTest("a central that never acknowledges costs no memory"):
            while time.monotonic() - began_s < _ACK_DEADLINE_S / 2:
                waiting += len(self.sell(mute, 20))
            self.assertLessEqual(broker.most_unacknowledged, 101, "100 events and the state")
            self.assertLess(self.resident_kib(mute) - before_kib, 8 * 1024, "tickets wait on disk, not in memory")
        with self.subTest("swallowed"):
            link = self.wait_link(swallowed[0], False, _NOTICED_S + 5)
            self.assertLess(time.monotonic() - began_s, _NOTICED_S)
            self.assertIn("nothing was heard", link["last_error"])
            self.assertEqual(swallowed[0].gateway.get("/readyz")[0], 200)
            sold[swallowed[0]] += self.sell(swallowed[0], 10)
            swallowed[1].cut()
            swallowed[1].flow()
            self.wait_link(swallowed[0], True, 70)
            self.wait_for_all(swallowed[0], sold[swallowed[0]])
        with self.subTest("a central that never acknowledges is left"):
            self.wait(lambda: broker.connected == 2, _ACK_DEADLINE_S + 5 - (time.monotonic() - began_s), "it left")
            self.assertEqual(json.loads(mute.gateway.ctl("outbox", "--json").stdout)["depth"], waiting)
        with self.subTest("an answer that is late by two seconds is one"):
            self.wait(lambda: time.monotonic() - began_s > _NOTICED_S + 2, _NOTICED_S, "longer than the silence allowed")
            self.assertTrue(self.central(slow[0])["up"])
            self.assertEqual(slow[1].accepted, 1)

    def resident_kib(self, shop: Shop) -> int:
        """Of the daemon and its uplink."""
        daemon = shop.gateway.process.pid
        children = Path(f"/proc/{daemon}/task/{daemon}/children").read_text().split()
        total = 0
        for pid in (str(daemon), *children):
            status = Path(f"/proc/{pid}/status").read_text()
            total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return total


if __name__ == "__main__":
    unittest.main()
