"""iPhones: the beacon on the air and the GATT check-in, with the whole daemon and an emulated org.bluez."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any

from store import needs, traces
from store.case import LONG, ShopCase
from store.catalogue import coat_lover
from store.eid import checkin_token, forget_token
from store.phone import random_address
from store.radio import FakeRadio, RadioError, VirtualRadio
from store.visitor import Visitor

CHALLENGE = "d9614c8b-8946-4e93-89f5-bf77d31d5ad6"
TOKEN = "f3b66154-2b04-400d-981b-d53c26d43668"
SERVICE_ADVERT = bytes([17, 0x07]) + bytes.fromhex("61e911ad945e44c1872174115baa9ba8")[::-1]
NOT_PERMITTED = "org.bluez.Error.NotPermitted"


def beacon_advert(uuid: str, major: int, minor: int) -> bytes:
    return (
        bytes.fromhex("1aff4c000215")
        + bytes.fromhex(uuid.replace("-", ""))
        + major.to_bytes(2, "big")
        + minor.to_bytes(2, "big")
        + b"\xc5"
    )


class CheckinCase(ShopCase):
    def open_shop(self, kind: Any = FakeRadio, **radio: Any) -> None:
        self.camille, self.other = coat_lover(1), coat_lover(2)
        self.store = self.shop({**LONG, "radio": radio}, radio=kind)
        self.store.open([self.camille, self.other])
        self.address = random_address(self.store.chance)
        for controller in ("hci0", "hci1"):
            self.wait_on_air(controller)
        self.wait(lambda: self.store.gateway.metric("members") == 2, 10, "the keys are loaded")

    def on_air(self, controller: str) -> list[bytes]:
        return [bytes.fromhex(payload) for payload in self.store.radio.state()[controller]["advertising"]]

    def wait_on_air(self, controller: str, adverts: int = 2) -> None:
        self.wait(lambda: len(self.on_air(controller)) == adverts, 15, f"{adverts} adverts on {controller}")
        self.wait(lambda: self.part()["state"] == "ok", 15, f"{self.part()}")

    def part(self) -> dict[str, Any]:
        return json.loads(self.store.gateway.get("/readyz")[1])["parts"]["peripheral"]

    def challenge(self, controller: str = "hci0") -> bytes:
        return self.store.radio.gatt_read(controller, self.address, CHALLENGE)

    def write(self, value: bytes, controller: str = "hci0") -> None:
        self.store.radio.gatt_write(controller, self.address, TOKEN, value)

    def assert_refused(self, error: str, value: bytes, controller: str = "hci0") -> None:
        with self.assertRaises(RadioError) as refusal:
            self.write(value, controller)
        self.assertIn(error, str(refusal.exception))

    def check_in(self, controller: str = "hci0") -> bytes:
        """Camille's phone proves that it is there; returns what it wrote."""
        value = checkin_token(self.camille.key, self.challenge(controller), int(time.time()))
        self.write(value, controller)
        return value

    def wait_counted(self, result: str, count: int) -> None:
        """The pages are refreshed a few times a second."""
        name = f'checkins_total{{result="{result}"}}'
        self.wait(lambda: self.store.gateway.metric(name) == count, 5, f"{name} {count}")

    def assert_no_trace(self, *secrets: bytes) -> None:
        """Nothing of these in a log, a topic or a file; the address in any spelling neither."""
        raw = bytes.fromhex(self.address.replace(":", ""))
        wanted = [form for s in (*secrets, raw) for form in (s, s.hex().encode(), s.hex().upper().encode())]
        wanted += [self.address.encode(), self.address.replace(":", "_").encode()]
        gateway = self.store.gateway
        self.assertEqual(list(traces.in_files(wanted, gateway.directory / "state", gateway.directory / "run")), [])
        self.assertFalse([form for form in wanted if form in gateway.log().encode()])
        messages = [*self.store.central.link.messages, *self.store.tablet.link.messages]
        self.assertEqual(list(traces.in_messages(wanted, messages)), [])


