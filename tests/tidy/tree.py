"""The source tree as the checks see it: its files, and C++ without comments and literals."""
import functools
import pathlib
import re
import subprocess
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
_GENERATED = {".git", "build", "node_modules", "__pycache__", "dist", ".cache"}


class Finding(NamedTuple):
    path: str
    line: int
    rule: str


class Tree:
    """Files by their path below the root. `files` replaces the tree on disk, for tests of the checks."""

    def __init__(self, files: dict[str, str] | None = None):
        self._given = files
        self.root = ROOT
        self.paths = sorted(files) if files is not None else _tracked()

    def select(self, *patterns: str) -> list[str]:
        """The paths that match one of `patterns` (regular expressions, from the start)."""
        return [path for path in self.paths if any(re.match(pattern, path) for pattern in patterns)]

    @functools.lru_cache(maxsize=None)
    def text(self, path: str) -> str:
        """The whole file; "" if it is not text."""
        if self._given is not None:
            return self._given[path]
        try:
            return (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""

    @functools.lru_cache(maxsize=None)
    def code(self, path: str) -> str:
        """C++ with comments and literals blanked out; lines and columns stay where they were."""
        return blank_literals(self.text(path))


def _tracked() -> list[str]:
    """What belongs to the project: git's view of it, or the folder when it is no checkout (a source package)."""
    ask = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "--cached", "--others",
           "--exclude-standard", "-z"]
    listed = subprocess.run(ask, capture_output=True, text=True) if (ROOT / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        return sorted({path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()})
    found = (path for path in ROOT.rglob("*") if path.is_file())
    relative = (path.relative_to(ROOT) for path in found)
    return sorted(path.as_posix() for path in relative if not _GENERATED & set(path.parts))


_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)" | "(?:\\.|[^"\\\n])*"
      | (?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.S | re.X)
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include.*$", re.M)


def blank_literals(text: str) -> str:
    kept = [match.span() for match in _INCLUDE.finditer(text)]

    def blank(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in kept) and match[0].startswith('"'):
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])

    return _TOKEN.sub(blank, text)


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
