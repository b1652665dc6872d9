"""The power of a whole machine fails under load. TOUCHPOINT_CUTS says how often, TOUCHPOINT_SEED repeats a run."""

from __future__ import annotations

import os
import random
import sys
import unittest
from functools import partial
from pathlib import Path

from machine import NOT_RUN, Machine, NotRun
from store.campaign import PATCH, Campaign, Pace
from store.case import ShopCase
from store.radio import FakeRadio
from virtual_gateway import VirtualGateway

_CUTS = 2
_PACE = Pace(life_s=4, start_s=15, patience_s=180, walkers=0)


class PowerCutTest(ShopCase):
    expects_end = True

    def test_what_was_answered_arrives_once(self) -> None:
        cuts = int(os.environ.get("TOUCHPOINT_CUTS", _CUTS))
        seed = int(os.environ.get("TOUCHPOINT_SEED", random.SystemRandom().randrange(1 << 30)))
        print(f"TOUCHPOINT_SEED={seed}", file=sys.stderr)
        machine = Machine(Path(os.environ["TOUCHPOINT_MACHINE"]))
        shop = self.shop(PATCH, radio=FakeRadio, gateway=partial(VirtualGateway, machine))
        campaign = Campaign(shop, seed, pace=_PACE)
        self.addCleanup(campaign.stop)
        campaign.run(cuts)
        gateway = shop.gateway
        print(campaign.figures(), f"ready after {max(gateway.ready_s):.2f} s at most", sep="\n", file=sys.stderr)
        self.assertEqual(campaign.complaints(), [], f"seed {seed}")
        self.assertGreater(sum(len(till.answered) for till in campaign.tills), cuts)


if __name__ == "__main__":
    try:
        Machine(Path(os.environ["TOUCHPOINT_MACHINE"]))
    except NotRun as why:
        print(f"not run: {why}")
        sys.exit(NOT_RUN)
    unittest.main()