class BeaconTest(CheckinCase):
    def test_beacon_and_invitation_are_on_every_adapter(self) -> None:
        self.assert_on_every_adapter(FakeRadio)

    @needs.stock_bluetoothd
    def test_the_stock_bluetoothd_takes_them_too(self) -> None:
        self.assert_on_every_adapter(VirtualRadio)

    def assert_on_every_adapter(self, kind: Any) -> None:
        uuid = "2f234454-cf6d-4a0f-adf2-f4911ba9ffa6"
        self.open_shop(kind, beacon={"uuid": uuid, "major": 258, "minor": 7})
        for controller in ("hci0", "hci1"):
            self.assertEqual(
                sorted(self.on_air(controller)), sorted([beacon_advert(uuid, 258, 7), SERVICE_ADVERT]), controller
            )
        radio = json.loads(self.store.gateway.ctl("status", "--json").stdout)["radio"]
        self.assertTrue(all(receiver["beacon"] and receiver["checkin"] for receiver in radio if not receiver["remote"]))
        self.assertEqual(len(radio), 3, "two adapters and a node")

    def test_what_is_switched_off_is_not_there(self) -> None:
        self.camille = coat_lover(1)
        off = {"beacon": {"enabled": False}, "checkin": {"enabled": False}}
        self.store = self.shop({"radio": off}, radio=FakeRadio)
        self.store.open([self.camille])
        self.store.radio.wait_scanning("hci0")
        self.assertEqual(self.part()["state"], "disabled")
        self.assertEqual(self.on_air("hci0"), [])

    def test_everything_is_registered_again(self) -> None:
        self.open_shop()
        self.store.radio.restart()
        self.wait_on_air("hci0")
        self.assertEqual(self.store.radio.state()["hci0"]["applications"], 1)
        self.check_in()
        self.store.radio.command("drop-adverts", "hci0", "tell")
        self.wait_on_air("hci0")
        self.store.radio.command("drop-adverts", "hci0", "silent")
        self.wait(lambda: len(self.on_air("hci0")) == 2, 30, "the watchdog finds that nothing is on the air")
        self.store.radio.unplug("hci0")
        self.wait(lambda: self.part()["state"] == "degraded", 10, "hci0 is missed")
        self.assertEqual(self.store.gateway.get("/readyz")[0], 200)
        self.store.radio.plug("hci7", self.store.gateway.configuration["radio"]["receivers"][0]["adapter"])
        self.wait_on_air("hci7")
        self.challenge("hci7")

    def test_a_bluez_without_gatt_is_named(self) -> None:
        self.camille = coat_lover(1)
        self.store = self.shop(LONG, radio=FakeRadio)
        self.store.radio.command("without", "org.bluez.GattManager1")
        self.store.open([self.camille])
        self.wait(lambda: self.part()["state"] == "degraded", 10, "status says so")
        self.assertEqual(self.part()["cause"], "hci0: the check-in: this BlueZ does not offer it")
        self.assertEqual(self.store.gateway.get("/readyz")[0], 200)
        beacon = beacon_advert("64146e8c-c398-49d4-aa6d-eea7e3e0755d", 0, 0)
        self.wait(lambda: beacon in self.on_air("hci0"), 10, "the beacon needs no GATT")
        self.assertEqual(self.store.gateway.log().count("hci0: the check-in: this BlueZ"), 1)


