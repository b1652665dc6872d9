"""A day in the store at 60 times its pace: members and strangers come, try on, pay and go, until somebody stops it."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import time
from pathlib import Path
from typing import Iterator

from narrator import Narrator
from opening import announce, first_card_photographer, quick_store
from store.catalogue import Member, coat_lover, days_ago, example_catalogue, member
from store.phone import Phone, stranger
from store.shop import Shop
from store.tablet import Card
from store.till import Line

_SECONDS_A_STORE_MINUTE = 1
_OPENS, _CLOSES = 10 * 60, 19 * 60  # minutes of the day
_MEMBERS = 24
_BUSIEST_GAP_S = 2.5  # between two people who come, at the busiest hour
_AT_THE_DOOR, _ON_THE_FLOOR, _IN_THE_STREET = -58, -68, -91
_NEAR, _FAR = -54, -87

Plan = Iterator[float]  # yields seconds until its next step


class Day:
    """Runs the plans of all people on one thread, in the order of time."""

    def __init__(self, shop: Shop, narrator: Narrator, members: list[Member]) -> None:
        self._shop, self._narrator = shop, narrator
        self._chance = random.Random()
        self._outside = list(members)
        self._articles = example_catalogue()
        self._due: list[tuple[float, int, Plan]] = []
        self._tickets = itertools.count()
        self._opened_s = time.monotonic()

    def clock(self) -> str:
        minutes = _OPENS + (time.monotonic() - self._opened_s) / _SECONDS_A_STORE_MINUTE
        return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"

    def run(self) -> None:
        """Returns at closing time."""
        self._opened_s = time.monotonic()
        closes_s = self._opened_s + (_CLOSES - _OPENS) * _SECONDS_A_STORE_MINUTE
        self._start(self._arrivals(closes_s))
        while self._due and time.monotonic() < closes_s:
            due_s, _, plan = heapq.heappop(self._due)
            time.sleep(max(0.0, due_s - time.monotonic()))
            delay_s = next(plan, None)
            if delay_s is not None:
                self._start(plan, delay_s)

    def _start(self, plan: Plan, delay_s: float = 0) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay_s, next(self._tickets), plan))

    def _arrivals(self, closes_s: float) -> Plan:
        """More people around noon and in the late afternoon."""
        while True:
            share = 1 - (closes_s - time.monotonic()) / (closes_s - self._opened_s)
            busy = 0.4 + 0.6 * abs(math.sin(share * 2 * math.pi))
            self._start(
                self._chance.choices([self._member_visits, self._stranger_visits, self._passes_by], [4, 4, 3])[0]()
            )
            yield self._chance.expovariate(busy / _BUSIEST_GAP_S)

    def _say(self, who: str, words: str) -> None:
        self._narrator.say(who, words)

    def _passes_by(self) -> Plan:
        phone = stranger(self._chance)
        self._say("street", "somebody walks past the window")
        self._shop.air.put(phone, {self._shop.entrance: _IN_THE_STREET})
        yield 6
        self._shop.air.remove(phone)

    def _member_visits(self) -> Plan:
        if not self._outside:
            return
        guest = self._outside.pop(self._chance.randrange(len(self._outside)))
        phone = self._shop.phone_of(guest)
        self._say("phones", f"a member's phone ({guest.id}) comes through the door")
        yield from self._walk(phone)
        if self._chance.random() < 0.6:
            yield from self._pay(phone, guest)
        self._shop.air.remove(phone)
        self._say("phones", f"{guest.id}'s phone is out of the door")
        yield 30  # the visit is over before the same member comes again
        self._outside.append(guest)

    def _stranger_visits(self) -> Plan:
        phone = stranger(self._chance)
        self._say("phones", "a stranger's phone comes in: the gateway must not care")
        yield from self._walk(phone)
        if self._chance.random() < 0.4:
            yield from self._pay(phone, None)
        self._shop.air.remove(phone)

    def _walk(self, phone: Phone) -> Plan:
        shop, linger = self._shop, self._chance.uniform
        shop.air.put(phone, {shop.entrance: _AT_THE_DOOR})
        yield linger(3, 6)
        shop.air.put(phone, {shop.entrance: _ON_THE_FLOOR, shop.fitting: _FAR})
        yield linger(4, 10)
        if self._chance.random() < 0.7:
            shop.air.put(phone, {shop.entrance: _FAR, shop.fitting: _NEAR})
            yield linger(10, 20)

    def _pay(self, phone: Phone, guest: Member | None) -> Plan:
        shop = self._shop
        shop.air.put(phone, {shop.entrance: _FAR, shop.till_receiver: _NEAR})
        yield 3
        article = self._proposed(guest) or self._chance.choice(self._articles)
        price = f"{article['price_minor'] / 100:.2f}"
        card_shown = guest is not None and self._chance.random() < 0.85
        self._say("till", f"{article['variant']} for {price} EUR, {'with' if card_shown else 'without'} a loyalty card")
        shop.till.hand_in(
            shop.till.ticket([Line(article["variant"], price)], guest.loyalty if guest and card_shown else None)
        )
        yield 3

    def _proposed(self, guest: Member | None) -> dict | None:
        """Every other member with a card takes what the associate brought."""
        if guest is None or self._chance.random() < 0.5:
            return None
        with self._shop.tablet.link.waiting:
            visits = {
                e["data"]["visit_id"]
                for e in self._shop.central.consumer.of_type("visit.started")
                if e["data"]["member"] == guest.id
            }
            cards: list[Card] = [card for visit, card in self._shop.tablet.cards.items() if visit in visits]
        return next((s for card in cards for s in card["suggestions"]), None)


def _people() -> list[Member]:
    """Every third looked at the coat; the others have looked at something else, or at nothing."""
    chance = random.Random(5)
    styles = {article["style"]: article["variant"] for article in example_catalogue()}

    def guest(number: int) -> Member:
        if number % 3 == 0:
            return coat_lover(number)
        style = chance.choice(list(styles))
        intent = {"style": style, "variant": styles[style], "kind": "viewed", "count": 2, "last": days_ago(1)}
        return member(
            number,
            first_name=f"Guest {number}",
            intents=[intent] if chance.random() < 0.7 else [],
            sizes=[
                {
                    "category": "shirt",
                    "brand": None,
                    "size": "41",
                    "source": "observed",
                    "n": 2,
                    "last": days_ago(60)[:10],
                }
            ],
        )

    return [guest(number) for number in range(1, _MEMBERS + 1)]


def _sum_up(shop: Shop, narrator: Narrator) -> None:
    counts = {
        name: len(shop.central.events(name))
        for name in ("visit.started", "ticket.recorded", "attribution.created", "suggestion.created")
    }
    sold = sum(event["data"]["outcome"] == "sold" for event in shop.central.events("suggestion.outcome"))
    narrator.say(
        "store",
        f"closing time. So far: {counts['visit.started']} visits, {counts['ticket.recorded']} tickets, "
        f"{counts['attribution.created']} tied to a member, {counts['suggestion.created']} suggestions, {sold} sold",
    )


def play(directory: Path, narrator: Narrator, picture: Path | None) -> int:
    """Day after day until interrupted."""
    members = _people()
    with Shop(
        directory, seed=random.randrange(1 << 30), patch=quick_store(exit_after_s=8, reentry_s=10, visit_min_s=5)
    ) as shop:
        shop.open(members)
        announce(shop, narrator)
        narrator.say("store", "one second is a minute of the store's day; Ctrl-C closes it")
        day = Day(shop, narrator, members)
        narrator.clock = day.clock
        narrator.follow(shop)
        if picture:
            shop.tablet.on_card(first_card_photographer(shop, narrator, picture))
        while True:
            day.run()
            _sum_up(shop, narrator)
