"""The wall clock is set by an hour and a day either way under the running daemon, and back: nothing is lost or old."""

from __future__ import annotations

import json
import time
import unittest
from datetime import datetime
from pathlib import Path

from store.catalogue import coat_lover
from store.radio import FakeRadio, program_directory
from store.till import Line
from store.visitor import Visitor
from visit_case import VisitCase

_HOUR_S, _DAY_S = 3_600, 86_400
_SOON_S = 30
_LONG_S = 600  # no stay of this test lasts so long


class WrongClockTest(VisitCase):
    def setUp(self) -> None:
        self.off_by: Path = self.folder() / "off-by"
        self.store = self.shop({"presence": {"exit_after_s": 120}}, radio=FakeRadio)
        self.store.gateway.environment = {
            "LD_PRELOAD": str(program_directory() / "wrong-clock.so"),
            "CLOCK_OFF_BY": str(self.off_by),
        }
        self.guest = coat_lover(1)
        self.store.open([self.guest])
        self.store.radio.wait_scanning("hci0")

    def set_clock(self, seconds: int) -> None:
        """In one step for the daemon, which may look at any time."""
        fresh = self.off_by.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.rename(self.off_by)

    def sell(self) -> float:
        """By how many seconds the daemon's clock was off when it recorded the sale.

        Over MQTT: a signed request would be refused, rightly, by a clock that is off by more than five minutes.
        """
        ticket = self.store.till.ticket([Line("SCARF", "49.00")])
        self.store.tablet.link.publish("touchpoint/v1/paris-042/pos/POS1", json.dumps(ticket))
        event = self.store.central.wait_for("ticket.recorded", lambda d: d["key"]["sequence"] == ticket["sequence"])
        return datetime.fromisoformat(event["recordedtime"].replace("Z", "+00:00")).timestamp() - time.time()

    def test_jumps_either_way_and_back(self) -> None:
        guest = Visitor(self.store, self.guest)
        guest.come_in()
        for seconds in (_HOUR_S, -_HOUR_S, _DAY_S, -_DAY_S):
            with self.subTest(seconds):
                self.set_clock(seconds)
                self.assertAlmostEqual(self.sell(), seconds, delta=_SOON_S)
                self.set_clock(0)
                self.assertAlmostEqual(self.sell(), 0, delta=_SOON_S)
        heard = self.store.gateway.adverts("member")
        self.heard(heard + 3)
        self.assertEqual((len(self.started()), self.ended()), (1, []), "nobody left because a clock was set")
        self.store.gateway.stop()  # whom it holds is inside at the next start
        self.store.gateway.start()
        self.store.central.command(
            "consent",
            {"member": self.guest.id, "purpose": "recognition", "status": "revoked", "at": "2030-01-01T00:00:00Z"},
        )
        ended = self.store.central.wait_for("visit.ended")["data"]
        self.assertTrue(0 <= ended["dwell_s"] < _LONG_S, ended)
        for stay in ended["zones"]:
            self.assertTrue(0 <= stay["dwell_s"] < _LONG_S, ended)
        self.store.central.assert_promises_kept()


if __name__ == "__main__":
    unittest.main()