class ArrivalTest(CheckinCase):
    def test_a_proof_opens_a_visit_and_is_worth_nothing_twice(self) -> None:
        self.open_shop()
        value = self.check_in("hci1")
        self.wait(lambda: self.store.radio.state()["hci1"]["disconnected"] == 1, 5, "the phone's slot is free again")
        started = self.store.central.wait_for("visit.started")["data"]
        self.assertEqual(
            (started["member"], started["recognition"]["method"], started["zone"]),
            (self.camille.id, "checkin", "fitting"),
        )
        self.write(value, "hci1")
        self.assert_refused(NOT_PERMITTED, value, "hci0")
        self.assertEqual(len(self.store.central.events("visit.started")), 1)
        self.wait_counted("repeated", 1)
        self.wait_counted("accepted", 1)
        self.assert_no_trace(value, value[1:9], value[9:])

    def test_what_is_no_proof_is_refused(self) -> None:
        self.open_shop()
        right = checkin_token(self.camille.key, self.challenge(), int(time.time()))
        wrong = right[:-1] + bytes([right[-1] ^ 1])
        stranger = checkin_token(bytes(16), self.challenge(), int(time.time()))
        self.assert_refused(NOT_PERMITTED, wrong)
        self.assert_refused(NOT_PERMITTED, stranger)
        self.assert_refused("org.bluez.Error.InvalidValueLength", right[:-1])
        self.assert_refused("org.bluez.Error.InvalidValueLength", right + b"\0")
        self.assert_refused("org.bluez.Error.NotSupported", b"\x03" + right[1:])
        self.assertEqual(json.loads(self.store.gateway.ctl("visits", "--json").stdout)["visits"], [])
        self.assert_no_trace(right[1:9], stranger[1:9], wrong[9:])
        self.write(right)

    def test_a_flood_of_writes_is_slowed_down(self) -> None:
        self.open_shop()
        junk = b"\x01" + self.store.chance.randbytes(16)
        answers = []
        for _ in range(60):
            with self.assertRaises(RadioError) as refusal:
                self.write(junk)
            answers.append(str(refusal.exception))
        self.assertTrue([a for a in answers if "org.bluez.Error.Failed" in a], "too many at once")
        self.assertTrue([a for a in answers if NOT_PERMITTED in a])
        self.check_in("hci1")

        def comes_in() -> bool:
            try:
                self.check_in()
            except RadioError:
                return False
            return True

        self.wait(comes_in, 10, "the flood is over, and a phone gets through")

    def test_a_phone_that_proves_nothing_does_not_keep_its_slot(self) -> None:
        self.open_shop()
        stranger = checkin_token(bytes(16), self.challenge("hci1"), int(time.time()))
        self.assert_refused(NOT_PERMITTED, stranger, "hci1")
        self.wait(lambda: self.store.radio.state()["hci1"]["disconnected"] == 1, 25, "the slot is free again")


class ForgetTest(CheckinCase):
    def test_a_withdrawal_is_honoured_and_leaves_nothing(self) -> None:
        self.open_shop()
        guest = Visitor(self.store, self.camille)
        guest.come_in()
        guest.try_on()
        guest.leave()
        value = forget_token(self.camille.key, self.challenge(), int(time.time()))
        written_s = time.monotonic()
        self.write(value)
        self.assertEqual(guest.wait_ended()["end_reason"], "consent")
        self.store.tablet.wait_withdrawn(guest.visit)
        self.assertLess(time.monotonic() - written_s, 1.0)
        applied = self.store.central.wait_for("consent.applied")["data"]
        self.assertEqual(
            (applied["member"], applied["purpose"], applied["status"], applied["source"]),
            (self.camille.id, "recognition", "revoked", "device"),
        )
        self.write(value)
        self.assert_not_proven()
        self.store.gateway.kill()
        self.store.gateway.start()
        self.wait_on_air("hci0")
        self.assert_not_proven()
        self.store.gateway.import_records("profiles", [self.camille.profile, self.other.profile])
        self.assert_not_proven()
        self.wait_key_gone()
        self.assert_no_trace(value, value[1:9], value[9:])
        self.assertEqual(len(self.store.central.events("visit.started")), 1)

    def assert_not_proven(self) -> None:
        self.assert_refused(NOT_PERMITTED, checkin_token(self.camille.key, self.challenge(), int(time.time())))

    def wait_key_gone(self) -> None:
        keys = [self.camille.key, self.camille.key.hex().encode()]
        state = self.store.gateway.state_directory
        self.wait(lambda: not list(traces.in_files(keys, state)), 5, "the key is gone from disk")


if __name__ == "__main__":
    unittest.main()
