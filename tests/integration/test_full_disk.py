"""A full disk under the daemon: an import that does not fit, tickets that cannot be kept; nothing lost, no crash."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from typing import Any

from store.case import ShopCase
from store.catalogue import member, write_many_members
from store.radio import FakeRadio
from store.till import Line

_FAILED = 1


class FullDiskTest(ShopCase):
    """A small tmpfs as state_dir."""

    def setUp(self) -> None:
        self.disk = self.folder()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.disk], capture_output=True, check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        state = self.disk / "state"
        self.store = self.shop({"radio": {"receivers": []}, "state_dir": str(state)}, radio=FakeRadio)
        self.store.gateway.start()
        self.store.gateway.import_records("profiles", [member(1).profile, member(2).profile])

    def test_an_import_that_does_not_fit(self) -> None:
        till = self.store.till
        before = till.hand_in(till.ticket([Line("SCARF", "49.00")])).result["ticket_id"]
        file = write_many_members(self.store.gateway.directory / "many.ndjson", 80_000)
        done = self.store.gateway.ctl("import", "profiles", file)
        self.assertEqual(done.returncode, _FAILED)
        self.assertRegex((done.stdout + done.stderr).lower(), "full|space", "the cause")
        self.assertEqual(self._status()["members"], 2, "what was in force stays")
        self.assertTrue(self.store.gateway.process.running)

        def taken() -> bool:
            return till.post(json.dumps(till.ticket([Line("SCARF", "49.00")])).encode()).status == 202

        self.wait(taken, 20, "tickets are taken again")
        self.store.central.wait_for("ticket.recorded", lambda d: d["ticket_id"] == before)
        self.store.gateway.kill()
        self.store.gateway.start()
        self.assertEqual(self._status()["members"], 2)

    def test_tickets_on_a_full_disk_get_503_and_none_is_lost(self) -> None:
        filler = self.disk / "filler"
        self._fill(filler)
        till = self.store.till
        refused = None
        answers = []
        for _ in range(2000):
            answer = till.post(json.dumps(till.ticket([Line("SCARF", "49.00")])).encode())
            if answer.status != 202:
                refused = answer
                break
            answers.append(answer.result["ticket_id"])
        self.assertIsNotNone(refused, "the disk fills up")
        self.assertEqual(refused.status, 503)
        self.wait(lambda: self.store.gateway.get("/readyz")[0] == 503, 10, "not ready, with the store as a cause")
        self.assertTrue(json.loads(self.store.gateway.get("/readyz")[1])["parts"]["store"]["cause"])
        self.assertEqual(self.store.gateway.get("/healthz")[0], 200)
        os.unlink(filler)
        self.wait(
            lambda: till.post(json.dumps(till.ticket([Line("SCARF", "49.00")])).encode()).status == 202,
            30,
            "writes again",
        )
        self.wait(lambda: self.store.gateway.get("/readyz")[0] == 200, 10, "ready again")
        for ticket in answers:
            self.store.central.wait_for("ticket.recorded", lambda d, t=ticket: d["ticket_id"] == t)
        with self.store.central.link.waiting:
            self.assertEqual(self.store.central.consumer.check_complete(), [])

    def _fill(self, filler: Any) -> None:
        """Takes the last octet of the disk."""
        handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(handle, b"x" * 4096):
                pass
        except OSError:
            pass
        finally:
            os.close(handle)

    def _status(self) -> dict[str, Any]:
        return json.loads(self.store.gateway.ctl("status", "--json").stdout)


if __name__ == "__main__":
    unittest.main()
