"""The day's figures at the real daemon: computed by hand, over a kill -9, an erasure and the command line."""

from __future__ import annotations

import json
import unittest
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from store import traces
from store.case import ShopCase
from store.catalogue import coat_lover, member
from store.radio import FakeRadio
from store.till import Line
from store.visitor import Visitor

_USAGE = 2


class KpiTest(ShopCase):
    def setUp(self) -> None:
        self.store = self.shop(radio=FakeRadio)
        self.camille = coat_lover(1)
        self.store.open([self.camille, member(2, ["attribution"])])
        self.store.radio.wait_scanning("hci0")
        self.store.radio.wait_scanning("hci1")
        self.day = datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()

    def kpi(self, *arguments: str) -> dict[str, Any]:
        done = self.store.gateway.ctl("kpi", "--day", self.day, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def stay_s(self) -> float:
        (visit,) = json.loads(self.store.gateway.ctl("visits", "--json").stdout)["visits"]
        began, seen = (datetime.fromisoformat(visit[name]) for name in ("started_at", "last_sighting"))
        return (seen - began).total_seconds()

    def sell(self, price: str, loyalty: str | None = None, **fields: Any) -> dict[str, Any]:
        ticket = self.store.till.ticket([Line("SCARF", price)], loyalty, business_day=self.day, **fields)
        self.assertEqual(self.store.till.hand_in(ticket).status, 202)
        return ticket

    def key_of(self, ticket: dict[str, Any]) -> dict[str, Any]:
        return {name: ticket[name] for name in ("workstation", "business_day", "sequence")}

    def void(self, ticket: dict[str, Any]) -> None:
        links = {"voids": self.key_of(ticket), "returns": None, "resumes": None}
        fields = {"type": "void", "total": "0.00", "tenders": [], "links": links, "business_day": self.day}
        self.assertEqual(self.store.till.hand_in(self.store.till.ticket([], **fields)).status, 202)

    def test_a_day_of_tickets_over_a_kill(self) -> None:
        known = self.camille.loyalty
        for price, loyalty in (("10.00", known), ("20.00", known), ("30.00", None), ("40.00", "2999999999999")):
            bought = self.sell(price, loyalty)
        self.store.gateway.kill()
        self.store.gateway.start()
        self.assertEqual(self.store.till.hand_in(bought).result["status"], "duplicate")
        self.void(self.sell("50.00", known))
        self.sell("60.00", employee=True)
        figures = self.kpi()
        tickets = figures["tickets"]
        self.assertEqual(tickets["sales"], 5)
        self.assertEqual(tickets["recognised"], {"certain": 2, "probable": 0, "possible": 0})
        self.assertEqual(tickets["recognised_share"], 0.4)
        causes = {cause: count for cause, count in tickets["not_recognised"].items() if count}
        self.assertEqual(causes, {"no_number": 1, "unknown_number": 1, "employee": 1})
        self.assertEqual(tickets["coverage"]["of"], 5)
        (sales,) = figures["sales"]["by_currency"]
        self.assertEqual((sales["gross_minor"], sales["net_minor"], sales["atv_minor"]), (16000, 16000, 3200))
        self.assertEqual(figures["quality"]["voided"], 1)
        self.assertEqual(figures["quality"]["duplicates"], 1)
        (till,) = tickets["zones"]
        self.assertEqual((till["zone"], till["tickets"], till["recognised"]), ("till-1", 5, None), "2 is too few to show")

    def test_an_erasure_leaves_the_figures_and_no_trace(self) -> None:
        guest = Visitor(self.store, self.camille)
        guest.come_in()
        guest.try_on()
        guest.pay(business_day=self.day)
        self.wait(lambda: self.stay_s() >= 1, 10, "a visit that is not short")
        guest.leave()
        guest.wait_ended()
        before = self.kpi()
        self.assertEqual(before["visits"]["recognised"], 1)
        self.assertEqual(before["visits"]["methods"]["eid"], 1)
        self.assertEqual(before["conversion"]["share"], 1.0)
        self.assertEqual(before["suggestions"]["cards"], 1)
        self.assertEqual(before["suggestions"]["items"]["sold"], 1)
        self.assertEqual(before["latency"]["ticket_to_attributed_ms"]["n"], 1)
        self.assertIsNone(before["visits"]["footfall"], "no counter, and too few purchases to estimate from")
        self.assertTrue(all(zone["visits"] is None for zone in before["visits"]["zones"]), "one person is no figure")
        self.assertTrue(all(row["created"] is None for row in before["suggestions"]["scenarios"]))
        done = self.store.central.command("erase", {"request_id": "r-1", "member": self.camille.id})
        self.assertEqual(done["status"], "applied")
        self.assertEqual(self.kpi(), before)
        secrets = [self.camille.id.encode(), self.camille.loyalty.encode()]
        self.assertEqual(list(traces.in_files(secrets, self.store.gateway.state_directory)), [])

    def test_the_command_line(self) -> None:
        self.sell("10.00")
        screen = self.store.gateway.ctl("kpi")
        self.assertEqual(screen.returncode, 0, screen.stderr)
        self.assertIn("so far", screen.stdout)
        self.assertIn("no counter", screen.stdout)
        self.assertLessEqual(len(screen.stdout.splitlines()), 40, "one screen")
        self.assertEqual(self.store.gateway.ctl("kpi", "--day", "yesterday").returncode, _USAGE)
        empty = self.store.gateway.ctl("kpi", "--day", "2020-02-29", "--json")
        figures = json.loads(empty.stdout)
        self.assertEqual((figures["tickets"]["sales"], figures["tickets"]["recognised_share"]), (0, None))
        self.assertFalse(figures["so_far"])


if __name__ == "__main__":
    unittest.main()
