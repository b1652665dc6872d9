"""A receiver that dies ends no visit (a node on the local broker, and this box's own adapter)."""

from __future__ import annotations

import json
import time
import unittest
from datetime import datetime
from typing import Any

from store.catalogue import coat_lover
from store.gateway import ENTRANCE_ADDRESS
from store.link import Link
from store.visitor import Visitor
from visit_case import VisitCase

_PRESENCE = {"exit_after_s": 5, "reentry_s": 1}  # a broken promise is noticed after 3 s
_LONG_AFTER_S = 5 + 1 + 3
_NODE = "rx-till"


class DeadReceiverTest(VisitCase):
    def heard_only_at(self, place: str) -> Visitor:
        """A member whom only one receiver hears."""
        camille = coat_lover(1)
        self.open_shop([camille], _PRESENCE)
        antenna = self.store.entrance if place == "entrance" else self.store.till_receiver
        return Visitor(self.store, camille, {"entrance": antenna})

    def receiver(self, name: str) -> dict[str, Any]:
        listed = json.loads(self.store.gateway.ctl("status", "--json").stdout)["radio"]
        return next(receiver for receiver in listed if receiver["id"] == name)

    def hears(self, name: str, expected: bool) -> None:
        self.wait(lambda: self.receiver(name)["scanning"] is expected, 10, f"{name} hears: {expected}")
        self.wait(
            lambda: self.store.gateway.metric(f'receiver_hears{{receiver="{name}"}}') == expected, 5, "/metrics say so"
        )

    def stays_in(self, guest: Visitor) -> None:
        """Long after silence would have ended it the visit is what it was."""
        since_s = time.monotonic()
        self.wait(lambda: time.monotonic() - since_s > _LONG_AFTER_S, _LONG_AFTER_S + 5, "exit and re-entry pass")
        listed = json.loads(self.store.gateway.ctl("visits", "--json").stdout)["visits"]
        self.assertEqual([(v["visit"], v["state"]) for v in listed], [(guest.visit, "present")])

    def leaves_as_usual(self, guest: Visitor) -> None:
        heard = self.store.gateway.adverts("member")
        self.wait(lambda: self.store.gateway.adverts("member") > heard, 10, "he is heard again")
        guest.leave()
        left_s = time.time()
        ended = guest.wait_ended(30)
        self.assertEqual((len(self.started()), len(self.ended())), (1, 1), "one visit all the time")
        self.assertLess(abs(_unix_s(ended["ended_at"]) - left_s), 3, "the last time that he was heard")

    def test_a_node_that_breaks_its_promise_holds_the_visit(self) -> None:
        guest = self.heard_only_at("till")
        node = self.store.till_receiver
        node.keep_reporting(1)
        guest.come_in()
        node.dead = True
        self.hears(_NODE, False)
        self.assertIn("nothing comes any more", self.receiver(_NODE)["cause"])
        doctor = self.store.gateway.ctl("doctor", "--state-dir", self.store.gateway.state_directory).stdout
        self.assertIn(f"receiver {_NODE}: not reporting", doctor)
        self.stays_in(guest)
        node.dead = False
        self.hears(_NODE, True)
        self.leaves_as_usual(guest)

    def test_whoever_does_not_come_back_was_there_until_he_was_heard_last(self) -> None:
        guest = self.heard_only_at("till")
        node = self.store.till_receiver
        node.keep_reporting(1)
        guest.come_in()
        node.dead = True
        died_s = time.time()
        guest.leave()
        self.hears(_NODE, False)
        self.stays_in(guest)
        node.dead = False
        ended = guest.wait_ended(30)
        self.assertLess(abs(_unix_s(ended["ended_at"]) - died_s), 3)
        self.assertLess(ended["dwell_s"], 10, "nobody saw him stay")

    def test_a_node_that_takes_leave_is_dead_at_once_and_one_that_promised_nothing_never(self) -> None:
        guest = self.heard_only_at("till")
        node = self.store.till_receiver
        guest.come_in()
        node.dead = True
        node.take_leave()
        self.hears(_NODE, False)
        self.stays_in(guest)
        node.dead = False
        self.hears(_NODE, True)
        self.leaves_as_usual(guest)
        self.assertTrue(self.receiver(_NODE)["scanning"], "silent because nobody is there")

    def test_the_broker_says_that_a_foreign_node_is_gone(self) -> None:
        topic = "home/OpenMQTTGateway/BTtoMQTT/#"
        receivers = [{"id": "omg-1", "remote": True, "zone": "floor", "format": "omg", "topic": topic}]
        receivers.append({"id": "hci0", "adapter": ENTRANCE_ADDRESS, "zone": "entrance"})
        store = self.shop({"radio": {"receivers": receivers}})
        node = Link(store.local.port, "omg", [])
        self.addCleanup(node.stop)
        self.store = store
        store.gateway.start()
        node.publish("home/OpenMQTTGateway/LWT", "offline", qos=0, retain=True)
        self.hears("omg-1", False)
        self.assertEqual(json.loads(store.gateway.get("/readyz")[1])["parts"]["radio"]["state"], "degraded")
        node.publish("home/OpenMQTTGateway/LWT", "online", qos=0, retain=True)
        self.hears("omg-1", True)

    def test_an_adapter_of_this_box_that_is_pulled_out_holds_the_visit(self) -> None:
        guest = self.heard_only_at("entrance")
        guest.come_in()
        self.store.radio.unplug("hci0")
        self.hears("hci0", False)
        self.stays_in(guest)
        self.store.radio.plug("hci0", ENTRANCE_ADDRESS)
        self.hears("hci0", True)
        self.leaves_as_usual(guest)


def _unix_s(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


if __name__ == "__main__":
    unittest.main()
