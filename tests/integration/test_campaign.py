"""The campaign of tests/bench/kill_campaign.py, in short. The seed is printed; TOUCHPOINT_SEED repeats a run."""

from __future__ import annotations

import os
import random
import sys
import unittest

from store.campaign import PATCH, Campaign
from store.case import ShopCase
from store.radio import FakeRadio

_KILLS = 10
_START_S = 3.0


class CampaignTest(ShopCase):
    def test_what_was_fed_is_what_central_received(self) -> None:
        seed = int(os.environ.get("TOUCHPOINT_SEED", random.SystemRandom().randrange(1 << 30)))
        print(f"TOUCHPOINT_SEED={seed}", file=sys.stderr)
        campaign = Campaign(self.shop(PATCH, radio=FakeRadio), seed)
        self.addCleanup(campaign.stop)
        campaign.run(_KILLS)
        print(campaign.figures(), file=sys.stderr)
        self.assertEqual(campaign.complaints(), [], f"seed {seed}")
        self.assertLess(max(campaign.starts_s), _START_S)
        self.assertGreater(campaign.line.faults, 1)


if __name__ == "__main__":
    unittest.main()
