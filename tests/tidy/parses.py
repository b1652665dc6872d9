"""What no compiler reads is read here: shell scripts, JSON, YAML, Python, and the published schemas."""
import json
import re
import shutil
import subprocess
import sys
from typing import Iterator

from tree import Finding, ROOT, Tree

SHELL = re.compile(r"#!\s*(?:/usr)?/bin/(?:env )?(?:ba|da)?sh\b")
# JSON with // comments, as the daemon reads its configuration.
WITH_COMMENTS = r"config/.*example.*\.json$|src/tablet/tsconfig.*\.json$"
COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*')


def check(tree: Tree) -> Iterator[Finding]:
    scripts = [path for path in tree.paths if SHELL.match(tree.text(path))]
    for path in scripts:
        yield from said(["bash", "-n", path], r":(?: line)? (\d+): (.*)")
    if not shutil.which("shellcheck"):
        print("parses: not run: shellcheck is not installed")
    elif scripts:
        yield from said(["shellcheck", "-x", "-f", "gcc", *scripts], r":(\d+):\d+: (.*)")
    for path in tree.select(r".*\.json$"):
        yield from of_json(path, tree.text(path))
    for path in tree.select(r".*\.ya?ml$"):
        yield from of_yaml(path, tree.text(path))
    for path in tree.paths:
        if path.endswith(".py") or tree.text(path).startswith("#!/usr/bin/python3"):
            yield from of_python(path, tree.text(path))
    for path in tree.select(r".*package-lock\.json$"):
        yield from unlocked(path, tree.text(path))
    yield from schemas()


def of_json(path: str, text: str) -> Iterator[Finding]:
    if re.match(WITH_COMMENTS, path):
        text = COMMENT.sub(lambda match: match[1] or "", text)
    try:
        json.loads(text, object_pairs_hook=no_key_twice)
    except ValueError as trouble:
        yield Finding(path, getattr(trouble, "lineno", 1), f"JSON: {trouble}")


def no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"key twice: {', '.join(sorted(twice))}")
    return dict(pairs)


def unlocked(path: str, text: str) -> Iterator[Finding]:
    """npm refuses a lock file that names an optional package without an entry for it, on every platform."""
    packages = json.loads(text)["packages"]
    locked = {place.rpartition("node_modules/")[2] for place in packages}
    for place, package in packages.items():
        for name in sorted(set(package.get("optionalDependencies", {})) - locked):
            yield Finding(path, 1, f"{place or 'the page'} may use {name}, which is not locked")


def of_yaml(path: str, text: str) -> Iterator[Finding]:
    try:
        import yaml
    except ImportError:
        print("parses: YAML not run: python3-yaml is not installed")
        return
    try:
        list(yaml.compose_all(text, Loader=yaml.SafeLoader))  # not constructed: tags such as !secret are their reader's
    except yaml.YAMLError as trouble:
        mark = getattr(trouble, "problem_mark", None)
        yield Finding(path, mark.line + 1 if mark else 1, f"YAML: {getattr(trouble, 'problem', trouble)}")


def of_python(path: str, text: str) -> Iterator[Finding]:
    try:
        compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as trouble:
        yield Finding(path, trouble.lineno or 1, f"Python: {trouble.msg}")


def schemas() -> Iterator[Finding]:
    """Examples, refusals and asyncapi.yaml agree with the schemas; config/schemas/check.py tells how many."""
    ran = subprocess.run([sys.executable, "config/schemas/check.py"], cwd=ROOT, capture_output=True, text=True)
    if ran.returncode != 0:
        print(ran.stdout + ran.stderr)
        yield Finding("config/schemas/check.py", 1, "the published schemas contradict themselves")


def said(command: list[str], pattern: str) -> Iterator[Finding]:
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    for line in (ran.stdout + ran.stderr).splitlines():
        match = re.search(pattern, line)
        if match:
            path = line.split(":", 1)[0]
            yield Finding(path, int(match[1]), f"{command[0]}: {match[2]}")
    if ran.returncode != 0 and not ran.stdout + ran.stderr:
        yield Finding(command[-1], 1, f"{command[0]} failed")
