"""A member on a visit: comes in, goes to the fitting rooms, pays, leaves; the way most tests need it."""

from __future__ import annotations

import time
from typing import Any, Mapping

from .air import Antenna
from .catalogue import Member
from .processes import wait_until
from .shop import Shop
from .tablet import Card
from .till import Answer, Line

COAT = "GATE-COAT-NAVY-42"
_NEAR, _AWAY = -56, -88
_SECOND_ADVERT_S = 0.15


class Visitor:
    """Plays on `shop`; `visit` is known after `come_in`. Antennas default to the shop's two controllers."""

    def __init__(self, shop: Shop, member: Member, antennas: Mapping[str, Antenna] | None = None) -> None:
        self.shop, self.member = shop, member
        self.antennas = antennas or {"entrance": shop.entrance, "fitting": shop.fitting, "till": shop.till_receiver}
        self.phone = shop.phone_of(member)
        self.visit = ""

    def at(self, place: str) -> None:
        """From now on the phone is heard well there and faintly by every other antenna."""
        self.shop.air.put(self.phone, {a: _NEAR if name == place else _AWAY for name, a in self.antennas.items()})

    def two_adverts(self) -> float:
        """Exactly what opens a visit, at the entrance; returns when the second was said (time.monotonic())."""
        said_s = 0.0
        for _ in range(2):
            earlier_s = said_s
            wait_until(lambda: time.monotonic() - earlier_s >= _SECOND_ADVERT_S, 1, "the phone's next advert")
            self.antennas["entrance"].hear([(self.phone, _NEAR)])
            said_s = time.monotonic()
        return said_s

    def come_in(self, timeout_s: float = 10) -> str:
        """Stays at the entrance until central knows; returns the visit's id."""
        known = {event["data"]["visit_id"] for event in self.shop.central.events("visit.started")}
        self.at("entrance")
        started = self.shop.central.wait_for(
            "visit.started", lambda d: d["member"] == self.member.id and d["visit_id"] not in known, timeout_s
        )
        self.visit = started["data"]["visit_id"]
        return self.visit

    def try_on(self, timeout_s: float = 10) -> Card:
        """Goes to the fitting rooms; returns the card."""
        self.at("fitting")
        return self.shop.tablet.wait_card(lambda card: card["visit"] == self.visit, timeout_s)

    def pay(self, *articles: tuple[str, str], **fields: Any) -> Answer:
        """Shows the loyalty card; without articles buys the coat."""
        lines = [Line(sku, price) for sku, price in articles or ((COAT, "249.00"),)]
        return self.shop.till.hand_in(self.shop.till.ticket(lines, self.member.loyalty, **fields))

    def leave(self) -> None:
        self.shop.air.remove(self.phone)

    def wait_ended(self, timeout_s: float = 15) -> dict[str, Any]:
        """The data of this visit's `visit.ended`."""
        return self.shop.central.wait_for("visit.ended", lambda d: d["visit_id"] == self.visit, timeout_s)["data"]
