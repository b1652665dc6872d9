"""Both radios behave like bluetoothd towards a client: what is said near a controller arrives on D-Bus."""

from __future__ import annotations

import random
import tempfile
import time
import unittest
from pathlib import Path

from store import needs
from store.bus import Bus
from store.phone import MemberPhone, UnknownEidPhone, apple_phone
from store.processes import wait_until
from store.radio import Advert, FakeRadio, RadioError, VirtualRadio

from .bluez_client import ADAPTER, Advertisement, Client

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")


class RadioBehaviour:
    """The same expectations for each radio; subclasses choose it."""

    make_radio = None

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bus = Bus(Path(folder.name))
        self.addCleanup(self.bus.stop)
        self.radio = self.make_radio(self.bus, Path(folder.name), ["00:1A:7D:DA:71:01", "00:1A:7D:DA:71:02"])
        self.addCleanup(self.radio.stop)
        wait_until(lambda: all(c["powered"] for c in self.radio.state().values()), 5, "controllers are powered")
        self.client = Client(self.bus.address)
        self.addCleanup(self.client.close)
        self.chance = random.Random(7)
        self.phone = MemberPhone(KEY, self.chance)

    def scan(self) -> None:
        self.assertEqual(self.client.register_monitor(), "")
        self.assertEqual(self.client.discover(), "")
        self.radio.wait_scanning()
        wait_until(self.client.monitor.activated.is_set, 5, "the monitor is active")
        wait_until(lambda: self.radio.state()["hci0"]["monitors"], 5, "the controller has the monitor")

    def test_every_advert_arrives_with_rssi_and_service_data(self) -> None:
        self.scan()
        now = int(time.time())
        frame = b"\x30\xeb" + self.phone.token(now)
        for count, rssi in enumerate((-70, -70, -71, -50), 1):
            self.assertTrue(self.radio.advert("hci0", self.phone.advert(rssi, now)))
            wait_until(lambda: len(self.client.adverts()) >= count, 5, f"advert {count} is signalled")
        self.assertEqual(self.client.adverts(), [(-70, frame), (-70, frame), (-71, frame), (-50, frame)])

    def test_discovery_alone_loses_repeated_adverts_only_on_a_filtering_controller(self) -> None:
        self.assertEqual(self.client.discover(), "")
        self.radio.wait_scanning()
        heard = [self.phone.say(self.radio, "hci0", -60) for _ in range(5)]
        self.assertEqual(heard, self.heard_without_monitor)

    def test_foreign_phones_never_reach_the_bus(self) -> None:
        self.scan()
        self.assertFalse(apple_phone(self.chance).say(self.radio, "hci0", -40))
        UnknownEidPhone(self.chance).say(self.radio, "hci0", -41)
        wait_until(lambda: self.client.adverts(), 5, "the Eddystone phone is signalled")
        self.assertEqual([rssi for rssi, _ in self.client.adverts()], [-41])

    def test_nobody_scanning_nobody_hears(self) -> None:
        self.assertFalse(self.phone.say(self.radio, "hci0", -40))

    def test_second_discovery_of_a_client_is_refused(self) -> None:
        self.client.discover()
        self.assertEqual(self.client.call("org.bluez.Adapter1", "StartDiscovery"), "org.bluez.Error.InProgress")

    def test_restart_forgets_the_scan_and_scanning_again_works(self) -> None:
        self.scan()
        self.radio.restart()
        wait_until(lambda: not self.radio.state()["hci0"]["discovering"], 5, "the scan is gone")
        wait_until(lambda: self.client.discover() == "", 10, "a new scan is accepted", 0.1)
        self.radio.wait_scanning()
        self.assertTrue(self.phone.say(self.radio, "hci0", -60))

    def test_controllers_come_and_go(self) -> None:
        self.radio.unplug("hci1")
        self.assertNotIn("hci1", self.radio.state())
        self.radio.plug("hci1", "00:1A:7D:DA:71:03")
        path = "/org/bluez/hci1"
        wait_until(
            lambda: self.client.call(
                "org.freedesktop.DBus.Properties", "Get", "ss", "org.bluez.Adapter1", "Address", path=path
            )
            == "",
            5,
            "the new adapter is on the bus",
            0.05,
        )
        self.assertEqual(self.radio.state()["hci1"]["address"], "00:1A:7D:DA:71:03")

    def test_beacon_is_on_the_air(self) -> None:
        self.assertEqual(self.client.register_beacon(), "")
        on_air = "".join(self.radio.state()["hci0"]["advertising"])
        self.assertIn((b"\x4c\x00" + Advertisement.PAYLOAD).hex(), on_air)

    def test_bad_commands_are_refused_by_name(self) -> None:
        for words in (
            ("adv", "hci7", "x", "random", "-60", ""),
            ("dance",),
            ("adv", "hci0", self.phone.address, "random", "-60", "zz"),
        ):
            with self.assertRaises(RadioError):
                self.radio.command(*words)


@needs.stock_bluetoothd
class VirtualRadioTest(RadioBehaviour, unittest.TestCase):
    make_radio = VirtualRadio
    heard_without_monitor = [True, False, False, False, False]

    def test_unavailable_rssi_is_passed_on(self) -> None:
        self.scan()
        self.radio.advert("hci0", Advert(self.phone.address, 127, self.phone.payload(0)))
        wait_until(lambda: [rssi for rssi, _ in self.client.adverts()] == [127], 5, "RSSI 127 is signalled")


class FakeRadioTest(RadioBehaviour, unittest.TestCase):
    make_radio = FakeRadio
    heard_without_monitor = [True] * 5

    def test_malformed_adverts_carry_the_wrong_types(self) -> None:
        self.scan()
        self.assertTrue(self.phone.say(self.radio, "hci0", -60, "dbusmock_types"))
        wait_until(lambda: self.client.device_signals, 5, "the device is signalled")
        properties = self.client.device_signals[0].body[1]["org.bluez.Device1"]
        self.assertEqual(properties["ServiceData"].signature, "aa{sv}")


if __name__ == "__main__":
    unittest.main()
