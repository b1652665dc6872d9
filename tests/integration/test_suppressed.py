"""Who gets no card, and the one event that says why."""

from __future__ import annotations

import unittest
from typing import Any

from store.case import LONG, ShopCase
from store.catalogue import coat_lover, consent, example_catalogue
from store.radio import FakeRadio
from store.visitor import Visitor


class SuppressedTest(ShopCase):
    def suppressed(self, member: Any, patch: dict[str, Any] | None = None, catalogue: Any = None) -> str:
        shop = self.shop({**LONG, **(patch or {})}, radio=FakeRadio)
        shop.open([member])
        if catalogue:
            shop.gateway.import_records("catalog", catalogue)
        guest = Visitor(shop, member)
        guest.come_in()
        guest.at("fitting")
        event = shop.central.wait_for("suggestion.suppressed", lambda d: d["visit_id"] == guest.visit)
        self.assertEqual(shop.tablet.cards, {})
        self.assertEqual(shop.central.events("suggestion.created"), [])
        return event["data"]["reason"]

    def test_reasons(self) -> None:
        granted = ("recognition", "associate_display", "attribution")
        nothing_left = [{**item, "stock": 0} for item in example_catalogue()]
        other_sizes = [item for item in example_catalogue() if item["style"] == "OXFORD-SHIRT"]
        for reason, arguments in {
            "holdout": (coat_lover(1), {"suggestions": {"holdout_percent": 100}}),
            "consent": (coat_lover(1, consent=consent(granted)),),
            "do_not_disturb": (coat_lover(1, do_not_disturb=True),),
            "open_case": (coat_lover(1, open_case=True),),
            "no_stock": (coat_lover(1), None, nothing_left),
            "nothing_to_say": (coat_lover(1, intents=[], purchases=[]), None, other_sizes),
        }.items():
            with self.subTest(reason):
                self.assertEqual(self.suppressed(*arguments), reason)


if __name__ == "__main__":
    unittest.main()
