"""What Bluetooth does in a month, with the waits of a real shop: how soon adverts flow again, and what the status says.

On the stock bluetoothd. The faults that it cannot be made to have are in bluez_recovery_test.cpp.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import unittest
from typing import Any, Callable

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus
from store.case import LONG, ShopCase
from store.gateway import ENTRANCE_ADDRESS, FITTING_ADDRESS
from store.phone import UnknownEidPhone
from store.radio import Advert, RadioError, VirtualRadio
from store.shop import Shop

_CONTROLLERS = [
    {"id": "door", "adapter": ENTRANCE_ADDRESS, "zone": "entrance"},
    {"id": "fitting", "adapter": FITTING_ADDRESS, "zone": "fitting"},
]
_CURED_WITHIN_S = 45
_RESTARTED_WITHIN_S = 10
_NAMED_WITHIN_S = 20
_BUSY_S = 20  # before the fault, so that the gateway knows how much is on the air


class Street:
    """Passers-by: one phone at each controller, four adverts a second each, until stopped.

    With `beacons` each controller hears what the other one advertises as often.
    """

    beacons = False

    def __init__(self, shop: Shop) -> None:
        self._shop, self._end = shop, threading.Event()
        self._phones = {name: UnknownEidPhone(shop.chance) for name in ("hci0", "hci1", "hci2")}
        self.on_the_air = set(self._phones)
        self._thread = threading.Thread(target=self._walk)
        self._thread.start()

    def _walk(self) -> None:
        while not self._end.wait(0.25):
            for controller in sorted(self.on_the_air):
                try:
                    self._phones[controller].say(self._shop.radio, controller, -60)
                except RadioError:
                    pass  # not plugged in
            if self.beacons:
                self._pass_on_beacons()

    def _pass_on_beacons(self) -> None:
        controllers = self._shop.radio.state()
        for name, other in (("hci0", "hci1"), ("hci1", "hci0")):
            for payload in controllers[other]["advertising"]:
                advert = Advert(controllers[other]["address"], -50, bytes.fromhex(payload), "public")
                self._shop.radio.advert(name, advert)

    def stop(self) -> None:
        self._end.set()
        self._thread.join()


class RecoveryTest(ShopCase):
    def open_busy_shop(self) -> Shop:
        shop = self.shop({**LONG, "radio": {"receivers": _CONTROLLERS}}, radio=VirtualRadio)
        shop.gateway.start()
        shop.radio.wait_scanning("hci0")
        shop.radio.wait_scanning("hci1")
        self.street = Street(shop)
        self.addCleanup(self.street.stop)
        opened_s = time.monotonic()
        self.wait(lambda: time.monotonic() - opened_s > _BUSY_S, _BUSY_S + 1, "a busy shop")
        return shop

    def radio_part(self, shop: Shop) -> dict[str, Any]:
        return json.loads(shop.gateway.get("/readyz")[1])["parts"]["radio"]

    def says(self, shop: Shop, words: str, timeout_s: float = _NAMED_WITHIN_S) -> None:
        self.wait(
            lambda: words in (self.radio_part(shop)["cause"] or ""), timeout_s, f"{words}: {self.radio_part(shop)}"
        )

    def flows_again(self, shop: Shop, controller: str, since_s: float, within_s: float) -> None:
        """Adverts that only this controller hears arrive at the gateway."""
        self.street.on_the_air = {controller}
        before = shop.gateway.adverts("foreign")
        self.wait(
            lambda: shop.gateway.adverts("foreign") >= before + 4,
            since_s + within_s - time.monotonic(),
            f"adverts at {controller} within {within_s} s: {self.radio_part(shop)}",
        )
        print(f"{controller}: adverts flow {time.monotonic() - since_s:.1f} s after the fault or its end")
        self.street.on_the_air = {"hci0", "hci1", "hci2"}
        self.wait(lambda: self.radio_part(shop)["state"] == "ok", 10, f"well again: {self.radio_part(shop)}")

    def deafened(self, cure: str, words: str) -> None:
        shop = self.open_busy_shop()
        shop.radio.deafen("hci0", cure)
        since_s = time.monotonic()
        self.says(shop, words, _CURED_WITHIN_S)
        self.wait(lambda: self.radio_part(shop)["state"] == "ok", since_s + _CURED_WITHIN_S - time.monotonic(), "cured")
        print(f"deaf until {cure}: well again {time.monotonic() - since_s:.1f} s later")
        self.flows_again(shop, "hci0", since_s, _CURED_WITHIN_S)

    def test_a_silently_dead_scan_is_restarted(self) -> None:
        self.deafened("restart", "hears nothing while other receivers do")

    def test_a_dead_controller_is_switched_off_and_on(self) -> None:
        self.deafened("power", "switched off and on")

    def test_a_deaf_controller_is_found_at_night_because_it_misses_the_other_ones_beacon(self) -> None:
        shop = self.open_busy_shop()
        self.street.beacons = True
        self.street.on_the_air = set()
        closed_s = time.monotonic()
        self.wait(lambda: time.monotonic() - closed_s > _BUSY_S, _BUSY_S + 1, "a quiet night")
        self.assertEqual(self.radio_part(shop)["state"], "ok")
        shop.radio.deafen("hci0", "power")
        since_s = time.monotonic()
        self.says(shop, "not even the beacon of another adapter", _CURED_WITHIN_S)
        self.wait(lambda: self.radio_part(shop)["state"] == "ok", since_s + _CURED_WITHIN_S - time.monotonic(), "cured")
        print(f"deaf in a quiet night: well again {time.monotonic() - since_s:.1f} s later")

    def test_bluetoothd_hangs_is_killed_and_restarted(self) -> None:
        shop = self.open_busy_shop()
        shop.radio.freeze()
        self.says(shop, "bluetoothd does not answer", 15)
        shop.radio.thaw()
        self.flows_again(shop, "hci0", time.monotonic(), _RESTARTED_WITHIN_S)
        shop.radio.restart()
        self.flows_again(shop, "hci1", time.monotonic(), _RESTARTED_WITHIN_S)

    def test_an_adapter_is_pulled_out_and_comes_back_elsewhere(self) -> None:
        shop = self.open_busy_shop()
        shop.radio.unplug("hci1")
        self.says(shop, "no such Bluetooth adapter is plugged in")
        shop.radio.plug("hci2", FITTING_ADDRESS)
        self.flows_again(shop, "hci2", time.monotonic(), _RESTARTED_WITHIN_S)

    def test_another_client_scans_with_a_filter_of_its_own_and_stops(self) -> None:
        shop = self.open_busy_shop()

        def flows() -> None:
            self.flows_again(shop, "hci0", time.monotonic(), _CURED_WITHIN_S)

        asyncio.run(_scan_beside(shop.bus.address, flows))
        flows()


async def _scan_beside(bus_address: str, meanwhile: Callable[[], None]) -> None:
    bus = await MessageBus(bus_address=bus_address).connect()

    async def call(member: str, signature: str = "", *body: Any) -> None:
        message = Message("org.bluez", "/org/bluez/hci0", "org.bluez.Adapter1", member, signature=signature, body=[*body])
        reply = await bus.call(message)
        assert reply is not None and not reply.error_name, reply

    far = {"Transport": Variant("s", "le"), "RSSI": Variant("n", -30), "DuplicateData": Variant("b", False)}
    await call("SetDiscoveryFilter", "a{sv}", far)
    await call("StartDiscovery")
    await asyncio.to_thread(meanwhile)
    await call("StopDiscovery")
    bus.disconnect()


if __name__ == "__main__":
    unittest.main()
