"""Words that do not belong into a product: places on somebody's machine, how it was written, and real people."""
import re
from typing import Iterator, NamedTuple

from tree import Finding, Tree, line_of

ANYWHERE = r"(?!tests/tidy/(words|test_tidy)\.py|LICENSE$).*"


class Rule(NamedTuple):
    pattern: str
    why: str
    but: str = r"(?!)"  # text around the match that makes it legitimate: the line must match this
    where: str = ANYWHERE


# Addresses that name no device: the vendor's example prefix of the emulated controllers, and patterns.
EXAMPLE_BLUETOOTH = r"(?:00:1A:7D:DA:71|AA:BB:CC:DD:EE):[0-9A-F]{2}|(?:FF:){5}FF|(?:00:){5}00"
# RFC 5737, loopback, any.
EXAMPLE_IPV4 = r"127\.|0\.0\.0\.0|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|169\.254\.|224\.|255\.255\."

RULES = [
    # Places.
    Rule(r"(?<![\w.])/(?:work|tmp|var/tmp)/[\w.-]+|(?<![\w/.])/(?:home|Users)/[a-z]\w*/|(?<![\w/.])/root/\w",
         "a path of one machine"),
    Rule(r"\bregistry\.(?:npmjs\.org|yarnpkg\.com)|\bnpmmirror\.com|\b(?:deb|security|ftp\.\w+)\.debian\.org"
         r"|\bpypi\.org|files\.pythonhosted\.org|\bcrates\.io|\bproxy\.golang\.org|\bartifactory\b",
         "a host of a package registry"),

    # How it was made.
    Rule(r"(?i)\b(?:openai|anthropic|claude|chatgpt|copilot|gpt-\d|llms?|language model)\b", "how it was written"),
    Rule(r"\bAI\b", "how it was written"),
    Rule(r"(?i)\b(?:ai|coding|sub)[- ]?(?:assistant|agent|helper)s?\b|\bhelper (?:agent|session)s?\b",
         "how it was written"),
    Rule(r"(?i)\bagents?\b", "how it was written", r"(?i)user[- ]agent|agentmanager|agent1\b|NoInputNoOutput"),
    Rule(r"(?i)\b(?:in|during|by|from) (?:this|an?|the|our) session\b|\b(?:previous|earlier|last) session\b",
         "how it was written", r"(?i)mqtt|broker|client|connection|d-?bus|browser"),
    Rule(r"(?i)\bissue\s*#?\d+\b|(?:^|[\s(])(?:fixes|closes|see) #\d+",
         "the tracker's numbers mean nothing to a reader"),
    Rule(r"(?:^|[\s(`\"'])(?:\.\./)*shared/|\bfacts/[a-z-]+\.md|(?<!ARCHITECTURE/)\barchitecture\.md\b|\bcontract\.md\b"
         r"|\broadmap\.md\b", "a document that is not here"),

    # People.
    Rule(r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b", "an address that may be somebody's: use an example one",
         EXAMPLE_BLUETOOTH),
    Rule(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", "a mail address",
         r"(?i)@[\w.-]*\b(?:example|invalid|test|localhost)\b|@[\w-]+\.service|getty@|@\w+\.(?:skip|only)|"
         r"\"resolved\"|@types/", r"(?!tests/tidy/|LICENSE$|src/tablet/package-lock\.json$|.*\.(?:py|tsx?)$).*"),
    Rule(r"(?<![\w.])\+33[ .]?[1-9](?:[ .]?\d\d){4}\b|(?<![\w.-])0[67](?:[ .]?\d\d){4}(?![\w.])", "a telephone number",
         where=r"(?!tests/tidy/|.*\.svg$|src/tablet/package-lock\.json$).*"),
    Rule(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])", "an address of somebody's network", EXAMPLE_IPV4,
         r"(?!tests/tidy/|.*\.svg$|src/tablet/package-lock\.json$).*"),
]


def check(tree: Tree) -> Iterator[Finding]:
    for rule in RULES:
        for path in tree.select(rule.where):
            text = tree.text(path)
            for match in re.finditer(rule.pattern, text, re.M):
                if not legitimate(rule, text, match):
                    yield Finding(path, line_of(text, match.start()), f"{match[0].strip()!r}: {rule.why}")


def legitimate(rule: Rule, text: str, match: re.Match[str]) -> bool:
    """The exception is looked for in the match itself first, then on its line; an address must be an example itself."""
    if rule.but in (EXAMPLE_BLUETOOTH, EXAMPLE_IPV4):
        return re.match(rule.but, match[0], re.I) is not None
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    return re.search(rule.but, text[start:end if end >= 0 else None]) is not None
