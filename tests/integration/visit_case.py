"""What the tests of visits have in common; the rules themselves are in test_visits.py and test_stays.py."""

from __future__ import annotations

import time
from typing import Any

from store.case import ShopCase
from store.phone import MemberPhone
from store.radio import FakeRadio


class VisitCase(ShopCase):
    def open_shop(self, people: list[Any], presence: dict[str, Any] | None = None, **patch: Any) -> None:
        self.store = self.shop({"presence": presence or {}, **patch}, radio=FakeRadio)
        self.store.open(people)
        self.store.radio.wait_scanning("hci0")
        self.store.radio.wait_scanning("hci1")

    def started(self) -> list[dict[str, Any]]:
        return [event["data"] for event in self.store.central.events("visit.started")]

    def ended(self) -> list[dict[str, Any]]:
        return [event["data"] for event in self.store.central.events("visit.ended")]

    def say(
        self, phone: MemberPhone, times: int, rssi: int = -60, gap_s: float = 0.15, controller: str = "hci0"
    ) -> None:
        for _ in range(times):
            phone.say(self.store.radio, controller, rssi)
            said_s = time.monotonic()
            self.wait(lambda: time.monotonic() - said_s >= gap_s, 15, "the next advert")

    def heard(self, count: int) -> None:
        """Returns when the daemon has taken so many adverts of members: then what they cause has been decided."""
        self.wait(lambda: self.store.gateway.adverts("member") >= count, 10, f"{count} adverts are taken")
