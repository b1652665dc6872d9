"""C and C++ look as .clang-format says. clang-format 16 decides; other versions disagree with it in details."""
import re
import shutil
import subprocess
from typing import Iterator

from tree import Finding, ROOT, Tree

PROGRAM = "clang-format-16"
BATCH = 40


def check(tree: Tree) -> Iterator[Finding]:
    if not shutil.which(PROGRAM):
        print(f"formatted: not run: {PROGRAM} is not installed")
        return
    paths = tree.select(r".*\.(cpp|hpp|c|h)$")
    for start in range(0, len(paths), BATCH):
        command = [PROGRAM, "--dry-run", *paths[start:start + BATCH]]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        worst: dict[str, int] = {}
        for match in re.finditer(r"^([^:\n]+):(\d+):\d+: (?:warning|error):", ran.stderr, re.M):
            worst.setdefault(match[1], int(match[2]))
        yield from (Finding(path, line, f"run {PROGRAM} -i on it") for path, line in sorted(worst.items()))
