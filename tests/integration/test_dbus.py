"""What D-Bus can do to the daemon: wrong types, a restart of bluetoothd, adapters that go and come, no bus at all."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any

from store import needs
from store.bluez_adverts import MALFORMED
from store.bus import Bus
from store.case import LONG, ShopCase
from store.catalogue import coat_lover
from store.gateway import ENTRANCE_ADDRESS, FITTING_ADDRESS
from store.phone import Phone, one_of_each_stranger
from store.radio import FakeRadio, VirtualRadio
from store.shop import Shop
from store.visitor import Visitor

_CONTROLLERS = [
    {"id": "hci0", "adapter": ENTRANCE_ADDRESS, "zone": "entrance"},
    {"id": "hci1", "adapter": FITTING_ADDRESS, "zone": "fitting"},
]


class DbusCase(ShopCase):
    def radio_shop(self, radio: Any = FakeRadio, **fields: Any) -> Shop:
        """Two controllers and no remote receiver, so that readiness shows what the radio does."""
        return self.shop({**LONG, "radio": {"receivers": _CONTROLLERS, **fields}}, radio=radio)

    def part(self, shop: Shop) -> dict[str, Any]:
        body = shop.gateway.get("/readyz")[1]
        return json.loads(body)["parts"]["radio"] if body else {"state": None}

    def wait_radio(self, shop: Shop, state: str, timeout_s: float = 25) -> str | None:
        self.wait(lambda: self.part(shop)["state"] == state, timeout_s, f"radio {state}: {self.part(shop)}")
        return self.part(shop)["cause"]

    def assert_recognises(self, shop: Shop, number: int) -> None:
        """A member whom it has not seen before is recognised by an ordinary advert."""
        guest = Visitor(shop, self.members[number], {"entrance": shop.entrance, "fitting": shop.fitting})
        guest.come_in(20)
        guest.leave()

    def two_adverts(self, radio: Any, controller: str, phone: Phone) -> None:
        for _ in range(2):
            self.assertTrue(phone.say(radio, controller, -55), f"{controller} scans")
            said_s = time.monotonic()
            self.wait(lambda: time.monotonic() - said_s > 0.15, 1, "between two adverts")

    def open_shop(self, shop: Shop, ready: bool = True) -> None:
        self.members = [coat_lover(number) for number in range(1, 9)]
        shop.gateway.start(ready=ready)
        self.wait(lambda: shop.gateway.get("/healthz")[0] == 200 and shop.gateway.socket.exists(), 10, "alive")
        shop.gateway.import_records("profiles", [m.profile for m in self.members])


class WrongTypesTest(DbusCase):
    def test_every_malformed_kind_is_survived(self) -> None:
        shop = self.radio_shop()
        self.open_shop(shop)
        shop.radio.wait_scanning("hci0")
        for kind in MALFORMED:
            with self.subTest(kind):
                for phone in (shop.phone_of(self.members[0]), *one_of_each_stranger(shop.chance)):
                    for _ in range(3):  # first as a new device, then as a change
                        phone.say(shop.radio, "hci0", -55, kind)
                self.assertTrue(shop.gateway.process.running)
        self.assertEqual(shop.gateway.get("/readyz")[0], 200)
        self.assert_recognises(shop, 1)

    def test_a_flood_of_strangers_does_not_hide_a_member(self) -> None:
        shop = self.radio_shop()
        self.open_shop(shop)
        shop.radio.wait_scanning("hci0")
        crowd = [phone for _ in range(60) for phone in one_of_each_stranger(shop.chance)]
        for phone in crowd:
            shop.air.put(phone, {shop.entrance: -60})
        self.assert_recognises(shop, 2)
        self.assertEqual(len(shop.central.events("visit.started")), 1)


class ComingAndGoingTest(DbusCase):
    def test_bluetoothd_restarts(self) -> None:
        shop = self.radio_shop()
        self.open_shop(shop)
        for number in (0, 1):
            shop.radio.wait_scanning("hci0")
            self.assert_recognises(shop, number)
            shop.radio.restart()
        shop.radio.wait_scanning("hci0", 30)
        shop.radio.wait_scanning("hci1", 30)
        self.assert_recognises(shop, 2)

    @needs.stock_bluetoothd
    def test_the_stock_bluetoothd_is_killed_and_comes_back(self) -> None:
        shop = self.radio_shop(VirtualRadio)
        self.open_shop(shop)
        shop.radio.wait_scanning("hci0")
        self.assert_recognises(shop, 0)
        shop.radio.restart()
        shop.radio.wait_scanning("hci0", 30)
        self.assert_recognises(shop, 1)

    def test_an_adapter_goes_and_comes_under_another_name(self) -> None:
        shop = self.radio_shop()
        self.open_shop(shop)
        shop.radio.wait_scanning("hci1")
        shop.radio.unplug("hci1")
        self.assertIn("hci1", self.wait_radio(shop, "degraded"))
        self.assertEqual(shop.gateway.get("/readyz")[0], 200, "the other receiver still works")
        self.assert_recognises(shop, 0)
        shop.radio.unplug("hci0")
        self.assertTrue(self.wait_radio(shop, "down"))
        self.assertEqual(shop.gateway.get("/readyz")[0], 503)
        shop.radio.plug("hci5", ENTRANCE_ADDRESS)
        shop.radio.plug("hci0", FITTING_ADDRESS)
        self.assertIsNone(self.wait_radio(shop, "ok"))
        shop.radio.wait_scanning("hci5")
        self.two_adverts(shop.radio, "hci5", shop.phone_of(self.members[1]))
        started = shop.central.wait_for("visit.started", lambda d: d["member"] == self.members[1].id)["data"]
        self.assertEqual(started["zone"], "entrance", "adapters are known by their address")

    def test_no_bus_at_the_start(self) -> None:
        folder = self.folder()
        shop = self.radio_shop(bus=f"unix:path={folder}/bus")
        self.open_shop(shop, ready=False)
        self.assertTrue(self.wait_radio(shop, "down"), "a cause")
        later = Bus(folder)
        self.addCleanup(later.stop)
        cause = self.wait_radio(shop, "down")
        self.assertTrue(cause)
        radio = FakeRadio(later, folder, [ENTRANCE_ADDRESS, FITTING_ADDRESS])
        self.addCleanup(radio.stop)
        self.assertIsNone(self.wait_radio(shop, "ok", 40))
        self.two_adverts(radio, "hci0", shop.phone_of(self.members[0]))
        shop.central.wait_for("visit.started", lambda d: d["member"] == self.members[0].id)

    def test_the_bus_dies_and_comes_back(self) -> None:
        shop = self.radio_shop()
        self.open_shop(shop)
        shop.radio.wait_scanning("hci0")
        shop.bus.kill()
        self.assertTrue(self.wait_radio(shop, "down"), "a cause")
        self.assertEqual(shop.gateway.get("/healthz")[0], 200)
        shop.bus.start()
        radio = FakeRadio(shop.bus, self.folder(), [ENTRANCE_ADDRESS, FITTING_ADDRESS])
        self.addCleanup(radio.stop)
        self.assertIsNone(self.wait_radio(shop, "ok", 40))


if __name__ == "__main__":
    unittest.main()
