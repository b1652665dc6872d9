"""What central commands: data sets in parts and deltas, gaps, repeats, nonsense; and how each is acknowledged."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any

from store.case import LONG, ShopCase
from store.catalogue import coat_lover, days_ago, example_catalogue, example_complements, member
from store.radio import FakeRadio
from store.visitor import COAT, Visitor


class CommandCase(ShopCase):
    def setUp(self) -> None:
        self.store = self.shop(LONG, radio=FakeRadio)
        self.central = self.store.central
        self.store.gateway.start()
        self.central.wait_state("online")

    def snapshot(self, revision: int, profiles: list[Any], name: str = "profiles", **fields: Any) -> dict[str, Any]:
        rows = {"profiles": "profiles", "catalog": "items", "complements": "rules"}[name]
        payload = {"snapshot": f"S{revision}", "revision": revision, "part": 1, "parts": 1, rows: profiles, **fields}
        return self.central.command(f"{name}.snapshot", payload)

    def delta(self, start: int, end: int, *ops: dict[str, Any], name: str = "profiles") -> dict[str, Any]:
        return self.central.command(f"{name}.delta", {"from_revision": start, "to_revision": end, "ops": list(ops)})

    def members(self) -> int:
        return json.loads(self.store.gateway.ctl("status", "--json").stdout)["members"]

    def acks(self, command: str) -> list[str]:
        return [ack["status"] for ack in self.central.acknowledgements if ack["command_id"] == command]


class ProfilesTest(CommandCase):
    def test_parts_in_any_order_take_effect_together(self) -> None:
        people = [member(number) for number in range(1, 7)]
        ids = []
        for part in (3, 1, 2):
            payload = {
                "snapshot": "S5",
                "revision": 5,
                "part": part,
                "parts": 3,
                "profiles": [m.profile for m in people[2 * part - 2 : 2 * part]],
            }
            ids.append(self.central.send_command("profiles.snapshot", payload))
            if part != 2:
                self.central.link.wait_for(lambda: self.acks(ids[-1]) == ["accepted"], 5, "a part is accepted")
                self.assertEqual(self.members(), 0, "nothing before the last part")
        applied = self.central.wait_acknowledgement(ids[-1])
        self.assertEqual((applied["status"], applied["revision"]), ("applied", 5))
        self.wait(lambda: self.members() == 6, 5, "all members are known")
        Visitor(self.store, people[4]).come_in()

    def test_deltas_gaps_and_revisions(self) -> None:
        first, second, third = member(1), member(2), member(3)
        self.snapshot(41, [first.profile, second.profile])
        done = self.delta(41, 42, {"op": "upsert", "profile": third.profile}, {"op": "remove", "member": first.id})
        self.assertEqual((done["status"], done["revision"]), ("applied", 42))
        gap = self.delta(40, 43, {"op": "remove", "member": second.id})
        self.assertEqual((gap["status"], gap["reason"], gap["revision"]), ("rejected", "gap", 42))
        ahead = self.delta(44, 45, {"op": "remove", "member": second.id})
        self.assertEqual((ahead["status"], ahead["reason"], ahead["revision"]), ("rejected", "gap", 42))
        Visitor(self.store, third).come_in()
        Visitor(self.store, second).come_in()
        self.assertEqual(self.members(), 2)
        self.store.gateway.kill()
        self.store.gateway.start()
        self.assertEqual(
            self.delta(42, 43, {"op": "remove", "member": second.id})["status"], "applied", "kept over a crash"
        )

    def test_a_member_who_is_removed_inside_leaves_as_removed(self) -> None:
        stays, goes = coat_lover(1), coat_lover(2)
        self.store.gateway.import_records("catalog", example_catalogue())
        self.snapshot(1, [stays.profile, goes.profile])
        staying, going = Visitor(self.store, stays), Visitor(self.store, goes)
        staying.come_in()
        going.come_in()
        going.try_on()
        self.snapshot(2, [stays.profile])
        self.assertEqual(going.wait_ended()["end_reason"], "removed")
        self.store.tablet.wait_withdrawn(going.visit)
        self.assertEqual(len(self.central.events("visit.ended")), 1, "only his")
        self.delta(2, 3, {"op": "remove", "member": stays.id})
        self.assertEqual(staying.wait_ended()["end_reason"], "removed")


class CatalogueTest(CommandCase):
    def test_stock_and_complements_decide_the_card(self) -> None:
        camille = coat_lover(1)
        self.snapshot(1, [camille.profile])
        self.assertEqual(self.snapshot(7, example_catalogue(), "catalog")["status"], "applied")
        self.assertEqual(self.snapshot(3, example_complements(), "complements")["status"], "applied")
        coat = next(item for item in example_catalogue() if item["variant"] == COAT)
        done = self.delta(7, 8, {"op": "upsert", "item": {**coat, "location": "Mur Z9"}}, name="catalog")
        self.assertEqual((done["status"], done["revision"]), ("applied", 8))
        gone = self.delta(7, 9, {"op": "remove", "variant": COAT}, name="catalog")
        self.assertEqual((gone["status"], gone["reason"], gone["revision"]), ("rejected", "gap", 8))
        guest = Visitor(self.store, camille)
        guest.come_in()
        card = guest.try_on()
        shown = next(s for s in card["suggestions"] if s["variant"] == COAT)
        self.assertEqual(shown["location"], "Mur Z9")


class ScenariosTest(CommandCase):
    def scenario(self, name: str, **targeting: Any) -> dict[str, Any]:
        return {"id": name, "targeting": targeting, "trigger": {}, "personalisation": {}, "interruption": {}}

    def test_a_scenario_that_is_off_suggests_nothing(self) -> None:
        camille = coat_lover(1)
        self.snapshot(1, [camille.profile])
        self.snapshot(7, example_catalogue(), "catalog")
        off = [self.scenario(name, enabled=False) for name in ("viewed_not_bought", "cart_in_store")]
        ack = self.central.command("scenarios.set", {"revision": 5, "scenarios": off})
        self.assertEqual((ack["status"], ack["revision"]), ("applied", 5))
        self.store.gateway.kill()
        self.store.gateway.start()
        self.store.radio.wait_scanning("hci0")
        guest = Visitor(self.store, camille)
        guest.come_in()
        guest.at("fitting")
        suppressed = self.central.wait_for("suggestion.suppressed")["data"]
        self.assertEqual(suppressed["reason"], "nothing_to_say")

    def test_one_without_interruption_is_refused_and_an_import_replaces_all(self) -> None:
        broken = {**self.scenario("welcome"), "interruption": None}
        ack = self.central.command("scenarios.set", {"scenarios": [self.scenario("welcome"), broken]})
        self.assertEqual(ack["status"], "rejected")
        self.assertIn("/scenarios/1/interruption", ack["reason"])
        self.store.gateway.import_records("scenarios", [self.scenario("welcome"), self.scenario("service_first")])
        refused = self.store.gateway.ctl("import", "scenarios", self.file(json.dumps(broken)))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("line 1: /interruption", refused.stderr)

    def file(self, line: str) -> Path:
        path = self.folder() / "scenarios.ndjson"
        path.write_text(line)
        return path


class NonsenseTest(CommandCase):
    def test_every_bad_payload_is_rejected_with_its_reason(self) -> None:
        good = member(1).profile
        bad: list[tuple[str, dict[str, Any], str]] = [
            ("profiles.snapshot", {"revision": 1, "profiles": [{**good, "member": "two words"}]}, "/profiles/0/member"),
            ("profiles.snapshot", {"revision": 1, "profiles": [{"member": "m"}]}, "/profiles/0/consent"),
            ("profiles.snapshot", {"profiles": []}, "/revision"),
            ("profiles.delta", {"from_revision": 1, "to_revision": 2, "ops": [{"op": "dance"}]}, "/ops/0/op"),
            ("catalog.snapshot", {"revision": 1, "items": [{"style": "X"}]}, "/items/0/"),
            ("consent", {"member": "m", "purpose": "everything", "status": "revoked", "at": days_ago(0)}, "/purpose"),
            ("consent", {"member": "m", "purpose": "email", "status": "revoked", "at": "soon"}, "/at"),
            ("erase", {}, "/member"),
            ("dance", {}, ""),
        ]
        for number, (name, payload, words) in enumerate(bad):
            with self.subTest(name=name, words=words):
                ack = self.central.command(name, {"command_id": f"bad-{number}", **payload})
                self.assertEqual(ack["status"], "rejected")
                self.assertTrue(ack["reason"])
                self.assertIn(words, ack["reason"])
        self.assertEqual(self.snapshot(1, [good])["status"], "applied", "and then all is well")

    def test_what_is_no_json_does_not_stop_it(self) -> None:
        for payload in (
            b"",
            b"{",
            b"\xff\x00",
            b"[]",
            b"null",
            b"[" * 100_000,
            b'{"command_id": 7}',
            b'{"command_id":"x"}' * 2,
        ):
            self.central.link.publish(f"{self.central.base}/command/profiles.snapshot", payload)
        self.central.link.publish(f"{self.central.base}/command/", b"{}")
        self.central.link.publish(f"{self.central.base}/command/a/b", b"{}")
        self.assertEqual(self.snapshot(1, [member(1).profile])["status"], "applied")
        self.assertTrue(self.store.gateway.process.running)

    def test_a_reason_never_repeats_a_secret(self) -> None:
        profile = {**member(1).profile, "keys": [{"eid_key": "00112233445566778899aabbccddee-secret"}]}
        ack = self.snapshot(1, [profile])
        self.assertEqual(ack["status"], "rejected")
        self.assertIn("/profiles/0/keys/0", ack["reason"])
        self.assertNotIn("secret", json.dumps(ack))
        self.assertNotIn("secret", self.store.gateway.log())

    def test_commands_wait_while_the_daemon_is_away(self) -> None:
        self.assertEqual(self.snapshot(1, [member(1).profile])["status"], "applied")
        self.store.gateway.kill()
        self.central.wait_state("offline")
        payload = {"member": member(1).id, "purpose": "recognition", "status": "revoked", "at": days_ago(0)}
        command = self.central.send_command("consent", payload)
        self.store.gateway.start()
        self.assertEqual(self.central.wait_acknowledgement(command)["status"], "applied")

    def test_a_forged_consent_time_in_the_future_still_refuses(self) -> None:
        camille = member(1)
        self.snapshot(1, [camille.profile])
        guest = Visitor(self.store, camille)
        guest.come_in()
        payload = {"member": camille.id, "purpose": "recognition", "status": "denied", "at": days_ago(-400)}
        self.assertEqual(self.central.command("consent", payload)["status"], "applied")
        self.assertEqual(guest.wait_ended()["end_reason"], "consent")


if __name__ == "__main__":
    unittest.main()
