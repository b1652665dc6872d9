"""How long files, functions and lines may be. Also prints the medians, which have a limit of their own."""
import re
import statistics
from typing import Iterator, NamedTuple

from tree import Finding, Tree, line_of

FILE_LINES = 500
FUNCTION_LINES = 60
LINE_COLUMNS = 120
FILE_MEDIAN = 200
FUNCTION_MEDIAN = 10

CPP = r".*\.(cpp|hpp|c|h)$"
WRITTEN = (CPP, r".*\.(py|ts|tsx|mjs|css|cmake|sh)$", r"(.*/)?CMakeLists\.txt$", r"firmware-gateway/(demo|package)$",
           r"tests/run$", r"\.ci/run$")
KINDS = {"py": "Python", "ts": "the page", "tsx": "the page", "mjs": "the page"}
BLANKED = re.compile(r" {2,}")  # a comment or a literal once stood there
# One row of a table a line, however wide: marked in the source.
TABLE = re.compile(r"// clang-format off.*?// clang-format on", re.S)


class Function(NamedTuple):
    line: int
    length: int


def check(tree: Tree) -> Iterator[Finding]:
    file_lengths: list[int] = []
    function_lengths: list[int] = []
    for path in tree.select(*WRITTEN):
        text = tree.text(path)
        length = text.count("\n")
        if length > FILE_LINES:
            yield Finding(path, length, f"a file has at most {FILE_LINES} lines")
        if not path.endswith(".css"):
            yield from long_lines(tree, path)
        if re.fullmatch(CPP, path):
            found = functions(tree.code(path))
            file_lengths.append(length)
            function_lengths += [function.length for function in found]
            yield from (Finding(path, function.line, f"a function has at most {FUNCTION_LINES} lines")
                        for function in found if function.length > FUNCTION_LINES)
    yield from medians(file_lengths, function_lengths)


def long_lines(tree: Tree, path: str) -> Iterator[Finding]:
    """A table may be as wide as its rows, and a literal of C++ as long as what it quotes."""
    cpp = re.fullmatch(CPP, path)
    kind = "C++" if cpp else KINDS.get(path.rsplit(".", 1)[-1], "a script or a list")
    code = (tree.code(path) if cpp else tree.text(path)).split("\n")
    for number, line in enumerate(TABLE.sub(newlines, tree.text(path)).split("\n"), 1):
        if len(line) > LINE_COLUMNS and len(BLANKED.sub(" ", code[number - 1])) > LINE_COLUMNS:
            yield Finding(path, number, f"a line of {kind} has at most {LINE_COLUMNS} columns")


def newlines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def medians(files: list[int], functions_: list[int]) -> Iterator[Finding]:
    for what, lengths, limit in (("file", files, FILE_MEDIAN), ("function", functions_, FUNCTION_MEDIAN)):
        if not lengths:
            continue
        median = statistics.median(lengths)
        print(f"limits: {len(lengths)} C++ {what}s, median {median:g} lines, longest {max(lengths)}")
        if median > limit:
            yield Finding("src", 0, f"the median {what} has at most {limit} lines")


_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern|concept)\b")
_TEMPLATE = re.compile(r"\btemplate\s*<[^{}]*?>(?=\s*\w)")
_ACCESS = re.compile(r"^\s*(?:(?:public|private|protected)\s*:\s*)+")


def functions(code: str) -> list[Function]:
    """The outermost function bodies of `code` (blanked), each from the first line of its head to its closing brace."""
    code = _PREPROCESSOR.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), code)
    found: list[Function] = []
    open_braces: list[str] = []
    head_start = body_head = 0
    for match in re.finditer(r"[{};]", code):
        inside = "function" in open_braces
        if match[0] == "{":
            kind = "block" if inside else kind_of(code[head_start:match.start()])
            if kind == "function":
                body_head = head_start
            if kind == "scope":
                head_start = match.end()
            open_braces.append(kind)
        elif match[0] == "}" and open_braces:
            if open_braces.pop() == "function":
                if re.match(r"\s*[,{]", code[match.end():]):  # a member's initialiser: the body is still to come
                    head_start = body_head
                    continue
                found.append(extent(code, body_head, match.start()))
            if "function" not in open_braces:
                head_start = match.end()
        elif match[0] == ";" and not inside:
            head_start = match.end()
    return found


def kind_of(head: str) -> str:
    head = _TEMPLATE.sub(" ", _ACCESS.sub("", head))
    if "(" in head and not re.match(r"\s*(enum|namespace|extern)\b", head):
        return "function"
    return "scope" if _SCOPE.search(head) else "block"


def extent(code: str, head: int, end: int) -> Function:
    label = _ACCESS.match(code[head:end])
    start = head + (label.end() if label else 0)
    start += len(code[start:end]) - len(code[start:end].lstrip())
    first = line_of(code, start)
    return Function(first, line_of(code, end) - first + 1)
