"""What every integration test has in common: a shop of its own and a daemon that must outlive the test."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from . import schemas
from .catalogue import Record
from .gateway import merge_patch
from .processes import wait_until
from .shop import Shop

QUICK: Record = {"presence": {"exit_after_s": 2, "reentry_s": 2, "visit_min_s": 1, "zone_hold_s": 0}}
LONG: Record = {"presence": {"exit_after_s": 120, "visit_min_s": 1, "zone_hold_s": 0}}
_CRASH_WORDS = ("AddressSanitizer", "runtime error:", "terminate called", "Assertion")


class ShopCase(unittest.TestCase):
    """Each `shop()` lives until the end of the test; then its gateway must still stop in order."""

    expects_end = False  # True if the test ends the daemon itself
    foreign_topics: frozenset[str] = frozenset()  # where the test publishes what only the gateway should

    def folder(self) -> Path:
        folder = tempfile.TemporaryDirectory(prefix="touchpoint-it-")
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def shop(self, patch: Record | None = None, **options: Any) -> Shop:
        """`patch` comes over visits that end within seconds; pass LONG for ones that stay open."""
        shop = Shop(self.folder(), patch=merge_patch(QUICK, patch or {}), **options).__enter__()
        self.addCleanup(shop.__exit__)
        self.addCleanup(self._check_gateway, shop)
        return shop

    def _check_gateway(self, shop: Shop) -> None:
        """Runs before the shop closes: a daemon that died on its own or complained of itself fails the test."""
        try:
            process = shop.gateway.process
        except RuntimeError:
            return
        alive, log = process.running, process.log()
        said = [line for line in log.splitlines() if any(word in line for word in _CRASH_WORDS)]
        self.assertFalse(said, "the daemon complained of itself")
        if self._outcome_failed():
            sys.stderr.write(f"--- the gateway's last words\n{log[-2500:]}\n---\n")
        for link in (shop.central.link, shop.tablet.link):
            ours = [message for message in link.messages if message.topic not in self.foreign_topics]
            self.assertEqual(schemas.violations(ours, shop.central.base), set(), "what is sent is what is documented")
        if alive:
            self.assertEqual(shop.gateway.stop(), 0, f"SIGTERM ends the daemon in order:\n{shop.gateway.log()[-1500:]}")
        elif not self.expects_end:
            self.fail(f"the daemon ended with {process.exit_code}:\n{log[-1500:]}")

    def _outcome_failed(self) -> bool:
        outcome = getattr(self, "_outcome", None)
        return bool(outcome and not outcome.success)

    def wait(self, condition: Any, timeout_s: float, what: str) -> Any:
        return wait_until(condition, timeout_s, what)
