#!/usr/bin/python3
"""A long campaign: kill -9 at random instants under load while both links are cut every few seconds.

`tests/bench/kill_campaign.py [KILLS] [SEED] [WAITING]` (1,000; a random seed, also for `-`; 0). With WAITING so many
events wait all the while, because the WAN swallows everything until the end. TOUCHPOINT_BIN names another build than
build/release/bin. Exits 1 with what central was promised and did not get. About a second a kill.
"""

from __future__ import annotations

import os
import pathlib
import random
import sys
import tempfile
import time

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT / "tests" / "support"))
os.environ.setdefault("TOUCHPOINT_BIN", str(_ROOT / "build" / "release" / "bin"))

from store.campaign import PATCH, Campaign  # noqa: E402
from store.radio import FakeRadio  # noqa: E402
from store.shop import Shop  # noqa: E402

_TOLD_EACH = 50


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    chosen = sys.argv[2] if len(sys.argv) > 2 else "-"
    seed = random.SystemRandom().randrange(1 << 30) if chosen == "-" else int(chosen)
    waiting = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    print(f"seed {seed}", flush=True)
    started = time.monotonic()

    def progress(done: int) -> None:
        if done % _TOLD_EACH == 0:
            print(f"{done} kills after {time.monotonic() - started:.0f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder, Shop(pathlib.Path(folder), patch=PATCH, radio=FakeRadio) as shop:
        campaign = Campaign(shop, seed, waiting)
        try:
            campaign.run(kills, progress)
            complaints = campaign.complaints()
        finally:
            campaign.stop()
        print(campaign.figures())
    print("\n".join(complaints) or "nothing lost, nothing doubled, order kept, gaps explained")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
