"""A WAN that was away, a broker with limits, and a central that asks again: what arrives, in which order, explained."""

from __future__ import annotations

import unittest
from typing import Any

from store.case import ShopCase
from store.radio import FakeRadio
from store.shop import Shop
from store.till import Line

_BARE = {"radio": {"receivers": []}}
_COAT = Line("GATE-COAT-NAVY-42", "249.00")


class OutboxCase(ShopCase):
    def store(self, patch: dict[str, Any] | None = None, **options: Any) -> Shop:
        shop = self.shop({**_BARE, **(patch or {})}, radio=FakeRadio, **options)
        shop.gateway.start()
        shop.central.wait_state("online")
        return shop

    def sell(self, shop: Shop, count: int, lines: int = 1) -> list[str]:
        return [shop.till.hand_in(shop.till.ticket([_COAT] * lines)).result["ticket_id"] for _ in range(count)]

    def arrived(self, shop: Shop) -> list[str]:
        return [event["data"]["ticket_id"] for event in shop.central.events("ticket.recorded")]

    def wait_for_all(self, shop: Shop, tickets: list[str]) -> None:
        missing = set(tickets)
        self.wait(lambda: missing <= set(self.arrived(shop)), 60, "every ticket arrives")
        shop.central.assert_promises_kept()


class BacklogTest(OutboxCase):
    def test_a_fresh_ticket_overtakes_the_backlog_at_the_configured_rate(self) -> None:
        shop = self.store({"central": {"max_rate": 20}}, durable_wan=True)
        shop.wan.kill()
        waiting = self.sell(shop, 150)
        shop.wan.start()
        self.wait(lambda: self.arrived(shop), 60, "the link is back")
        fresh = self.sell(shop, 1)
        self.wait(lambda: fresh[0] in self.arrived(shop), 60, "the fresh ticket arrives")
        self.assertLess(len(self.arrived(shop)), 100, "before most of what waited")
        self.wait_for_all(shop, waiting + fresh)


class LimitsTest(OutboxCase):
    def test_a_ticket_that_the_broker_never_takes_is_set_aside_and_explained(self) -> None:
        shop = self.store(wan_limits="max_packet_size 20000")
        small, large, later = self.sell(shop, 1), self.sell(shop, 1, lines=300), self.sell(shop, 1)
        explained = shop.central.wait_for("outbox.dropped")["data"]
        self.assertEqual((explained["class"], explained["reason"]), ("keep", "refused"))
        self.wait_for_all(shop, small + later)
        self.assertNotIn(large[0], self.arrived(shop))
        figures = shop.gateway.ctl("outbox", "--json").stdout
        self.assertIn('"set_aside":1', figures.replace(" ", ""))
        self.wait(lambda: shop.gateway.metric("outbox_dropped_total") == 1, 5, "the metric counts it")


class ReplayTest(OutboxCase):
    def test_central_gets_again_what_it_asks_for(self) -> None:
        shop = self.store()
        sold = self.sell(shop, 5)
        self.wait_for_all(shop, sold)
        second = shop.central.events("ticket.recorded")[1]["sequence"]
        answer = shop.central.command("replay", {"from_sequence": second, "to_sequence": int(second) + 1})
        self.assertEqual(answer["status"], "applied")
        self.wait(lambda: shop.central.consumer.redelivered == 2, 10, "the same two, byte for byte")
        gone = shop.central.command("replay", {"from_sequence": 1_000, "to_sequence": 1_001})
        self.assertEqual((gone["status"], gone["reason"]), ("rejected", "expired"))
        odd = shop.central.command("replay", {"from_sequence": "seven", "to_sequence": 9})
        self.assertEqual(odd["status"], "rejected")
        self.assertIn("/from_sequence", odd["reason"])
        shop.central.assert_promises_kept()


if __name__ == "__main__":
    unittest.main()
