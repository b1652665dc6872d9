#!/usr/bin/python3
"""clang-tidy 16 over src/: names as .clang-tidy has them, and values used after they were moved or freed.

`lint.py BUILD_DIR` needs its compile_commands.json. Parsing is what costs (2-10 s of CPU a file), so a file that
passed is not parsed again until it, a header of ours that it sees, its flags or .clang-tidy change; what is known is
kept in BUILD_DIR/lint.json. The full list of .clang-tidy is for an editor: it takes several times as long.
"""
import concurrent.futures
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

from layers import INCLUDE
from tree import ROOT, Tree

PROGRAM = "clang-tidy-16"
CHECKS = "-*,readability-identifier-naming,bugprone-use-after-move,bugprone-dangling-handle"
AT_ONCE = 2


def closure(tree: Tree, path: str, seen: set[str]) -> set[str]:
    """`path` and every file below src/ that it includes, directly or not."""
    if path not in seen and (ROOT / path).is_file():
        seen.add(path)
        for match in INCLUDE.finditer(tree.code(path)):
            closure(tree, f"src/{match[1]}", seen)
    return seen


def fingerprint(tree: Tree, path: str, command: str) -> str:
    parts = [CHECKS, command, tree.text(".clang-tidy")]
    parts += [tree.text(file) for file in sorted(closure(tree, path, set()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def lint(build: str, path: str) -> list[str]:
    command = [PROGRAM, "-p", build, "--quiet", f"--checks={CHECKS}", path]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = re.findall(r"^(?:\S*?/)?((?:src|tests)/\S+?:\d+):\d+: (?:error|warning): (.*)$", ran.stdout, re.M)
    lines = [f"{place}: {what.replace(',-warnings-as-errors', '')}" for place, what in found]
    return lines or ([f"{path}:1: {PROGRAM} failed: {ran.stderr.strip()[-300:]}"] if ran.returncode else [])


def main() -> int:
    build = pathlib.Path(sys.argv[1])
    if not shutil.which(PROGRAM):
        print(f"lint: not run: {PROGRAM} is not installed")
        return 0
    tree = Tree()
    source = f"{ROOT}/"
    commands = {entry["file"].removeprefix(source): entry["command"]
                for entry in json.loads((build / "compile_commands.json").read_text())}
    sources = [path for path in tree.select(r"src/.*\.cpp$") if path in commands]
    wanted = {path: fingerprint(tree, path, commands[path]) for path in sources}
    cache = build / "lint.json"
    passed = set(json.loads(cache.read_text())) if cache.is_file() else set()
    todo = [path for path, mark in wanted.items() if mark not in passed]
    passed &= set(wanted.values())
    found: set[str] = set()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for path, lines in zip(todo, pool.map(lambda path: lint(str(build), path), todo)):
            found.update(lines)
            if not lines:
                passed.add(wanted[path])
                cache.write_text(json.dumps(sorted(passed)))
    print("\n".join([*sorted(found), f"lint: {len(wanted)} files, {len(todo)} parsed now, {len(found)} findings"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
