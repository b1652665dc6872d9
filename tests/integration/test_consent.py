"""Withdrawal and erasure: at once, over restarts, and down to the last byte on disk."""

from __future__ import annotations

import json
import time
import unittest
from datetime import datetime, timezone
from typing import Any

from store import traces
from store.case import LONG, ShopCase
from store.catalogue import Member, coat_lover, days_ago, iso
from store.radio import FakeRadio
from store.visitor import Visitor

_AT_ONCE_S = 1.0


def now() -> str:
    return iso(datetime.now(timezone.utc))


def snapshot(members: list[Member], revision: int) -> dict[str, Any]:
    return {
        "snapshot": f"S{revision}",
        "revision": revision,
        "part": 1,
        "parts": 1,
        "profiles": [m.profile for m in members],
    }


class ConsentCase(ShopCase):
    patch: dict[str, Any] = {}

    def open_shop(self) -> None:
        self.camille, self.other = coat_lover(1), coat_lover(2, first_name="Dominique")
        self.store = self.shop({**LONG, **self.patch}, radio=FakeRadio, durable_wan=True)
        self.store.open([self.camille, self.other])
        self.guest, self.second = Visitor(self.store, self.camille), Visitor(self.store, self.other)

    def withdraw(self, at: str | None = None, status: str = "revoked") -> dict[str, Any]:
        payload = {
            "member": self.camille.id,
            "purpose": "recognition",
            "status": status,
            "at": at or now(),
            "version": "v",
        }
        return self.store.central.command("consent", payload)

    def assert_not_recognised(self) -> None:
        """Her adverts are heard, between those of another member who is recognised by them."""
        before = len(self.visits_of(self.camille))
        self.guest.at("entrance")
        foreign = self.store.gateway.adverts("foreign")
        self.wait(lambda: self.store.gateway.adverts("foreign") >= foreign + 4, 15, "her adverts arrive")
        self.assertEqual(len(self.visits_of(self.camille)), before)
        self.guest.leave()

    def visits_of(self, member: Member) -> list[Any]:
        return [e for e in self.store.central.events("visit.started") if e["data"]["member"] == member.id]


class WithdrawalTest(ConsentCase):
    def test_a_withdrawal_acts_at_once_and_stays(self) -> None:
        self.open_shop()
        self.guest.come_in()
        self.guest.try_on()
        sent_s = time.monotonic()
        self.assertEqual(self.withdraw()["status"], "applied")
        ended = self.guest.wait_ended()
        self.assertEqual(ended["end_reason"], "consent")
        self.store.tablet.wait_withdrawn(self.guest.visit)
        self.assertLess(time.monotonic() - sent_s, _AT_ONCE_S)
        applied = self.store.central.wait_for("consent.applied")["data"]
        self.assertEqual(
            (applied["purpose"], applied["status"], applied["source"]), ("recognition", "revoked", "central")
        )
        self.assert_key_gone("after the withdrawal")
        self.assert_not_recognised()
        self.store.gateway.kill()
        self.store.gateway.start()
        self.store.radio.wait_scanning("hci0")
        self.assert_not_recognised()
        ack = self.store.central.command("profiles.snapshot", snapshot([self.camille, self.other], 900))
        self.assertEqual(ack["status"], "applied")
        self.assert_not_recognised()
        self.store.gateway.import_records("profiles", [self.camille.profile, self.other.profile])
        self.assert_not_recognised()
        self.second.come_in()
        self.assert_key_gone("after a snapshot and an import that still carried it")

    def assert_key_gone(self, when: str) -> None:
        keys = [self.camille.key, self.camille.key.hex().encode()]

        def gone() -> bool:
            return not list(traces.in_files(keys, self.store.gateway.state_directory))

        self.wait(gone, 5, f"the key is gone from disk {when}")

    def test_a_new_grant_waits_for_a_profile(self) -> None:
        self.open_shop()
        self.assertEqual(self.withdraw(days_ago(1))["status"], "applied")
        self.assert_not_recognised()
        self.assertEqual(self.withdraw(status="granted")["status"], "applied")
        self.assert_not_recognised()
        ack = self.store.central.command("profiles.snapshot", snapshot([self.camille, self.other], 901))
        self.assertEqual(ack["status"], "applied")
        self.guest.come_in()

    def test_the_newest_wins_and_a_tie_is_a_refusal(self) -> None:
        self.open_shop()
        instant = days_ago(1)
        self.withdraw(instant, "denied")
        self.withdraw(instant, "granted")
        self.withdraw(days_ago(3), "granted")
        self.store.central.command("profiles.snapshot", snapshot([self.camille, self.other], 902))
        self.assert_not_recognised()

    def test_a_repeated_command_is_a_duplicate(self) -> None:
        self.open_shop()
        payload = {
            "command_id": "c-1",
            "member": self.camille.id,
            "purpose": "recognition",
            "status": "revoked",
            "at": now(),
        }
        first = self.store.central.command("consent", payload)
        self.assertEqual(first["status"], "applied")
        self.store.central.send_command("consent", payload)
        self.store.central.link.wait_for(
            lambda: [a["status"] for a in self.store.central.acknowledgements if a["command_id"] == "c-1"][1:]
            == ["duplicate"],
            5,
            "the second delivery is answered as a duplicate",
        )

    def test_other_purposes_do_not_end_the_visit(self) -> None:
        self.open_shop()
        self.guest.come_in()
        self.guest.try_on()
        payload = {"member": self.camille.id, "purpose": "suggestion", "status": "revoked", "at": now(), "version": "v"}
        self.assertEqual(self.store.central.command("consent", payload)["status"], "applied")
        self.store.tablet.wait_withdrawn(self.guest.visit)
        self.assertEqual(self.store.central.events("visit.ended"), [])


