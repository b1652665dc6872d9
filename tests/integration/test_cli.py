"""touchpointctl against the daemon: exit codes, --json, and imports that are all or nothing."""

from __future__ import annotations

import json
import subprocess
import tarfile
import unittest
import zipfile
from pathlib import Path
from typing import Any

from store import traces
from store.case import LONG, ShopCase
from store.catalogue import coat_lover, example_catalogue, example_complements, member, write_many_members
from store.gateway import ENTRANCE_ADDRESS
from store.radio import FakeRadio, program_directory
from store.visitor import Visitor

_DONE, _FAILED, _USAGE, _NOT_REACHABLE = 0, 1, 2, 3
_READ_COMMANDS = (["status"], ["visits"], ["outbox"], ["tickets"], ["kpi"], ["doctor"])


def ctl(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    argv = [program_directory() / "touchpointctl", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, **options)


class WithoutDaemonTest(unittest.TestCase):
    def test_not_reachable_is_3(self) -> None:
        for command in (["status"], ["visits"], ["outbox"], ["tickets"], ["kpi"], ["explain", "v"], ["forget", "m-1"]):
            with self.subTest(command):
                done = ctl("--socket", "/nowhere/admin.sock", *command)
                self.assertEqual(done.returncode, _NOT_REACHABLE)
                self.assertIn("/nowhere/admin.sock", done.stderr)

    def test_wrong_usage_is_2(self) -> None:
        for command in (
            [],
            ["dance"],
            ["explain"],
            ["forget"],
            ["import"],
            ["import", "dogs", "f"],
            ["status", "--loud"],
            ["kpi", "--day", "yesterday"],
        ):
            with self.subTest(command):
                done = ctl(*command)
                self.assertEqual(done.returncode, _USAGE, done.stdout + done.stderr)
                self.assertTrue(done.stderr)

    def test_help_and_version(self) -> None:
        for option in ("--help", "--version"):
            done = ctl(option)
            self.assertEqual((done.returncode, bool(done.stdout)), (_DONE, True))
        daemon = subprocess.run(
            [program_directory() / "touchpointd", "--version"], capture_output=True, text=True, check=True
        )
        self.assertIn("touchpointd", daemon.stdout)


class QuestionsTest(ShopCase):
    def setUp(self) -> None:
        self.camille = coat_lover(1)
        self.store = self.shop(LONG, radio=FakeRadio)
        self.store.open([self.camille])
        self.guest = Visitor(self.store, self.camille)
        self.guest.come_in()
        self.guest.try_on()

    def json(self, *command: Any) -> Any:
        done = self.store.gateway.ctl(*command, "--json")
        self.assertEqual(done.returncode, _DONE, done.stderr)
        self.assertEqual(len(done.stdout.strip().splitlines()), 1, "one line")
        return json.loads(done.stdout)

    def test_every_read_command_as_text_and_json(self) -> None:
        self.guest.pay()
        self.store.central.wait_for("attribution.created")
        for command in _READ_COMMANDS:
            with self.subTest(command):
                text = self.store.gateway.ctl(*command)
                self.assertTrue(text.stdout.strip())
                answer = self.store.gateway.ctl(*command, "--json")
                self.assertEqual(text.returncode, answer.returncode)
                self.assertIsInstance(json.loads(answer.stdout), dict)
                for secret in (self.camille.id, self.camille.loyalty, "Camille", self.camille.key.hex()):
                    self.assertNotIn(secret, text.stdout + answer.stdout, "pseudonyms only")
        status = self.json("status")
        self.assertEqual((status["state"], status["members"], status["visits_open"]), ("ok", 1, 1))
        self.assertTrue(all(receiver["scanning"] for receiver in status["radio"]))
        self.assertEqual(self.json("outbox")["depth"], 0)
        ticket = self.json("tickets")["tickets"][0]
        self.assertEqual((ticket["totals"], ticket["attribution"]["class"]), ("ok", "certain"))

    def test_visits_and_explain(self) -> None:
        visit = self.json("visits")["visits"][0]
        self.assertEqual((visit["visit"], visit["zone"], visit["method"]), (self.guest.visit, "fitting", "eid"))
        self.assertIn("GATE-COAT-NAVY-42", json.dumps(self.json("explain", self.guest.visit)))
        text = self.store.gateway.ctl("explain", self.guest.visit)
        self.assertEqual(text.returncode, _DONE)
        self.assertIn("GATE-COAT-NAVY-42", text.stdout)
        unknown = self.store.gateway.ctl("explain", "0199aaaa-0000-7000-8000-000000000001")
        self.assertEqual(unknown.returncode, _FAILED)
        self.assertTrue(unknown.stderr.strip())

    def test_doctor_names_a_remedy(self) -> None:
        fine = self.store.gateway.ctl("doctor", "--state-dir", self.store.gateway.state_directory)
        self.assertEqual(fine.returncode, _DONE, fine.stdout)
        self.store.radio.unplug("hci1")
        self.store.local.kill()

        def complains() -> bool:
            done = self.store.gateway.ctl("doctor", "--state-dir", self.store.gateway.state_directory)
            return done.returncode == _FAILED and "hci1" in done.stdout and "broker" in done.stdout.lower()

        self.wait(complains, 15, "doctor fails and names the receiver and the broker")


class SupportBundleTest(ShopCase):
    def bundle(self, file: Path, *, gateway: Any = None) -> subprocess.CompletedProcess[str]:
        configuration = self.store.gateway.directory / "gateway.json"
        if gateway is None:
            return ctl("--socket", "/nowhere/admin.sock", "support-bundle", "--config", configuration, file)
        return gateway.ctl("support-bundle", file)  # it says itself how it is configured

    def test_it_holds_what_support_needs_and_nobody(self) -> None:
        camille = coat_lover(1)
        secret = self.folder() / "password"
        secret.write_text("hunter2-and-more")
        secret.chmod(0o600)
        self.store = self.shop(
            {**LONG, "central": {"username": "box", "password_file": str(secret)}}, radio=FakeRadio
        )
        self.store.open([camille])
        guest = Visitor(self.store, camille)
        guest.come_in()
        guest.try_on()
        guest.pay(("GATE-COAT-NAVY-42", "249.00"))
        file = self.folder() / "box.tar.gz"
        done = self.bundle(file, gateway=self.store.gateway)
        self.assertEqual(done.returncode, _DONE, done.stderr)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        inside = self.folder()
        with tarfile.open(file) as archive:
            archive.extractall(inside)
        text = {path.name: path.read_text() for path in inside.rglob("*") if path.is_file()}
        self.assertEqual(json.loads(text["status.json"])["store"], "paris-042")
        self.assertGreater(json.loads(text["database.json"])["rows"]["ticket"], 0)
        self.assertIn("touchpoint_", json.loads(text["metrics.json"])["metrics"])
        self.assertEqual(json.loads(text["config.json"])["store"]["id"], "paris-042")
        self.assertIn("facts.db", text["files.txt"])
        self.assertIn("PRETTY_NAME", text["os-release"])
        profile = camille.profile
        wanted = [camille.id, *profile["loyalty"], camille.key.hex(), "hunter2", ENTRANCE_ADDRESS]
        self.assertEqual(list(traces.in_files([word.encode() for word in wanted], inside)), [])
        again = self.bundle(file, gateway=self.store.gateway)
        self.assertEqual(again.returncode, _FAILED, "a file that is there is not written over")

    def test_a_dead_daemon_and_a_name_without_ending(self) -> None:
        self.store = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        self.store.gateway.write_configuration()
        file = self.folder() / "box.zip"
        done = self.bundle(file)
        self.assertEqual(done.returncode, _DONE, done.stderr)
        with zipfile.ZipFile(file) as archive:
            self.assertIn(b"/nowhere/admin.sock", archive.read("touchpoint/status.json"))
            self.assertIn(b"paris-042", archive.read("touchpoint/config.json"))
        plain = self.folder() / "box"
        plain.touch(0o644)
        self.assertEqual(self.bundle(plain).returncode, _DONE, "an empty file loses nothing")
        self.assertEqual(plain.stat().st_mode & 0o777, 0o600)
        self.assertTrue(tarfile.is_tarfile(plain))
        nowhere = self.bundle(self.folder() / "absent" / "box")
        self.assertEqual(nowhere.returncode, _FAILED)
        self.assertIn("No such file", nowhere.stderr)


class ImportTest(ShopCase):
    def setUp(self) -> None:
        self.store = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        self.store.gateway.start()
        self.good = [member(1).profile, member(2).profile]
        self.store.gateway.import_records("profiles", self.good)

    def members(self) -> int:
        return json.loads(self.store.gateway.ctl("status", "--json").stdout)["members"]

    def imported(self, kind: str, lines: list[str]) -> subprocess.CompletedProcess[str]:
        file = self.store.gateway.directory / "import.ndjson"
        file.write_text("\n".join(lines) + "\n")
        return self.store.gateway.ctl("import", kind, file)

    def test_errors_name_line_and_field_and_change_nothing(self) -> None:
        good, bad = json.dumps(self.good[0]), {**self.good[1], "member": "two words"}
        cases = [
            ([good, json.dumps(bad)], "line 2", "/member"),
            ([good, "", good[:-5]], "line 3", ""),
            ([json.dumps({**self.good[0], "keys": [{"eid_key": "00"}]})], "line 1", "/keys/0/eid_key"),
            ([json.dumps({"member": "m-9"})], "line 1", "/consent"),
            (["[]"], "line 1", ""),
        ]
        for lines, *words in cases:
            with self.subTest(words):
                done = self.imported("profiles", lines)
                self.assertEqual(done.returncode, _FAILED)
                for word in words:
                    self.assertIn(word, done.stderr + done.stdout)
                self.assertEqual(self.members(), 2)
        self.assertEqual(self.imported("catalog", ['{"variant": "X"}']).returncode, _FAILED)
        self.assertEqual(
            self.imported("complements", ['{"style": "X", "with": "Y", "score": "high"}']).returncode, _FAILED
        )

    def test_a_missing_file_and_an_empty_one(self) -> None:
        missing = self.store.gateway.ctl("import", "profiles", "/nowhere/members.ndjson")
        self.assertEqual(missing.returncode, _FAILED)
        self.assertIn("/nowhere/members.ndjson", missing.stderr)
        self.assertEqual(self.imported("profiles", []).returncode, _FAILED)
        self.assertEqual(self.members(), 2)

    def test_a_full_replacement_survives_a_crash(self) -> None:
        self.store.gateway.import_records("profiles", [member(n).profile for n in range(10, 1010)])
        self.store.gateway.import_records("catalog", example_catalogue())
        self.store.gateway.import_records("complements", example_complements())
        self.assertEqual(self.members(), 1000)
        self.store.gateway.kill()
        self.store.gateway.start()
        self.wait(lambda: self.members() == 1000, 5, "the new members are there again")

    def test_unknown_fields_stay_out_of_the_database(self) -> None:
        marked = {**self.good[0], "surname": "Nom-De-Famille-X", "address": {"street": "Rue-Inconnue-X"}}
        self.store.gateway.import_records("profiles", [marked])
        self.assertEqual(
            list(traces.in_files([b"Nom-De-Famille-X", b"Rue-Inconnue-X"], self.store.gateway.state_directory)), []
        )

    def test_kill_9_in_the_middle_leaves_all_or_nothing(self) -> None:
        file = write_many_members(self.store.gateway.directory / "many.ndjson", 20_000)
        importing = subprocess.Popen(
            [program_directory() / "touchpointctl", "--socket", self.store.gateway.socket, "import", "profiles", file],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(importing.wait)
        wal = self.store.gateway.state_directory / "cache.db-wal"
        self.wait(
            lambda: (wal.exists() and wal.stat().st_size > 500_000) or importing.poll() is not None, 20, "half-way"
        )
        self.store.gateway.kill()
        self.assertIn(importing.wait(20), (_DONE, _FAILED, _NOT_REACHABLE))
        self.store.gateway.start()
        self.assertIn(self.members(), (2, 20_000))
        self.store.gateway.import_file("profiles", file)
        self.wait(lambda: self.members() == 20_000, 10, "their keys are loaded")


if __name__ == "__main__":
    unittest.main()
