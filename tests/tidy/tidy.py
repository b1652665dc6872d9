#!/usr/bin/python3
"""Checks of the house that need no compiler: `tidy.py CHECK...` prints `file:line: rule`, exits 1 if one is new.

`tidy.py --list` names the checks; each is a module of this folder whose table holds its rules. What was there before
a rule is counted in ratchet.json: a count may only go down, and `tidy.py --tighten CHECK...` takes it down.
"""
import argparse
import collections
import json
import pathlib
import sys

import banned
import formatted
import layers
import limits
import parses
import places
import words
from tree import Finding, Tree

CHECKS = {module.__name__: module.check for module in (layers, limits, banned, words, places, parses, formatted)}
RATCHET = pathlib.Path(__file__).resolve().parent / "ratchet.json"


def by_rule(findings: list[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = collections.defaultdict(list)
    for finding in findings:
        groups[finding.rule].append(finding)
    return groups


def judge(name: str, groups: dict[str, list[Finding]], allowed: dict[str, int]) -> bool:
    """True if no rule has more findings than the ratchet allows; prints what is wrong, or what could be tightened."""
    good = True
    for rule, found in sorted(groups.items()):
        excess = len(found) > allowed.get(rule, 0)
        good = good and not excess
        for finding in found:
            print(f"{finding.path}:{finding.line}: {rule}" + ("" if excess else " (known)"))
        if excess and allowed.get(rule):
            print(f"  {len(found)} findings of this rule, {allowed[rule]} are known: one of them is new")
    for rule, count in allowed.items():
        if len(groups.get(rule, [])) < count:
            print(f"{name}: only {len(groups.get(rule, []))} of {count} left, tighten it: {rule}")
    return good


def tightened(groups: dict[str, list[Finding]], allowed: dict[str, int]) -> dict[str, int]:
    counts = {rule: min(count, len(groups.get(rule, []))) for rule, count in allowed.items()}
    return {rule: count for rule, count in counts.items() if count}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checks", nargs="*", choices=[[], *CHECKS], metavar="CHECK")
    parser.add_argument("--list", action="store_true", help="name the checks")
    parser.add_argument("--tighten", action="store_true", help="take ratchet.json down to what is left")
    args = parser.parse_args()
    if args.list:
        print("\n".join(CHECKS))
        return 0
    tree = Tree()
    ratchet = json.loads(RATCHET.read_text())
    failed = 0
    for name in args.checks or CHECKS:
        groups = by_rule(list(CHECKS[name](tree)))
        if args.tighten:
            ratchet[name] = tightened(groups, ratchet.get(name, {}))
        good = judge(name, groups, ratchet.get(name, {}))
        failed += not good
        print(f"{name}: {'ok' if good else 'FAILED'}")
    if args.tighten:
        kept = {name: allowed for name, allowed in ratchet.items() if allowed}
        RATCHET.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
