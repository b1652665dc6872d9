"""What keeps a visit going: a second phone, coming back in time, walking from zone to zone."""

from __future__ import annotations

import unittest

from store.catalogue import coat_lover, days_ago, key_of
from store.phone import MemberPhone
from store.visitor import Visitor
from visit_case import VisitCase


class StayingTest(VisitCase):
    def test_two_phones_of_a_member_are_one_visit(self) -> None:
        second = key_of("the second phone")
        window = {"from": days_ago(2), "until": days_ago(-5)}
        keys = [{"eid_key": key.hex(), **window} for key in (key_of("m-000001"), second)]
        camille = coat_lover(1, keys=keys)
        self.open_shop([camille])
        guest = Visitor(self.store, camille)
        other = MemberPhone(second, self.store.chance)
        guest.come_in()
        self.store.air.put(other, {self.store.entrance: -60})
        before = self.store.gateway.adverts("member")
        guest.leave()
        self.heard(before + 14)
        self.assertEqual((len(self.started()), self.ended()), (1, []), "the other phone holds the visit")
        self.store.air.remove(other)
        guest.wait_ended()

    def test_heard_again_in_time_the_same_visit_goes_on_and_the_card_comes_back(self) -> None:
        camille = coat_lover(1)
        self.open_shop([camille], {"exit_after_s": 1, "reentry_s": 20})
        guest = Visitor(self.store, camille)
        guest.come_in()
        first = guest.try_on()
        guest.leave()
        self.store.tablet.wait_withdrawn(guest.visit)
        self.assertEqual(self.ended(), [], "away is not left")
        guest.at("fitting")
        again = self.store.tablet.wait_card(lambda card: card["visit"] == guest.visit)
        self.assertEqual([s["id"] for s in again["suggestions"]], [s["id"] for s in first["suggestions"]])
        self.assertEqual(len(self.started()), 1)

    def test_heard_again_too_late_is_a_new_visit(self) -> None:
        camille = coat_lover(1)
        self.open_shop([camille], {"exit_after_s": 1, "reentry_s": 1})
        guest = Visitor(self.store, camille)
        first = guest.come_in()
        guest.leave()
        ended = guest.wait_ended()
        self.assertNotEqual(guest.come_in(), first)
        self.assertLess(ended["ended_at"], self.started()[1]["detected_at"])

    def test_zones_are_told_one_by_one(self) -> None:
        camille = coat_lover(1)
        self.open_shop([camille], {"exit_after_s": 4})
        guest = Visitor(self.store, camille)
        guest.come_in()
        for place, zone, left in (("fitting", "fitting", "entrance"), ("till", "till-1", "fitting")):
            guest.at(place)
            moved = self.store.central.wait_for("visit.zone_changed", lambda d, z=zone: d["next_zone"] == z)["data"]
            self.assertEqual((moved["zone"], moved["visit_id"]), (left, guest.visit))
            self.assertLess(moved["from"], moved["to"])
        guest.leave()
        ended = guest.wait_ended()
        self.assertEqual({zone["zone"] for zone in ended["zones"]}, {"entrance", "fitting", "till-1"})
        self.assertLessEqual(abs(sum(z["dwell_s"] for z in ended["zones"]) - ended["dwell_s"]), 3)
        self.assertEqual(len(self.store.central.events("visit.zone_changed")), 2, "no flapping")


if __name__ == "__main__":
    unittest.main()
