"""When a visit opens and when it ends: the contract's rules of presence, seen from outside."""

from __future__ import annotations

import json
import unittest

from store.catalogue import coat_lover, days_ago, key_of, member
from store.phone import MemberPhone
from store.till import Line
from store.visitor import COAT, Visitor
from visit_case import VisitCase


class EnteringTest(VisitCase):
    def test_one_advert_a_faint_one_or_a_burst_does_not_open_a_visit(self) -> None:
        once, faint, burst, slow = (member(number) for number in range(1, 5))
        self.open_shop([once, faint, burst, slow])
        self.say(self.store.phone_of(once), 1)
        self.say(self.store.phone_of(faint), 4, rssi=-85)
        phone = self.store.phone_of(burst)
        self.store.radio.adverts(("hci0", phone.advert(-60)) for _ in range(2))
        self.heard(7)
        self.assertEqual(self.started(), [])
        self.say(self.store.phone_of(slow), 2)
        self.store.central.wait_for("visit.started", lambda d: d["member"] == slow.id)
        self.assertEqual(len(self.started()), 1)

    def test_the_window_before_and_after_count_too(self) -> None:
        late, early, wrong = (member(number) for number in range(1, 4))
        self.open_shop([late, early, wrong])
        for person, error_s in ((late, -512), (early, 512)):
            self.say(MemberPhone(person.key, self.store.chance, error_s), 2)
            self.store.central.wait_for("visit.started", lambda d, p=person: d["member"] == p.id)
        self.say(MemberPhone(wrong.key, self.store.chance, -3 * 512), 3)
        self.say(MemberPhone(wrong.key, self.store.chance, 3 * 512), 3)
        self.wait(lambda: self.store.gateway.adverts("foreign") >= 6, 10, "the wrong windows are heard")
        self.assertEqual(len(self.started()), 2)

    def test_a_key_counts_only_in_its_time(self) -> None:
        over = member(1, keys=[{"eid_key": key_of("m-000001").hex(), "from": days_ago(9), "until": days_ago(2)}])
        to_come = member(2, keys=[{"eid_key": key_of("m-000002").hex(), "from": days_ago(-2), "until": days_ago(-9)}])
        now = member(3)
        self.open_shop([over, to_come, now])
        for person in (over, to_come, now):
            self.say(self.store.phone_of(person), 2)
        self.store.central.wait_for("visit.started", lambda d: d["member"] == now.id)
        self.assertEqual(len(self.started()), 1)


class LeavingTest(VisitCase):
    def test_a_short_visit_says_so_and_ends_at_the_last_sighting(self) -> None:
        camille = coat_lover(1)
        self.open_shop([camille], {"exit_after_s": 2, "reentry_s": 1, "visit_min_s": 60})
        guest = Visitor(self.store, camille)
        guest.come_in()
        guest.leave()
        ended = guest.wait_ended()
        self.assertEqual(ended["end_reason"], "short")
        self.assertLess(ended["dwell_s"], 2)

    def test_a_restart_neither_ends_nor_doubles_a_visit(self) -> None:
        camille, dominique = coat_lover(1), coat_lover(2)
        self.open_shop([camille, dominique], {"exit_after_s": 3, "reentry_s": 2, "visit_min_s": 0})
        stays, goes = Visitor(self.store, camille), Visitor(self.store, dominique)
        stays.come_in()
        goes.come_in()
        goes.leave()
        self.store.gateway.kill()
        self.store.gateway.start()
        self.assertEqual(goes.wait_ended()["end_reason"], "left")
        self.assertEqual(len(self.ended()), 1, "who was heard again is still inside")
        self.assertEqual(len(self.started()), 2)
        visits = json.loads(self.store.gateway.ctl("visits", "--json").stdout)["visits"]
        self.assertEqual([visit["visit"] for visit in visits], [stays.visit])

    def test_a_visit_by_the_loyalty_card_is_joined_by_the_phone(self) -> None:
        camille = coat_lover(1)
        self.open_shop([camille], {"exit_after_s": 5})
        answer = self.store.till.hand_in(self.store.till.ticket([Line(COAT, "249.00")], camille.loyalty))
        by_card = self.store.central.wait_for("visit.started")["data"]
        self.assertEqual((by_card["recognition"]["method"], by_card["zone"]), ("card", "till-1"))
        tied = self.store.central.wait_for("attribution.created")["data"]
        self.assertEqual((tied["ticket_id"], tied["visit_id"]), (answer.result["ticket_id"], by_card["visit_id"]))
        guest = Visitor(self.store, camille)
        guest.at("entrance")
        before = self.store.gateway.adverts("member")
        self.heard(before + 6)
        guest.leave()
        ended = self.store.central.wait_for("visit.ended", timeout_s=20)["data"]
        self.assertEqual(ended["visit_id"], by_card["visit_id"])
        self.assertEqual(len(self.started()), 1)

    def test_attribution_alone_gets_no_visit(self) -> None:
        quiet = member(1, ["attribution"])
        self.open_shop([quiet])
        self.store.till.hand_in(self.store.till.ticket([Line(COAT, "249.00")], quiet.loyalty))
        tied = self.store.central.wait_for("attribution.created")["data"]
        self.assertEqual((tied["visit_id"], tied["member"]), (None, quiet.id))
        self.assertEqual(self.started(), [])

    def test_a_ticket_of_nobody_is_recorded_and_tied_to_nobody(self) -> None:
        none = member(1, ["email"])
        self.open_shop([none])
        for loyalty in (none.loyalty, "2999999999999", None):
            self.store.till.hand_in(self.store.till.ticket([Line(COAT, "249.00")], loyalty))
        self.store.central.link.wait_for(
            lambda: len(self.store.central.consumer.of_type("ticket.recorded")) == 3, 10, "three tickets"
        )
        self.assertEqual(self.store.central.events("attribution.created"), [])
        self.assertEqual(self.started(), [])


if __name__ == "__main__":
    unittest.main()
