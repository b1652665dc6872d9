"""The demo store: an emulated store around the real gateway, told in plain words. Started by firmware-gateway/demo."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "support"))

import day  # noqa: E402  (the path above must come first)
import own_bluetooth  # noqa: E402
import story  # noqa: E402
from narrator import Narrator  # noqa: E402


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--adapter", metavar="hciN")
    parser.add_argument("--screenshot", metavar="FILE", type=Path)
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both ways to stop close the store in order
    narrator = Narrator(sys.stdout)
    try:
        with tempfile.TemporaryDirectory(prefix="touchpoint-demo-") as folder:
            if arguments.once:
                return story.play(Path(folder), narrator, arguments.screenshot)
            if arguments.adapter:
                return own_bluetooth.watch(Path(folder), narrator, arguments.adapter, arguments.screenshot)
            return day.play(Path(folder), narrator, arguments.screenshot)
    except KeyboardInterrupt:
        narrator.say("store", "closed; nothing is left running")
        return 0


if __name__ == "__main__":
    sys.exit(main())
