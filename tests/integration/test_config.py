"""Configuration files: --check-config, errors with place and remedy, drop-ins, secrets, and SIGHUP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from store.case import LONG, ShopCase
from store.catalogue import coat_lover
from store.gateway import Gateway, merge_patch
from store.processes import Process, wait_until
from store.radio import FakeRadio, program_directory
from store.till import Line
from store.visitor import Visitor

_CONFIG_ERROR = 78


class CheckTest(unittest.TestCase):
    """No daemon runs here: only `touchpointd --check-config`."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="touchpoint-it-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "gateway.json"
        self.good: dict[str, Any] = {
            "store": {"id": "paris-042", "gateway": "gw-1", "timezone": "Europe/Paris", "languages": ["fr", "en"]},
            "zones": [{"id": "entrance", "kind": "entrance"}],
            "central": {"url": "mqtts://cdp.example:8883"},
        }

    def check(self, patch: dict[str, Any] | None = None, text: str | None = None) -> subprocess.CompletedProcess[str]:
        self.file.write_text(text if text is not None else json.dumps(merge_patch(self.good, patch or {})))
        return self.run_daemon("--config", self.file, "--check-config")

    def run_daemon(self, *arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        argv = [program_directory() / "touchpointd", *map(str, arguments)]
        return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, **options)

    def assert_error(self, done: subprocess.CompletedProcess[str], *words: str, file: Path | None = None) -> None:
        self.assertEqual(done.returncode, _CONFIG_ERROR, done.stdout + done.stderr)
        line = next((line for line in done.stdout.splitlines() if all(word in line for word in words)), None)
        self.assertIsNotNone(line, f"{words} not in:\n{done.stdout}")
        self.assertTrue(line.startswith(f"{file or self.file}: /"), line)

    def test_the_effective_configuration(self) -> None:
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout)
        effective = json.loads(done.stdout)
        self.assertEqual(effective["presence"]["exit_after_s"], 60)
        self.assertEqual(effective["store"]["id"], "paris-042")
        self.assertEqual(effective["admin_socket"], "/run/touchpoint/admin.sock")
        self.assertEqual(effective["central"]["client_id"], "paris-042-gw-1")

    def test_every_error_at_once_with_its_place(self) -> None:
        done = self.check(
            {
                "presence": {"exit_after_s": -1, "enter_dbn": -80},
                "zones": [{"id": "a b", "kind": "roof"}],
                "store": {"timezone": "Mars/Olympus"},
            }
        )
        self.assert_error(done, "/presence/exit_after_s")
        self.assert_error(done, "/presence/enter_dbn", "enter_dbm")
        self.assert_error(done, "/zones/0/id")
        self.assert_error(done, "/zones/0/kind", "fitting")
        self.assert_error(done, "/store/timezone")

    def test_wrong_kinds_and_relations(self) -> None:
        two_of_one = [{"id": "a", "kind": "floor"}, {"id": "a", "kind": "floor"}]
        for patch, pointer in (
            ({"store": None}, "/store"),
            ({"store": {"id": "paris 042"}}, "/store/id"),
            ({"central": {"url": "http://x"}}, "/central/url"),
            ({"http": {"listen": "nowhere"}}, "/http/listen"),
            ({"zones": two_of_one}, "/zones/1"),
            ({"radio": {"receivers": [{"id": "hci0", "zone": "cellar"}]}}, "/radio/receivers/0/zone"),
            (
                {"radio": {"receivers": [{"id": "hci0", "adapter": "hci0", "zone": "entrance"}]}},
                "/radio/receivers/0/adapter",
            ),
            ({"suggestions": {"holdout_percent": 101}}, "/suggestions/holdout_percent"),
            ({"central": {"password_file": "/nowhere/secret"}}, "/central/password_file"),
        ):
            with self.subTest(pointer):
                self.assert_error(self.check(patch), pointer)

    def test_broken_files(self) -> None:
        self.assert_error_or_place(self.check(text='{"store": {"id": "x",}'))
        self.assert_error_or_place(self.check(text=""))
        self.assert_error_or_place(self.check(text="[]"))
        missing = self.run_daemon("--config", self.folder / "absent.json", "--check-config")
        self.assertEqual(missing.returncode, _CONFIG_ERROR)
        self.assertIn("absent.json", missing.stdout)
        self.assertEqual(self.run_daemon("--nonsense").returncode, 2)

    def assert_error_or_place(self, done: subprocess.CompletedProcess[str]) -> None:
        self.assertEqual(done.returncode, _CONFIG_ERROR, done.stdout)
        self.assertIn(str(self.file), done.stdout)

    def test_comments_are_allowed(self) -> None:
        text = json.dumps(self.good)
        done = self.check(text="// the shop at the corner\n" + text + " // the end\n")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_drop_ins_in_lexical_order(self) -> None:
        folder = self.folder / "conf.d"
        folder.mkdir()
        (folder / "20-b.json").write_text('{"presence": {"enter_dbm": -70}, "zones": null}')
        (folder / "10-a.json").write_text('{"presence": {"enter_dbm": -60, "exit_after_s": 30}}')
        (folder / "30-c.json.bak").write_text("no JSON and not read")
        (folder / "30-zones.json").write_text('{"zones": [{"id": "street", "kind": "street"}]}')
        effective = json.loads(self.check().stdout)
        self.assertEqual((effective["presence"]["enter_dbm"], effective["presence"]["exit_after_s"]), (-70, 30))
        self.assertEqual([zone["id"] for zone in effective["zones"]], ["street"])
        (folder / "40-bad.json").write_text('{"presence": {"exit_after": 1}}')
        self.assert_error(self.check(), "/presence/exit_after", "exit_after_s", file=folder / "40-bad.json")

    def test_secrets_are_read_but_never_shown(self) -> None:
        secret = self.folder / "password"
        secret.write_text("hunter2-and-more\n")
        secret.chmod(0o600)
        done = self.check({"central": {"username": "box", "password_file": str(secret)}})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("hunter2", done.stdout)

    def test_credentials_directory(self) -> None:
        (self.folder / "till").write_text("a secret of at least sixteen octets\n")
        self.file.write_text(
            json.dumps(merge_patch(self.good, {"pos": {"http": {"keys": [{"id": "k", "secret_file": "till"}]}}}))
        )
        argv = ("--config", self.file, "--check-config")
        found = self.run_daemon(*argv, env={**os.environ, "CREDENTIALS_DIRECTORY": str(self.folder)})
        self.assertEqual(found.returncode, 0, found.stdout)
        self.assertNotEqual(self.run_daemon(*argv).returncode, 0)

    def test_a_daemon_with_errors_does_not_start(self) -> None:
        self.file.write_text(json.dumps({**self.good, "presense": {}}))
        done = self.run_daemon("--config", self.file)
        self.assertEqual(done.returncode, _CONFIG_ERROR)
        self.assertIn("/presense", done.stderr)
        self.assertIn("presence", done.stderr)


