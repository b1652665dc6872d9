"""A million members: the import, recognition, resident memory and the start. Prints its figures; label `large`."""

from __future__ import annotations

import os
import re
import sys
import time
import unittest
from pathlib import Path

from store.case import LONG, ShopCase
from store.catalogue import member, write_many_members
from store.processes import DeadlineMissed, wait_until
from store.radio import FakeRadio
from store.shop import Shop
from store.visitor import Visitor

_MEMBERS = int(os.environ.get("TOUCHPOINT_MEMBERS", 1_000_000))
_MAX_RSS_MIB = 150
_MAX_START_S = 5.0


def rss_mib(pid: int, field: str = "VmRSS") -> float:
    kib = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kib[1]) / 1024


class MillionTest(ShopCase):
    def test_a_million_members(self) -> None:
        shop = self.shop(LONG, radio=FakeRadio)
        file = write_many_members(shop.gateway.directory / "members.ndjson", _MEMBERS)
        shop.gateway.start()
        begun_s = time.monotonic()
        shop.gateway.import_file("profiles", file)
        self.tell(f"import of {_MEMBERS} members: {time.monotonic() - begun_s:.1f} s")
        file.unlink()
        self.assert_recognises(shop, 1, _MEMBERS // 2, _MEMBERS)
        after_import = self.settled_rss(shop)
        self.tell(
            f"resident after the import: {after_import:.0f} MiB (peak {rss_mib(shop.gateway.process.pid, 'VmHWM'):.0f})"
        )
        self.assertEqual(shop.gateway.stop(), 0)
        begun_s = time.monotonic()
        shop.gateway.start(timeout_s=60)
        start_s = time.monotonic() - begun_s
        self.tell(f"start to readyz: {start_s:.2f} s")
        shop.radio.wait_scanning("hci0")
        self.assert_recognises(shop, 2, _MEMBERS // 3)
        after_start = self.settled_rss(shop)
        self.tell(
            f"resident after a start: {after_start:.0f} MiB (peak {rss_mib(shop.gateway.process.pid, 'VmHWM'):.0f})"
        )
        self.assertLess(start_s, _MAX_START_S)
        self.assertLess(after_start, _MAX_RSS_MIB)
        self.assertLess(after_import, _MAX_RSS_MIB)

    def tell(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    def settled_rss(self, shop: Shop) -> float:
        """What stays when the tables are built and the old generation is gone; the last figure if it stays too much."""
        pid = shop.gateway.process.pid
        try:
            wait_until(lambda: rss_mib(pid) < _MAX_RSS_MIB, 5, "the memory settles", 0.1)
        except DeadlineMissed:
            pass
        return rss_mib(pid)

    def assert_recognises(self, shop: Shop, *numbers: int) -> None:
        for number in numbers:
            guest = Visitor(shop, member(number, ["recognition"]))
            guest.come_in(20)
            guest.leave()


if __name__ == "__main__":
    unittest.main()
