"""iPhones, as far as no iPhone is needed: the beacon is seen on the air and the check-in works, over real Bluetooth."""

from __future__ import annotations

import json
import time
import unittest

from real_bluez import AppPhone, RealBluez, Refused, SystemBus
from store import traces
from store.case import LONG, ShopCase
from store.catalogue import coat_lover
from store.eid import WINDOW_S, checkin_token, forget_token

SERVICE = "61e911ad-945e-44c1-8721-74115baa9ba8"
CHALLENGE = "d9614c8b-8946-4e93-89f5-bf77d31d5ad6"
TOKEN = "f3b66154-2b04-400d-981b-d53c26d43668"
BEACON = bytes.fromhex("021564146e8cc39849d4aa6deea7e3e0755d00000000c5")
_SLOW_S = 60


class CheckinTest(ShopCase):
    def setUp(self) -> None:
        self.camille = coat_lover(1)
        self.store = self.shop(LONG, radio=RealBluez, bus=SystemBus)
        self.phone = AppPhone()
        self.addCleanup(self.phone.stop)
        addresses = self.wait(
            lambda: len(self.phone.controllers()) == 2 and self.phone.controllers(), _SLOW_S, "two controllers"
        )
        self.phone_address = addresses["hci1"]
        self.store.gateway.configuration["radio"]["receivers"] = [
            {"id": "hci0", "adapter": addresses["hci0"], "zone": "entrance"}
        ]
        self.store.gateway.start(timeout_s=_SLOW_S)
        self.store.gateway.import_records("profiles", [self.camille.profile])
        self.wait(lambda: self.part()["state"] == "ok", _SLOW_S, "beacon and check-in are registered")
        self.wait(lambda: self.store.gateway.metric("members") == 1, _SLOW_S, "the keys are loaded")

    def part(self) -> dict[str, str]:
        return json.loads(self.store.gateway.get("/readyz")[1])["parts"]["peripheral"]

    def visits(self) -> list[dict[str, str]]:
        return json.loads(self.store.gateway.ctl("visits", "--json").stdout)["visits"]

    def see_beacon(self) -> None:
        self.phone.look()
        self.wait(lambda: BEACON in self.phone.beacons(), _SLOW_S, "the beacon is seen")

    def write(self, value: bytes) -> None:
        self.phone.write(TOKEN, value)

    def arrival(self, key: bytes) -> bytes:
        return checkin_token(key, self.phone.read(CHALLENGE), int(time.time()))

    def assert_refused(self, error: str, value: bytes) -> None:
        with self.assertRaises(Refused) as refusal:
            self.write(value)
        self.assertEqual(str(refusal.exception), f"org.bluez.Error.{error}")

    def test_from_the_beacon_to_the_withdrawal(self) -> None:
        self.see_beacon()
        self.phone.connect(SERVICE)
        right = self.arrival(self.camille.key)
        self.assert_refused("NotPermitted", right[:-1] + bytes([right[-1] ^ 1]))
        self.assert_refused("NotPermitted", self.arrival(bytes(16)))
        self.assert_refused("InvalidArguments", right[:-1])  # ATT 0x0D, in the words of the phone's bluetoothd
        self.assert_refused("NotSupported", b"\x07" + right[1:])
        self.assertEqual(self.visits(), [])
        self.assertTrue(self.phone.connected, "a refused phone may try again")

        self.write(right)
        self.assertEqual([(v["method"], v["zone"]) for v in self.visits()], [("checkin", "entrance")])
        self.write(right)
        self.store.central.wait_for("visit.started", timeout_s=_SLOW_S)
        self.phone.wait_disconnected()

        self.phone.connect(SERVICE)
        forget = forget_token(self.camille.key, self.phone.read(CHALLENGE), int(time.time()))
        self.write(forget)
        self.assertEqual(self.visits(), [])
        ended = self.store.central.wait_for("visit.ended", timeout_s=_SLOW_S)["data"]
        self.assertEqual(ended["end_reason"], "consent")
        applied = self.store.central.wait_for("consent.applied", timeout_s=_SLOW_S)["data"]
        self.assertEqual((applied["status"], applied["source"]), ("revoked", "device"))
        other_pair = checkin_token(self.camille.key, self.phone.read(CHALLENGE), int(time.time()) + WINDOW_S)
        self.assert_refused("NotPermitted", other_pair)
        self.assert_no_trace(right[1:9], right[9:], forget[9:])

    def assert_no_trace(self, *secrets: bytes) -> None:
        spellings = [self.phone_address.encode(), self.phone_address.replace(":", "_").encode()]
        wanted = spellings + [form for s in secrets for form in (s, s.hex().encode())]
        gateway = self.store.gateway
        self.assertEqual(list(traces.in_files(wanted, gateway.state_directory, gateway.process.log_path)), [])
        self.assertEqual(list(traces.in_messages(wanted, self.store.central.link.messages)), [])

    def test_bluetoothd_restarts(self) -> None:
        self.see_beacon()
        self.store.radio.restart()
        self.wait(lambda: self.part()["state"] == "ok", _SLOW_S, "everything is registered again")
        self.see_beacon()
        self.phone.connect(SERVICE)
        self.write(self.arrival(self.camille.key))
        self.assertEqual([v["method"] for v in self.visits()], ["checkin"])


if __name__ == "__main__":
    unittest.main()
