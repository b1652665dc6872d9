"""Which room may include what (src/ARCHITECTURE.md): along the arrows inside, by few doors to the outside."""
import re
from typing import Iterator

from tree import Finding, Tree, line_of

# A room sees itself and these. base <- core <- codec <- adapters <- runtime <- main; ports needs core only.
SEES = {
    "base": set(),
    "core": {"base"},
    "codec": {"base", "core"},
    "ports": {"base", "core"},
    "adapters": {"base", "core", "codec", "ports"},
    "runtime": {"base", "core", "codec", "ports", "adapters"},
    "cli": {"base", "core", "codec", "ports", "adapters"},
    "main": {"base", "core", "codec", "ports", "adapters", "runtime"},
}

# The parts of core/ that every room of the mind may know; the other headers are a room's own.
SHARED_IN_CORE = r"core/(model/\w+|events|effects|policy)\.hpp"
# Only these see all rooms.
CORE_ITSELF = r"src/core/core(_\w+)?\.[ch]pp"
# Rooms of core/ that consist of several files.
ROOMS_IN_CORE = {"offer": "suggestion", "match": "matching", "position": "presence", "radio": "presence",
                 "core": "core", "ticket": "matching"}

# Headers that never leave codec/: they show the JSON library, or half-read values.
CODEC_INTERNAL = (r"codec/(json_read|json_scan|json_text|json_tree|json_tree_builder|json_write|readers|writers|"
                  r"fact_data|config_access|config_check|config_items|config_parse|config_rows|config_table)\.hpp")

# Foreign headers, and the only files that may include them.
FOREIGN = [
    (r"openssl/", r"src/base/(?:crypto|page_cipher|x509)\.cpp|src/adapters/tls_finding\.cpp",
     "OpenSSL is that of base (crypto, page_cipher, x509) and of adapters/tls_finding"),
    (r"nlohmann/json_fwd\.hpp", r"src/codec/json_write\.hpp|src/codec/writers\.hpp|"
                                r"src/cli/answer\.hpp", "JSON is declared in internal headers only"),
    (r"nlohmann/", r"src/codec/(\w+\.cpp|(json_read|json_write|config_table)\.hpp)|"
                   r"src/cli/\w+\.cpp|"                      # prints the daemon's answers, which are JSON
                   r"src/adapters/http_message\.cpp|"        # problem+json of refusals that no codec has seen
                   r"src/adapters/sqlite_fact_inspect\.cpp"  # rows for the admin socket, stored as JSON
     , "JSON is codec's"),
    (r"simdjson\.h", r"src/codec/json_scan_quick\.cpp", "simdjson is json_scan_quick.cpp's"),
    (r"sqlite3\.h", r"src/adapters/sqlite_(db\.cpp|layer\.hpp)", "SQLite is sqlite_db.cpp's and its file layers'"),
    (r"sdbus-c\+\+/", r"src/adapters/bluez_\w+\.cpp", "D-Bus is bluez_*.cpp's"),
    (r"mqtt/|MQTT", r"src/adapters/mqtt_client\.cpp", "Paho is mqtt_client.cpp's"),
    (r"boost/", r"src/adapters/http_server\.cpp", "Boost is http_server.cpp's"),
    (r"systemd/", r"src/adapters/(?:event_loop|bluez_device)\.cpp", "libsystemd is the loop's and the hot path's"),
    (r"CLI/", r"src/cli/main\.cpp", "CLI11 is cli/main.cpp's"),
    (r"sql_migrations\.hpp", r"src/adapters/sqlite_schema\.hpp", "the migrations are sqlite_schema's"),
    (r"pugixml\.hpp", r"src/codec/poslog_xml\.cpp", "XML is poslog_xml.cpp's"),
    (r"archive(_entry)?\.h$", r"src/adapters/archive_file\.cpp", "libarchive is archive_file.cpp's"),
    (r"pos_dialects\.hpp", r"src/codec/dialects\.cpp", "the built-in profiles are dialects.cpp's"),
    (r"sys/types\.h", r"src/(adapters|runtime)/\w+\.[ch]pp", "process ids start at adapters/"),
    (r"immintrin\.h", r"src/base/aes_ni\.cpp", "the processor's own instructions are base/aes_ni.cpp's"),
    # The kernel's interface: no room below adapters may touch the outside world.
    (r"(?!immintrin)\w+\.h$|(sys|netinet|arpa|linux|net)/", r"src/(adapters|runtime|cli|main)\b.*\.cpp|"
                                               r"src/adapters/unix_address\.hpp"  # sockaddr_un, for the two .cpp
     , "the operating system starts at adapters/"),
]

# Parts of the standard library that the pure rooms have no use for.
IMPURE = r"(random|thread|mutex|shared_mutex|atomic|condition_variable|future|semaphore|fstream|filesystem|iostream|" \
         r"sstream|cstdio|ctime|csignal|locale|regex)$"

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]", re.M)


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.select(r"src/.*\.[ch]pp$"):
        code = tree.code(path)
        for match in INCLUDE.finditer(code):
            yield from (Finding(path, line_of(code, match.start()), rule) for rule in broken_rules(path, match[1]))


def broken_rules(path: str, header: str) -> Iterator[str]:
    room = room_of(path)
    target = header.split("/")[0]
    if target in SEES:
        yield from inside_rules(path, room, header, target)
        return
    if room == "core" and re.fullmatch(IMPURE, header):
        yield f"core is pure: no <{header}>"
    for pattern, allowed, why in FOREIGN:
        if re.match(pattern, header):
            if not re.fullmatch(allowed, path):
                yield f"{why}: no <{header}> here"
            return
    if "/" in header or header.endswith((".h", ".hpp")):
        yield f"no room has a door to <{header}>: add it to layers.py with its one .cpp"


def inside_rules(path: str, room: str, header: str, target: str) -> Iterator[str]:
    if target != room and target not in SEES[room]:
        yield f"{room} must not know {target}"
    if target == "codec" and room != "codec" and re.fullmatch(CODEC_INTERNAL, header):
        yield f"{header} is internal to codec"
    if room == "core" and target == "core" and not re.fullmatch(CORE_ITSELF, path):
        if not re.fullmatch(SHARED_IN_CORE, header) and core_room(header) != core_room(path):
            yield f"rooms of core do not know each other: {core_room(path)} includes {header}"
    if room == "core" and re.fullmatch(SHARED_IN_CORE, path.removeprefix("src/")):
        if target == "core" and not re.fullmatch(SHARED_IN_CORE, header):
            yield "what all rooms share knows none of them"


def room_of(path: str) -> str:
    parts = path.split("/")
    return "main" if len(parts) == 2 else parts[1]


def core_room(path: str) -> str:
    name = path.rsplit("/", 1)[-1].split(".")[0].split("_")[0]
    return ROOMS_IN_CORE.get(name, name)
