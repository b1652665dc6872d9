"""The facts file belongs to somebody else, as after a restored backup: the daemon waits and says so, and goes on."""

from __future__ import annotations

import json
import os
import unittest
from pathlib import Path

from store.case import ShopCase
from store.radio import FakeRadio
from store.till import Line

_NOBODY = 65534


class ForeignOwnerTest(ShopCase):
    expects_end = True

    def setUp(self) -> None:
        self.store = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        self.gateway = self.store.gateway
        self.gateway.write_configuration()
        if os.geteuid() == 0:  # whom no permission stops
            self.gateway.wrapper = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
            folder = self.gateway.directory
            for path in (folder.parent, folder, *folder.rglob("*")):
                self.give(path, _NOBODY)

    def give(self, path: Path, owner: int) -> None:
        os.chown(path, owner, owner)

    def take_away(self, path: Path) -> None:
        if os.geteuid() == 0:
            self.give(path, 0)
        path.chmod(0o600 if os.geteuid() == 0 else 0)

    def give_back(self, path: Path) -> None:
        path.chmod(0o600)
        if os.geteuid() == 0:
            self.give(path, _NOBODY)

    def sell(self) -> int:
        return self.store.till.post(json.dumps(self.store.till.ticket([Line("SCARF", "49.00")])).encode()).status

    def test_it_waits_and_says_so_and_goes_on_when_it_may(self) -> None:
        self.gateway.start()
        self.assertEqual(self.sell(), 202)
        self.gateway.stop()
        for name in ("facts.db", "cache.db"):
            with self.subTest(name):
                path = self.gateway.state_directory / name
                before = path.read_bytes()
                self.take_away(path)
                self.gateway.start(ready=False)
                self.wait(lambda: self.gateway.get("/readyz")[0] == 503, 10, "not ready")
                cause = json.loads(self.gateway.get("/readyz")[1])["parts"]["store"]["cause"]
                self.assertIn(name, cause)
                self.assertEqual(self.sell(), 503)
                self.assertEqual(path.read_bytes(), before, "nothing is set aside, nothing begun anew")
                self.give_back(path)
                self.wait(lambda: self.gateway.get("/readyz")[0] == 200, 20, "ready when it may")
                self.assertEqual(self.sell(), 202)
                self.gateway.stop()
        self.assertFalse(list(self.gateway.state_directory.glob("*.corrupt-*")))


if __name__ == "__main__":
    unittest.main()
