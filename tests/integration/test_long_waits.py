"""What takes half a minute: silence is noticed, a missing acknowledgement too, and a rival is suspected."""

from __future__ import annotations

import json
import time
import unittest
from pathlib import Path

from bad_link_case import BadLinkCase
from store.gateway import GATEWAY, STORE
from store.mute_broker import MuteBroker
from store.rival import Rival
from store.shop import Shop

_KEEP_ALIVE_S = 20
_NOTICED_S = 1.5 * _KEEP_ALIVE_S
_ACK_DEADLINE_S = 30
_KICKS_BEFORE_SUSPICION = 5


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
            self.assertLessEqual(broker.most_unacknowledged, 257, "256 events and the state")
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
        """Of the daemon and its link processes."""
        daemon = shop.gateway.process.pid
        children = Path(f"/proc/{daemon}/task/{daemon}/children").read_text().split()
        total = 0
        for pid in (str(daemon), *children):
            status = Path(f"/proc/{pid}/status").read_text()
            total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return total


class SuspectedRivalTest(BadLinkCase):
    def test_a_broker_that_does_not_say_why_it_closes(self) -> None:
        """mosquitto 2.0: five times in a row are suspicious; before that the usual back-off, 31 s together at most."""
        shop, _ = self.behind()
        shop.central.wait_state("online")
        rival = Rival(shop.wan.port, f"{STORE}-{GATEWAY}")
        self.addCleanup(rival.stop)
        self.assertIn("client id", self.wait_warning(shop, 45))
        self.wait_metric(shop, 'link_lost_total{link="central"}', _KICKS_BEFORE_SUSPICION)
        self.wait_metric(shop, 'link_rival{link="central"}', 1)
        self.assertIn("client id", shop.gateway.ctl("doctor").stdout)
        self.assertIn("client id", shop.gateway.ctl("status").stdout)
        self.assertEqual(shop.gateway.get("/readyz")[0], 200)
        met = rival.connections
        (sold,) = self.sell(shop, 1)
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


if __name__ == "__main__":
    unittest.main()
