"""A broker says that another client took our session: patience and a warning. Suspicion alone: test_long_waits."""

from __future__ import annotations

import time
import unittest

from bad_link_case import BadLinkCase
from store.mute_broker import MuteBroker


class TakenOverTest(BadLinkCase):
    def test_a_broker_that_says_that_the_session_was_taken_over(self) -> None:
        broker = MuteBroker()
        self.addCleanup(broker.stop)
        shop, _ = self.behind(broker.port)
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
