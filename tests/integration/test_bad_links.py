"""A WAN that half-closes and cuts: survived, in order, once each. What takes longer to notice: test_long_waits."""

from __future__ import annotations

import unittest

from bad_link_case import BadLinkCase
from store.mute_broker import MuteBroker

_BACK_OFF_S = 3.0  # the first one is below a second


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
        sold = self.sell(shop, 100)
        proxy.cut()
        proxy.flow()
        self.wait(lambda: shop.central.events("ticket.recorded"), 70, "the backlog begins to arrive")
        proxy.cut()
        self.wait(lambda: len(shop.central.events("ticket.recorded")) >= len(sold), 70, "every ticket arrives")
        shop.central.assert_promises_kept()
        recorded = [event["data"]["ticket_id"] for event in shop.central.events("ticket.recorded")]
        self.assertEqual(len(recorded), len(set(recorded)))


class LimitsTest(BadLinkCase):
    def test_a_broker_that_takes_five_at_once_gets_five_and_whole_topics(self) -> None:
        """It grants no topic alias, as most do not."""
        broker = MuteBroker(receive_maximum=5)
        self.addCleanup(broker.stop)
        shop, proxy = self.behind(broker.port)
        self.wait_link(shop, True, 10)
        proxy.swallow()
        self.sell(shop, 40)
        proxy.cut()
        proxy.flow()
        self.wait(lambda: broker.most_unacknowledged >= 5, 10, "all that it takes")
        self.sell(shop, 5)
        self.assertEqual(broker.most_unacknowledged, 5)
        self.assertNotIn("", broker.topics)


if __name__ == "__main__":
    unittest.main()
