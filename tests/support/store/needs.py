"""What some tests need and not every machine gives. A test that cannot run is left out and named: `not run: …`.

It is neither passed nor skipped. Decorate a test or a class with `stock_bluetoothd` or `small_disk`. A file that would
be empty then, or whose every test has a need, is named in tests/integration/CMakeLists.txt, which asks
`python3 -m store.needs NEED`: exit 0, or TEMPORARY_FAILURE and the reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Callable, TypeVar

from .held import Held
from .processes import TEMPORARY_FAILURE, wait_until

_RUN_BLUETOOTHD = Path(__file__).resolve().parents[3] / "firmware-gateway" / "virtual-radio" / "run-bluetoothd"
Test = TypeVar("Test", bound=Callable[..., object])


@lru_cache(maxsize=None)
def _why_no_stock_bluetoothd() -> str:
    if not Path(os.environ.get("BLUETOOTHD", "/usr/libexec/bluetooth/bluetoothd")).exists():
        return "bluetoothd is not installed"
    probe = subprocess.run([_RUN_BLUETOOTHD, "--probe"], capture_output=True, text=True, check=False)
    return probe.stderr.strip() or f"run-bluetoothd exits {probe.returncode}" if probe.returncode else ""


@lru_cache(maxsize=None)
def _why_no_small_disk() -> str:
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        try:
            subprocess.run(mount, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return "no file system can be mounted here"
        subprocess.run(["umount", "-l", folder], check=False)
        return ""


@lru_cache(maxsize=None)
def _why_no_held_thread() -> str:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        try:
            comm = Path(f"/proc/{sleeper.pid}/comm")
            wait_until(lambda: comm.read_text().strip() == "sleep", 5, "it is what it was started as")
            Held(sleeper.pid, "sleep").release()
            return ""
        except OSError as refusal:
            return f"no thread can be held here: {refusal}"
        finally:
            sleeper.kill()


def _left_out_if(why: str, test: Test) -> Test:
    if not why:
        return test
    print(f"not run: {test.__module__}.{test.__qualname__}: {why}", flush=True)
    return None  # type: ignore[return-value]  # unittest loads nothing of that name


def stock_bluetoothd(test: Test) -> Test:
    """bluetoothd as Debian ships it, on virtual controllers, in a mount namespace of its own."""
    return _left_out_if(_why_no_stock_bluetoothd(), test)


def small_disk(test: Test) -> Test:
    """The right to mount a tmpfs."""
    return _left_out_if(_why_no_small_disk(), test)


def _main(need: str) -> int:
    why = {
        "stock_bluetoothd": _why_no_stock_bluetoothd,
        "small_disk": _why_no_small_disk,
        "held_thread": _why_no_held_thread,
    }[need]()
    print(why)
    return TEMPORARY_FAILURE if why else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
