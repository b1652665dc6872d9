"""Where things are: the top level of the tree is a fixed list, and every header opens by saying what it is."""
import re
from typing import Iterator

from tree import Finding, Tree

TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md", "LICENSE", ".ci", ".clang-format",
    ".clang-tidy", ".editorconfig", ".gitignore", "firmware-gateway", "config", "systemd", "src", "tests",
}
ROOMS = {"base", "core", "codec", "ports", "adapters", "runtime", "cli", "tablet", "decisions", "main.cpp",
         "ARCHITECTURE.md"}
TESTS = {"unit", "property", "sim", "replay", "integration", "e2e", "bench", "fuzz", "tidy", "support",
         "CMakeLists.txt", "run", "README.md"}
FOLDERS = {"": TOP_LEVEL, "src/": ROOMS, "tests/": TESTS}

CPP_NAME = r"[a-z0-9]+(_[a-z0-9]+)*\.(cpp|hpp|c|h)"
# C headers of the emulator guard themselves the C way; C++ uses the pragma.
GUARDED = r"(?s).*(^#pragma once$|^#ifndef (\w+)\n#define \2\b)"


def check(tree: Tree) -> Iterator[Finding]:
    for prefix, allowed in FOLDERS.items():
        inside = {path.removeprefix(prefix).split("/")[0]: path for path in tree.select(re.escape(prefix))}
        yield from (Finding(path, 1, f"{prefix}{name} is on no list of {prefix or 'the top level'}")
                    for name, path in sorted(inside.items()) if name not in allowed)
    for path in tree.select(r".*\.(hpp|h|cpp|c)$"):
        yield from of_source(path, tree.text(path))
    for path in tree.paths:
        text = tree.text(path)
        if text and not text.endswith("\n") and not path.endswith((".svg", "/format")):
            yield Finding(path, text.count("\n") + 1, "a file ends with a newline")
        if "\r" in text:
            yield Finding(path, 1, "lines end with a newline alone")


def of_source(path: str, text: str) -> Iterator[Finding]:
    if not re.fullmatch(CPP_NAME, path.rsplit("/", 1)[-1]):
        yield Finding(path, 1, "C++ files have snake_case names")
    if not path.endswith((".hpp", ".h")):
        return
    if not re.match(r"//|/\*", text):
        yield Finding(path, 1, "a header opens with its purpose, its owner thread and what it never does")
    if not re.match(GUARDED, text, re.M):
        yield Finding(path, 1, "a header is included once: #pragma once")
