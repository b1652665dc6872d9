"""kill -9 of the daemon at random moments, brokers that die and a WAN that goes away: central's promises hold.

The seed is printed; TOUCHPOINT_SEED repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
import unittest

from store.case import ShopCase
from store.catalogue import Member, coat_lover
from store.processes import DeadlineMissed, wait_until
from store.radio import FakeRadio
from store.shop import Shop
from store.visitor import Visitor

_STORIES = 20
_START_S = 3.0
_LAST_EVENTS_S = 30


class Clerk:
    """Rings up tickets without pause on a thread, until told to stop; keeps what the gateway answered."""

    def __init__(self, shop: Shop, members: list[Member]) -> None:
        self.answered: dict[str, str] = {}  # ticket id -> status
        self.failures: list[str] = []
        self._shop, self._members = shop, members
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        turn = 0
        while not self._stopped.wait(0.1):
            turn += 1
            guest = Visitor(self._shop, self._members[turn % len(self._members)])
            try:
                answer = guest.pay(("SCARF", "49.00"))
            except DeadlineMissed as silence:
                self.failures.append(str(silence))
                continue
            if answer.status != 202 or answer.result["status"] not in ("accepted", "duplicate"):
                self.failures.append(f"{answer}")
            else:
                self.answered[answer.result["ticket_id"]] = answer.result["status"]

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(40)


class KillCase(ShopCase):
    def setUp(self) -> None:
        self.seed = int(os.environ.get("TOUCHPOINT_SEED", random.SystemRandom().randrange(1 << 30)))
        print(f"TOUCHPOINT_SEED={self.seed}", file=sys.stderr)
        self.chance = random.Random(self.seed)

    def restart(self, shop: Shop) -> None:
        started_s = time.monotonic()
        shop.gateway.start(ready=False)
        shop.gateway.wait_ready()
        took_s = time.monotonic() - started_s
        self.slowest_s = max(getattr(self, "slowest_s", 0.0), took_s)

    def all_arrived(self, shop: Shop, clerk: Clerk) -> None:
        """Every answered ticket is recorded once, every visit that started has ended or is open, nothing is doubled."""
        self.assertEqual(clerk.failures, [])

        def missing() -> set[str]:
            return clerk.answered.keys() - {
                e["data"]["ticket_id"] for e in shop.central.consumer.of_type("ticket.recorded")
            }

        try:
            shop.central.link.wait_for(lambda: not missing(), _LAST_EVENTS_S, "every ticket is recorded")
        except DeadlineMissed:
            self.fail(f"{len(missing())} of {len(clerk.answered)} answered tickets never arrived (seed {self.seed})")
        wait_until(lambda: not self._unended(shop), 15, "all visits end or are open")
        wait_until(lambda: self._depth(shop) == 0, 20, "nothing waits for delivery")
        with shop.central.link.waiting:
            self.assertEqual(shop.central.consumer.check_complete(), [], f"seed {self.seed}")
            recorded = [e["data"]["ticket_id"] for e in shop.central.consumer.of_type("ticket.recorded")]
        self.assertEqual(len(recorded), len(set(recorded)), "a ticket recorded twice")

    def _unended(self, shop: Shop) -> set[str]:
        open_now = {v["visit"] for v in json.loads(shop.gateway.ctl("visits", "--json").stdout)["visits"]}
        ended = {e["data"]["visit_id"] for e in shop.central.events("visit.ended")}
        return {e["data"]["visit_id"] for e in shop.central.events("visit.started")} - ended - open_now

    def _depth(self, shop: Shop) -> int:
        answer = shop.gateway.ctl("outbox", "--json")
        return json.loads(answer.stdout)["depth"] if answer.returncode == 0 else -1


class KillTest(KillCase):
    def test_twenty_stories_under_kill_9(self) -> None:
        members = [coat_lover(number) for number in range(1, 5)]
        shop = self.shop({"presence": {"reentry_s": 1}}, radio=FakeRadio)
        shop.open(members)
        clerk = Clerk(shop, members)
        guests = [Visitor(shop, member) for member in members]
        for story in range(_STORIES):
            guest = guests[story % len(guests)]
            for place in ("entrance", "fitting", "till"):
                guest.at(place)
                self._moment(0.45)
                if self.chance.random() < 0.45:
                    self._kill(shop)
            guest.leave()
            if story % 4 == 3:
                self._kill(shop)
        clerk.stop()
        for guest in guests:
            guest.leave()
        print(f"slowest start to readyz {self.slowest_s:.2f} s, {len(clerk.answered)} tickets", file=sys.stderr)
        self.all_arrived(shop, clerk)
        self.assertLess(self.slowest_s, _START_S)
        self.assertGreater(len(shop.central.events("visit.started")), 3)

    def _moment(self, up_to_s: float) -> None:
        """A random instant from now on: the randomness is what is tested."""
        until_s = time.monotonic() + self.chance.uniform(0, up_to_s)
        wait_until(lambda: time.monotonic() >= until_s, up_to_s + 1, "a moment later", 0.003)

    def _kill(self, shop: Shop) -> None:
        shop.gateway.kill()
        self.restart(shop)


class BrokerTest(KillCase):
    def test_kill_9_of_brokers_and_daemon_in_turn(self) -> None:
        """Central's own connection survives in the model: its broker keeps sessions over a crash."""
        members = [coat_lover(number) for number in range(1, 4)]
        shop = self.shop(radio=FakeRadio, durable_wan=True)
        shop.open(members)
        guests = [Visitor(shop, member) for member in members]
        for guest in guests:
            guest.come_in()
        clerk = Clerk(shop, members)
        for broker in (shop.local, shop.wan, shop.local, shop.wan):
            broker.kill()
            if self.chance.random() < 0.5:
                shop.gateway.kill()
                shop.gateway.start(ready=False)
            enough = len(clerk.answered) + 3
            wait_until(lambda: len(clerk.answered) >= enough, 15, "some tickets meanwhile")
            broker.start()
            shop.gateway.wait_ready()
        for guest in guests:
            guest.leave()
        clerk.stop()
        self.all_arrived(shop, clerk)

    def test_a_wan_that_is_away_loses_nothing(self) -> None:
        members = [coat_lover(1)]
        shop = self.shop(radio=FakeRadio, durable_wan=True)
        shop.open(members)
        guest = Visitor(shop, members[0])
        guest.come_in()
        shop.wan.kill()
        clerk = Clerk(shop, members)
        wait_until(lambda: len(clerk.answered) >= 10, 20, "tickets without WAN")
        shop.gateway.kill()
        self.restart(shop)
        wait_until(lambda: len(clerk.answered) >= 20, 20, "more tickets without WAN")
        self.assertEqual(shop.gateway.get("/readyz")[0], 200, "an unreachable central only degrades")
        shop.wan.start()
        guest.leave()
        clerk.stop()
        self.all_arrived(shop, clerk)


if __name__ == "__main__":
    unittest.main()
