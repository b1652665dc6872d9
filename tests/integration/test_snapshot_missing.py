"""A snapshot whose parts stop coming: after 30 s central is told which are missing."""

import json
import unittest

from store.case import ShopCase
from store.catalogue import member
from store.radio import FakeRadio


class MissingPartsTest(ShopCase):
    def test_a_snapshot_without_progress_names_what_is_missing(self) -> None:
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        shop.gateway.start()
        shop.central.wait_state("online")
        payload = {"snapshot": "S9", "revision": 9, "part": 2, "parts": 3, "profiles": [member(1).profile]}
        command = shop.central.send_command("profiles.snapshot", payload)
        missing = shop.central.link.wait_for(
            lambda: next((a for a in shop.central.acknowledgements if a.get("missing")), None),
            40,
            "an ack with `missing`",
        )
        self.assertEqual((missing["command_id"], missing["missing"]), (command, [1, 3]))
        self.assertEqual(json.loads(shop.gateway.ctl("status", "--json").stdout)["members"], 0)


if __name__ == "__main__":
    unittest.main()