class ErasureTest(ConsentCase):
    """The journal is on, which is the most that the gateway ever writes."""

    patch: dict[str, Any] = {"journal": {"enabled": True}}
    readable = True  # what is known of a member, before he is erased

    def whole_visit(self) -> None:
        self.open_shop()
        self.guest.come_in()
        self.guest.try_on()
        self.store.tablet.act("claim", self.guest.visit)
        self.store.tablet.wait_card(lambda card: card["first_name"] == "Camille")
        self.guest.pay()
        self.store.central.wait_for("attribution.created")
        self.second.come_in()

    def secrets(self) -> list[bytes]:
        member = self.camille
        return [member.id.encode(), member.loyalty.encode(), member.key, member.key.hex().encode(), b"Camille"]

    def state_traces(self) -> list[str]:
        return list(traces.in_files(self.secrets(), self.store.gateway.state_directory))

    def assert_no_trace(self) -> None:
        gateway = self.store.gateway
        self.assertEqual(self.state_traces(), [])
        self.assertEqual(list(traces.in_files(self.secrets(), gateway.socket.parent, gateway.process.log_path)), [])

    def test_erase_leaves_no_byte_and_anonymous_events(self) -> None:
        self.whole_visit()
        self.assertEqual(bool(self.state_traces()), self.readable)
        ack = self.store.central.command("erase", {"request_id": "r-1", "member": self.camille.id})
        self.assertEqual(ack["status"], "applied")
        completed = self.store.central.wait_for("erase.completed")["data"]
        self.assertEqual(completed["request_id"], "r-1")
        self.assertTrue(completed["tables"])
        self.assertEqual(self.guest.wait_ended()["end_reason"], "erased")
        self.store.tablet.wait_withdrawn(self.guest.visit)
        self.assert_no_trace()
        self.store.gateway.kill()
        self.store.gateway.start()
        self.assert_no_trace()
        self.store.radio.wait_scanning("hci0")
        self.assert_not_recognised()
        audit = json.loads(self.store.gateway.ctl("audit", "verify", "--json").stdout)
        self.assertTrue(audit["intact"])
        self.assertGreaterEqual(audit["entries"], 4, "three imports and the erasure")
        with self.store.central.link.waiting:
            self.assertEqual(self.store.central.consumer.check_complete(), [])

    def test_undelivered_rows_are_anonymised_too(self) -> None:
        self.open_shop()
        self.store.wan.kill()
        self.guest.at("entrance")
        self.wait(lambda: json.loads(self.store.gateway.ctl("visits", "--json").stdout)["visits"], 10, "she is inside")
        forgotten = self.store.gateway.ctl("forget", self.camille.id)
        self.assertEqual(forgotten.returncode, 0, forgotten.stderr)
        self.guest.leave()
        self.assert_no_trace()
        self.store.wan.start()
        self.store.central.wait_for("erase.completed", timeout_s=30)
        started = self.store.central.wait_for("visit.started")["data"]
        self.assertIsNone(started["member"])

    def test_forget_at_the_command_line(self) -> None:
        self.whole_visit()
        done = self.store.gateway.ctl("forget", self.camille.id, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        json.loads(done.stdout)
        self.assertEqual(self.guest.wait_ended()["end_reason"], "erased")
        self.assert_no_trace()
        self.store.central.wait_for("erase.completed")
        self.assertEqual(self.store.gateway.ctl("forget", "nobody-knows-him").returncode, 0)


class ErasureAtRestTest(ErasureTest):
    """The same with a key: nothing can be read even before the erasure."""

    readable = False

    def setUp(self) -> None:
        super().setUp()
        self.key = self.folder() / "at-rest.key"
        self.key.write_text("5e" * 32 + "\n")
        self.patch = {**self.patch, "profiles": {"at_rest_key_file": str(self.key)}}

    def test_another_key_touches_nothing(self) -> None:
        self.open_shop()
        gateway = self.store.gateway
        gateway.stop()
        before = {path.name: path.read_bytes() for path in gateway.state_directory.iterdir()}
        self.key.write_text("6f" * 32)
        gateway.start(ready=False)
        self.wait(lambda: "at_rest_key_file" in gateway.get("/readyz")[1], 10, "it says what it waits for")
        self.assertEqual(gateway.get("/readyz")[0], 503)
        self.assertEqual(gateway.stop(), 0)
        self.assertNotIn("6f6f", gateway.log())
        self.assertEqual({path.name: path.read_bytes() for path in gateway.state_directory.iterdir()}, before)
        self.key.write_text("6f" * 32 + "\n" + "5e" * 32)
        gateway.start()
        self.guest.come_in()
        self.assertEqual(self.state_traces(), [])


if __name__ == "__main__":
    unittest.main()
