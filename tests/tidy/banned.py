"""Calls and habits that the house does without. Every rule names its reason; every exception too."""
import re
from typing import Iterator, NamedTuple

from tree import Finding, Tree, line_of

CODE = "code"  # without comments and literals
TEXT = "text"  # the file as it is

CPP = r"(src|tests)/.*\.[ch]pp$"
C_AND_CPP = r"(src|tests|firmware-gateway)/.*\.([ch]pp|[ch])$"
SRC = r"src/.*\.[ch]pp$"
CORE = r"src/core/.*\.[ch]pp$"
TESTS = r"tests/(?!tidy/).*\.([ch]pp|py)$"
PYTHON = r".*\.py$"
PAGE = r"src/tablet/(src|test)/.*\.tsx?$"
HEADERS = r"(src|tests)/.*\.hpp$"


class Rule(NamedTuple):
    where: str
    what: str
    pattern: str
    why: str
    but: dict[str, str] = {}  # path -> why it may


RULES = [
    # The mind is pure: time, chance and the world come in as events.
    Rule(CORE, CODE, r"_clock\b|\b(?:clock_gettime|gettimeofday|localtime\w*|gmtime\w*|mktime)\b|std::time\s*\(",
         "core reads no clock"),
    Rule(CORE, CODE, r"\b(?:random_device|mt19937\w*|\w+_distribution|getrandom|getentropy|s?rand)\b",
         "core draws nothing at random"),
    Rule(CORE, CODE, r"std::(?:jthread|thread|mutex|shared_mutex|atomic\w*|condition_variable\w*|async|future|promise)"
                     r"\b|\bthread_local\b|\bpthread_", "core has one thread, its caller's"),
    Rule(CORE, CODE, r"\b(?:[io]?fstream|filesystem|fopen|FILE|std::c(?:out|err|log|in)|f?printf|f?puts)\b",
         "core does no input and no output"),
    Rule(CORE, CODE, r"\b(?:secure_)?getenv\b", "core reads no environment"),
    Rule(CORE, CODE, r"\bthrow\b|\btry\b|\bcatch\b", "core refuses with a reason, it never throws"),
    Rule(CORE, CODE, r"\bunordered_(?:multi)?(?:map|set)\b", "nothing unordered may reach an effect"),
    Rule(CORE, CODE, r"\bstatic\s+(?!constexpr|const\b|_)(?:std::)?\w+(?:<[^;()]*>)?\s+\w+\s*(?:;|=|\{)",
         "core has no state outside Core"),

    # C++ everywhere.
    Rule(SRC, CODE, r"\bsleep_(?:for|until)\b|\b(?:u|nano)?sleep\s*\(", "a thread waits for something, never for time"),
    Rule(C_AND_CPP, CODE, r"\bstd::s?rand\b|(?<![\w.>:])s?rand\s*\(", "rand() is no source of chance"),
    Rule(C_AND_CPP, CODE, r"(?<![\w.>])(?:std::)?(?:system|popen)\s*\(", "no shell"),
    Rule(C_AND_CPP, CODE, r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", "writes past its end",
         {"firmware-gateway/virtual-radio/bt_preload.c": "the length is checked just above",
          "firmware-gateway/virtual-radio/virtual_mgmt.c": "the length is checked just above"}),
    Rule(CPP, CODE, r"\b(?:atoi|atol|atof|atoll)\s*\(", "ato*() cannot say that it was no number: std::from_chars"),
    Rule(CPP, TEXT, r"catch\s*\([^)]*\)\s*\{\s*\}", "a caught exception has a consequence, or a comment why not"),
    Rule(SRC, CODE, r"(?<![\w:.])assert\s*\(|\bNDEBUG\b", "assert() is gone in a release: invariants hold there too"),
    Rule(SRC, CODE, r"\bstd::async\b|\.detach\s*\(", "every thread has an owner that joins it"),
    Rule(SRC, CODE, r"\bvolatile\b", "volatile is neither atomic nor a barrier"),
    Rule(SRC, CODE, r"\bconst_cast\b", "const means const"),
    Rule(SRC, CODE, r"\bstd::endl\b", "endl flushes: '\\n'"),
    Rule(r"src/(?!main\.cpp|cli/).*\.[ch]pp$", CODE, r"std::c(?:out|err|log)\b|\bprintf\s*\(",
         "the daemon speaks through log()"),
    Rule(SRC, CODE, r"\b(?:setenv|putenv|unsetenv)\s*\(", "the environment is read once and never written"),
    Rule(HEADERS, CODE, r"^\s*using\s+namespace\b(?!\s+std::\w*literals)", "a header opens no namespace for others"),
    Rule(C_AND_CPP, TEXT, r"\bNOLINT(?:NEXTLINE|BEGIN)?\b(?!\([\w.,* -]+\): \S)", "NOLINT(check): reason"),

    # Unfinished work belongs to the tracker.
    Rule(r"(?!tests/tidy/|src/tablet/package-lock).*", TEXT, r"\b(?:TODO|FIXME|HACK|XXX)\b", "no unfinished work",
         {"src/codec/dialect_ticket.cpp": "ISO 4217's code for no currency",
          "tests/unit/dialect_test.cpp": "ISO 4217's code for no currency"}),

    # Tests wait on a condition with a deadline, and run.
    Rule(TESTS, CODE, r"\bsleep_(?:for|until)\b|(?<![\w.])u?sleep\s*\(|\btime\.sleep\s*\(", "no fixed sleep in a test",
         {"tests/unit/store_probe.hpp": "the pause between two looks of eventually(), which has a deadline",
          "tests/support/store/processes.py": "the pause between two looks of wait_until(), which has a deadline",
          "tests/support/store/till.py": "a till's pause before it hands in the same ticket again"}),
    Rule(TESTS, CODE, r"\bGTEST_SKIP\b|\bDISABLED_|@(?:unittest|pytest)\S*\.skip\b|\.skip\(|\bxfail\b",
         "a test runs or is deleted"),
    # `except … as reason:` in the line above: the machine refused something, and the skip says what.
    Rule(TESTS, CODE, r"(?<!as reason:\n)^[ \t]*(?:self\.)?skipTest\(", "a test runs or is deleted"),
    Rule(r"tests/.*_test\.cpp$", CODE, r"\b(?:EXPECT|ASSERT)_TRUE\s*\(\s*true\s*\)|\bSUCCEED\s*\(", "a test can fail"),

    # Python and the page.
    Rule(PYTHON, TEXT, r"^\s*except\s*:|^\s*except (?:Base)?Exception\s*:\s*\n\s*pass\b", "catch what you expect"),
    Rule(PYTHON, TEXT, r"shell\s*=\s*True|\bos\.system\(", "no shell"),
    Rule(PAGE, TEXT, r"\bas any\b|:\s*any\b|@ts-(?:ignore|nocheck)|eslint-disable", "types are there to hold"),
    Rule(PAGE, TEXT, r"\binnerHTML\b|dangerouslySetInnerHTML|\beval\(", "text is never markup"),
    Rule(PAGE, TEXT, r"\bconsole\.(?:log|debug)\(", "the page does not chat"),
    Rule(PAGE, TEXT, r"\b(?:describe|it|test)\.(?:only|skip)\(", "every test runs"),
]


def check(tree: Tree) -> Iterator[Finding]:
    for rule in RULES:
        for path in tree.select(rule.where):
            if path in rule.but or path.startswith("tests/tidy/"):
                continue
            text = tree.code(path) if rule.what is CODE and not path.endswith(".py") else tree.text(path)
            for match in re.finditer(rule.pattern, text, re.M):
                yield Finding(path, line_of(text, match.start()), f"{match[0].strip()!r}: {rule.why}")
