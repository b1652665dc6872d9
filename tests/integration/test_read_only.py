"""The disk turns read-only under the daemon and comes back: refusals meanwhile, nothing lost, no end in circles."""

from __future__ import annotations

import json
import unittest
from http.client import HTTPException
from pathlib import Path

from store.case import ShopCase
from store.radio import FakeRadio, program_directory
from store.till import Answer, Line


class ReadOnlyTest(ShopCase):
    def setUp(self) -> None:
        self.switch: Path = self.folder() / "read-only"
        self.store = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        self.gateway = self.store.gateway
        self.gateway.environment = {
            "LD_PRELOAD": str(program_directory() / "read-only-disk.so"),
            "READ_ONLY_WHEN": str(self.switch),
            "READ_ONLY_BELOW": str(self.gateway.state_directory),
        }
        self.taken: set[str] = set()

    def sell(self) -> Answer | None:
        till = self.store.till
        try:
            answer = till.post(json.dumps(till.ticket([Line("SCARF", "49.00")])).encode(), timeout_s=2)
        except (OSError, HTTPException):
            return None
        if answer.status == 202:
            self.taken.add(answer.result["ticket_id"])
        return answer

    def store_part(self) -> tuple[int, str]:
        code, page = self.gateway.get("/readyz")
        return code, (json.loads(page)["parts"]["store"]["cause"] or "") if page else ""

    def assert_takes_tickets_again(self) -> None:
        self.wait(lambda: (answer := self.sell()) and answer.status == 202, 20, "tickets are taken again")
        self.wait(lambda: self.store_part() == (200, ""), 20, "ready again")
        for ticket in self.taken:
            self.store.central.wait_for("ticket.recorded", lambda d, t=ticket: d["ticket_id"] == t)
        self.store.central.assert_promises_kept()

    def test_a_disk_that_turns_read_only_and_back(self) -> None:
        self.gateway.start()
        for _ in range(5):
            self.assertEqual(self.sell().status, 202)
        self.switch.touch()
        self.wait(lambda: (answer := self.sell()) and answer.status == 503, 10, "tills are refused")
        self.wait(lambda: self.store_part()[0] == 503 and self.store_part()[1], 10, "not ready, with a cause")
        self.assertEqual(self.gateway.get("/healthz")[0], 200)
        self.assertIn("facts", json.loads(self.gateway.ctl("status", "--json").stdout)["last_error"])
        self.switch.unlink()
        self.assert_takes_tickets_again()
        self.assertTrue(self.gateway.process.running, "one process all the time")

    def test_a_start_on_a_read_only_disk_waits_for_it(self) -> None:
        self.gateway.start()
        self.assertEqual(self.sell().status, 202)
        self.gateway.kill()
        self.switch.touch()
        before = {path: path.read_bytes() for path in self.gateway.state_directory.iterdir()}
        self.gateway.start(ready=False)
        self.wait(lambda: self.store_part()[0] == 503, 10, "not ready")
        self.assertIn("Read-only file system", self.store_part()[1])
        self.assertEqual(self.sell().status, 503)
        self.assertEqual(self.gateway.get("/healthz")[0], 200)
        self.assertEqual({path: path.read_bytes() for path in self.gateway.state_directory.iterdir()}, before)
        self.switch.unlink()
        self.assert_takes_tickets_again()
        self.assertTrue(self.gateway.process.running, "one process all the time")

    def test_it_ends_in_order_while_it_waits(self) -> None:
        self.switch.touch()
        self.gateway.start(ready=False)
        self.wait(lambda: self.store_part()[0] == 503, 10, "not ready")
        self.assertEqual(self.gateway.stop(), 0)

    expects_end = True


if __name__ == "__main__":
    unittest.main()