class ReloadTest(ShopCase):
    def setUp(self) -> None:
        self.camille = coat_lover(1)
        self.store = self.shop({**LONG, "presence": {**LONG["presence"], "enter_dbm": -40}}, radio=FakeRadio)
        self.store.open([self.camille])
        self.guest = Visitor(self.store, self.camille)

    def reload(self, patch: dict[str, Any]) -> None:
        self.store.gateway.configuration = merge_patch(self.store.gateway.configuration, patch)
        self.store.gateway.reload()

    def test_presence_changes_without_a_restart(self) -> None:
        self.guest.at("entrance")
        before = self.store.gateway.adverts("member")
        self.wait(lambda: self.store.gateway.adverts("member") >= before + 6, 10, "too faint to enter")
        self.assertEqual(self.store.central.events("visit.started"), [])
        self.reload({"presence": {"enter_dbm": -80}})
        self.guest.come_in()
        self.guest.leave()
        self.reload({"presence": {"exit_after_s": 1, "reentry_s": 1}})
        self.guest.wait_ended()

    def test_a_bad_file_is_refused_and_named(self) -> None:
        pid = self.store.gateway.process.pid
        self.reload({"presence": {"enter_dbm": -80, "enter_adverst": 3}})
        self.wait(lambda: "enter_adverst" in self.store.gateway.log(), 5, "the log names the unknown key")
        before = self.store.gateway.adverts("member")
        self.guest.at("entrance")
        self.wait(lambda: self.store.gateway.adverts("member") >= before + 6, 10, "the old enter_dbm still holds")
        self.assertEqual(self.store.central.events("visit.started"), [])
        (self.store.gateway.directory / "gateway.json").write_text("{")
        said = len(self.store.gateway.log())
        self.store.gateway.process.signal(signal.SIGHUP)
        self.wait(lambda: len(self.store.gateway.log()) > said, 5, "the log tells of the broken file")
        self.assertEqual((self.store.gateway.process.running, self.store.gateway.process.pid), (True, pid))
        self.assertEqual(self.store.gateway.get("/readyz")[0], 200)

    def test_new_zones(self) -> None:
        """The receivers of a zone that goes would stand nowhere: refused. A new till zone is taken."""
        zones = self.store.gateway.configuration["zones"]
        self.reload({"zones": [{"id": "floor", "kind": "floor"}]})
        self.wait(
            lambda: "/radio/receivers" in self.store.gateway.log(), 5, "the log names the receiver without a zone"
        )
        self.reload(
            {
                "zones": [*zones, {"id": "till-2", "kind": "till", "workstations": ["POS2"]}],
                "presence": {"enter_dbm": -80},
            }
        )
        self.guest.come_in()


