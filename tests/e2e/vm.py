#!/usr/bin/python3
"""Runs a program in a virtual machine (machine.py): kernel Bluetooth on a machine that has none.

    vm.py FOLDER PROGRAM [ARGUMENT...]

Passes on what PROGRAM printed and exits with its exit code. FOLDER keeps the kernel for the next time. Prints
"not run: WHY" and exits 77 where this cannot be done.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Sequence

from machine import NOT_RUN, Machine, NotRun

_BOOT_AND_RUN_S = 500
_PASSED_ON = ("TOUCHPOINT_BIN", "PYTHONPATH")


def run(folder: Path, program: Sequence[str]) -> int:
    """Boots, runs, prints; returns the program's exit code."""
    machine = Machine(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="share-") as work:
        share = Path(work)
        variables = [f"{name}={shlex.quote(os.environ[name])}" for name in _PASSED_ON if name in os.environ]
        command = f"exec env {' '.join(variables)} {shlex.join(program)}"
        machine.prepare(share, f"cd {shlex.quote(os.getcwd())} && {command}\n")
        subprocess.run(machine.command(share), check=True, timeout=_BOOT_AND_RUN_S)
        if not (share / "exit-code").exists():
            print((share / "console").read_text(errors="replace")[-4000:], "the virtual machine ended early", sep="\n")
            return 1
        print((share / "output").read_text(errors="replace"), end="")
        return int((share / "exit-code").read_text())


if __name__ == "__main__":
    try:
        sys.exit(run(Path(sys.argv[1]).resolve(), sys.argv[2:]))
    except NotRun as why:
        print(f"not run: {why}")
        sys.exit(NOT_RUN)