class PatchTest(ShopCase):
    """Central changes the configuration from afar, by its command `config`."""

    expects_end = True

    def setUp(self) -> None:
        self.camille = coat_lover(1)
        self.store = self.shop({**LONG, "presence": {**LONG["presence"], "enter_dbm": -40}}, radio=FakeRadio)
        self.store.open([self.camille])
        self.stored = self.store.gateway.state_directory / "config.patch.json"

    def patch(self, patch: Any) -> dict[str, Any]:
        return self.store.central.command("config", {"patch": patch})

    def effective(self) -> dict[str, Any]:
        argv = [program_directory() / "touchpointd", "--config", self.store.gateway.directory / "gateway.json"]
        done = subprocess.run([*argv, "--check-config"], capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return dict(json.loads(done.stdout))

    def test_it_is_in_force_at_once_and_outlives_the_daemon(self) -> None:
        self.assertEqual(self.patch({"presence": {"enter_dbm": -80}})["status"], "applied")
        Visitor(self.store, self.camille).come_in()
        self.assertEqual(self.patch({"suggestions": {"expire_s": 600}})["status"], "applied")
        self.store.gateway.kill()
        effective = self.effective()
        self.assertEqual((effective["presence"]["enter_dbm"], effective["suggestions"]["expire_s"]), (-80, 600))
        self.store.gateway.start()
        self.store.gateway.reload()
        Visitor(self.store, self.camille).two_adverts()
        self.assertEqual(self.store.gateway.ctl("audit", "verify").returncode, 0)

    def test_what_is_refused_names_the_place_and_leaves_no_trace(self) -> None:
        for patch, place in (
            ({"presence": {"enter_dbm": "loud"}}, "/presence/enter_dbm"),
            ({"presence": {"enter_dbn": -80}}, "/presence/enter_dbn"),
            ({"central": {"url": "mqtts://evil.example:8883"}}, "/central"),
            ({"zones": [{"id": "floor", "kind": "floor"}]}, "/radio/receivers"),
            ([], "/patch"),
        ):
            with self.subTest(patch=patch):
                ack = self.patch(patch)
                self.assertEqual(ack["status"], "rejected")
                self.assertIn(place, ack["reason"])
                self.assertNotIn("evil", ack["reason"])
        self.assertFalse(self.stored.exists())
        self.assertEqual(self.effective()["presence"]["enter_dbm"], -40)

    def test_a_repeated_command_is_known(self) -> None:
        payload = {"command_id": "config-7", "patch": {"presence": {"enter_dbm": -70}}}
        self.assertEqual(self.store.central.command("config", payload)["status"], "applied")
        self.patch({"presence": {"enter_dbm": -60}})
        acks = self.store.central.acknowledgements
        before = len(acks)
        self.store.central.send_command("config", payload)
        self.store.central.link.wait_for(lambda: len(acks) > before, 5, "the repeated one is answered")
        self.assertEqual((acks[-1]["command_id"], acks[-1]["status"]), ("config-7", "duplicate"))
        self.assertEqual(self.effective()["presence"]["enter_dbm"], -60)

    def test_what_could_not_be_written_may_come_again(self) -> None:
        blocker = self.stored.with_name("config.patch.json.new")
        blocker.mkdir()
        payload = {"command_id": "config-8", "patch": {"presence": {"enter_dbm": -70}}}
        refused = self.store.central.command("config", payload)
        self.assertEqual(refused["status"], "rejected")
        self.assertIn("cannot be written", refused["reason"])
        blocker.rmdir()
        acks = self.store.central.acknowledgements
        before = len(acks)
        self.store.central.send_command("config", payload)
        self.store.central.link.wait_for(lambda: len(acks) > before, 5, "the repeated one is answered")
        self.assertEqual(acks[-1]["status"], "applied")

    def test_a_stored_patch_that_does_not_fit_any_more_does_not_stop_the_shop(self) -> None:
        self.assertEqual(self.patch({"presence": {"enter_dbm": -80}})["status"], "applied")
        self.store.gateway.kill()
        self.stored.write_text('{"presence": {"enter_dbm": 80}}')
        self.store.gateway.start()
        status = json.loads(self.store.gateway.ctl("status", "--json").stdout)
        self.assertIn("what central changed of the configuration is not in force", status["last_error"])
        self.assertIn("/presence/enter_dbm", self.store.gateway.log())
        self.assertEqual(self.patch({"presence": {"enter_dbm": -75}})["status"], "applied")
        self.assertEqual(self.effective()["presence"]["enter_dbm"], -75)
        aside = list(self.stored.parent.glob("config.patch.json.corrupt-*"))
        self.assertEqual([path.read_text() for path in aside], ['{"presence": {"enter_dbm": 80}}'])


class StartTest(ShopCase):
    expects_end = True

    def test_a_port_that_is_taken_ends_the_start_with_its_name(self) -> None:
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        shop.gateway.configuration["http"]["listen"] = f"127.0.0.1:{shop.wan.port}"
        shop.gateway.start(ready=False)
        self.assertNotEqual(shop.gateway.process.wait(10), 0)
        self.assertIn(str(shop.wan.port), shop.gateway.log())

    def test_a_state_directory_that_is_a_file(self) -> None:
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        place = shop.gateway.directory / "taken"
        place.write_text("")
        shop.gateway.write_configuration()
        shop.gateway.configuration["state_dir"] = str(place / "state")
        file = shop.gateway.directory / "gateway.json"
        file.write_text(json.dumps(shop.gateway.configuration))
        process = Process("waiting", [program_directory() / "touchpointd", "--config", file], shop.gateway.directory)
        self.addCleanup(process.stop)
        self._waits(process, shop.gateway, "taken")

    def test_a_second_daemon_on_the_same_state(self) -> None:
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        shop.gateway.start()
        second = Gateway(shop.directory, shop.bus, shop.local, shop.wan, {"radio": None}, "second")
        second.configuration["state_dir"] = shop.gateway.configuration["state_dir"]
        second.start(ready=False)
        self.addCleanup(second.stop)
        self._waits(second.process, second, "facts.db")
        self.assertEqual(shop.gateway.get("/readyz")[0], 200)

    def _waits(self, process: Process, doors: Gateway, cause: str) -> None:
        """It says why on the log and at the door, and ends in order when it is told to."""
        wait_until(lambda: "waiting until it can be opened" in process.log(), 20, "it waits")
        self.assertIn(cause, process.log())
        status, body = wait_until(lambda: doors.get("/readyz")[0] and doors.get("/readyz"), 20, "the door answers")
        self.assertEqual(status, 503)
        self.assertIn(cause, body)
        process.signal(signal.SIGHUP)
        wait_until(lambda: doors.get("/readyz")[0] == 503, 5, "a reload does not end it")
        self.assertEqual(process.stop(), 0)


if __name__ == "__main__":
    unittest.main()
