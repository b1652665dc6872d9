"""The checks find what they promise to find, and let pass what is fine."""
import re
import unittest

import banned
import layers
import limits
import parses
import places
import symbols
import words
from tidy import by_rule, judge, tightened
from tree import Finding, Tree, blank_literals

HEADER = "// Purpose.\n#pragma once\n"


def include(path: str, *headers: str) -> dict[str, str]:
    return {path: "".join(f"#include {header}\n" for header in headers)}


class Layers(unittest.TestCase):
    FORBIDDEN = [
        ("src/base/types.hpp", '"core/events.hpp"'),
        ("src/core/presence.cpp", '"codec/messages.hpp"'),
        ("src/core/presence.cpp", '"core/suggestion.hpp"'),
        ("src/core/model/visit.hpp", '"core/presence.hpp"'),
        ("src/core/matching.cpp", "<random>"),
        ("src/core/matching.cpp", "<unistd.h>"),
        ("src/codec/messages.cpp", '"adapters/lane.hpp"'),
        ("src/codec/messages.hpp", "<nlohmann/json.hpp>"),
        ("src/ports/store_port.hpp", '"codec/messages.hpp"'),
        ("src/adapters/lane.cpp", '"runtime/gateway.hpp"'),
        ("src/adapters/lane.cpp", '"codec/json_read.hpp"'),
        ("src/adapters/lane.hpp", "<sys/socket.h>"),
        ("src/adapters/sqlite_facts.cpp", "<sqlite3.h>"),
        ("src/adapters/bluez_bus.hpp", "<sdbus-c++/sdbus-c++.h>"),
        ("src/adapters/lane.cpp", "<curl/curl.h>"),
        ("src/cli/main.cpp", '"runtime/gateway.hpp"'),
        ("src/base/log.cpp", "<openssl/evp.h>"),
    ]
    FINE = [
        ("src/core/core_visits.cpp", '"core/core.hpp"'),
        ("src/core/core.hpp", '"core/presence.hpp"'),
        ("src/core/suggestion.cpp", '"core/offer.hpp"'),
        ("src/core/presence.cpp", '"core/model/visit.hpp"'),
        ("src/codec/messages.cpp", "<nlohmann/json.hpp>"),
        ("src/adapters/sqlite_db.cpp", "<sqlite3.h>"),
        ("src/main.cpp", '"runtime/daemon.hpp"'),
        ("src/adapters/lane.cpp", "<thread>"),
    ]

    def test_every_arrow(self) -> None:
        for path, header in self.FORBIDDEN:
            self.assertTrue(list(layers.check(Tree(include(path, header)))), f"{path} {header}")
        for path, header in self.FINE:
            self.assertFalse(list(layers.check(Tree(include(path, header)))), f"{path} {header}")

    def test_a_comment_is_no_include(self) -> None:
        self.assertFalse(list(layers.check(Tree({"src/core/outbox.cpp": '// #include <random>\n'}))))


class Banned(unittest.TestCase):
    FORBIDDEN = [
        ("src/core/core.cpp", "auto t = std::chrono::steady_clock::now();"),
        ("src/core/core.cpp", "std::mt19937 dice;"),
        ("src/core/core.cpp", "std::unordered_map<int, int> m;"),
        ("src/core/core.cpp", "throw 1;"),
        ("src/core/core.cpp", "static int calls = 0;"),
        ("src/adapters/lane.cpp", "std::this_thread::sleep_for(1s);"),
        ("src/adapters/lane.cpp", "try { f(); } catch (...) {\n}"),
        ("src/adapters/lane.cpp", 'std::system("ls");'),
        ("src/adapters/lane.cpp", "assert(open);"),
        ("src/adapters/lane.cpp", "int x;  // NOLINT"),
        ("src/runtime/clock.cpp", "// " + "TODO later"),
        ("tests/unit/a_test.cpp", "GTEST_SKIP();"),
        ("tests/unit/a_test.cpp", "TEST(A, DISABLED_B) {}"),
        ("tests/integration/a.py", "time.sleep(2)"),
        ("tests/integration/a.py", "    self.skipTest('not today')"),
        ("src/tablet/src/a.ts", "const a = b as any;"),
    ]
    FINE = [
        ("src/core/core.cpp", "ClockState clock() const; clock();"),
        ("src/core/core.cpp", 'note("no getenv here");  // nor rand()'),
        ("src/core/core.cpp", "static constexpr int kA[] = {1};"),
        ("src/adapters/lane.cpp", "try { f(); } catch (...) { lost = true; }"),
        ("src/adapters/lane.cpp", "static_assert(sizeof(int) == 4);"),
        ("src/adapters/lane.cpp", "int x;  // NOLINT(google-explicit-constructor): converts like a number"),
        ("tests/integration/a.py", "except RadioUnavailable as reason:\n    self.skipTest(str(reason))"),
        ("tests/unit/a_test.cpp", 'std::string p = "x-XXXXXX";'),
    ]

    def test_every_rule(self) -> None:
        for path, code in self.FORBIDDEN:
            self.assertTrue(list(banned.check(Tree({path: code}))), code)
        for path, code in self.FINE:
            self.assertEqual(list(banned.check(Tree({path: code}))), [], code)

    def test_exceptions_are_still_needed(self) -> None:
        tree = Tree()
        for rule in banned.RULES:
            for path in rule.but:
                self.assertIn(path, tree.paths)
                needed = re.search(rule.pattern, tree.text(path), re.M)
                self.assertIsNotNone(needed, f"{path} does without its exception: {rule.why}")


class Limits(unittest.TestCase):
    def lengths(self, code: str) -> list[int]:
        return [function.length for function in limits.functions(blank_literals(code))]

    def test_functions_are_measured_from_head_to_closing_brace(self) -> None:
        self.assertEqual(self.lengths("namespace a {\nint f() {\n  return 1;\n}\n}\n"), [3])
        self.assertEqual(self.lengths("struct A {\n public:\n  A() : x_{1}, y_(2) {\n    f();\n  }\n  int z;\n};"), [3])
        self.assertEqual(self.lengths("template <class T>\nT f(T a,\n    T b) {\n  auto g = [] {\n  };\n}\n"), [6])
        self.assertEqual(self.lengths('int f() { return "}{"[0]; }  // {\nint g() { return \'{\'; }'), [1, 1])
        self.assertEqual(self.lengths("enum class E { a, b };\nconstexpr int kA[] = {1};\nstruct B { int x = 1; };"), [])
        self.assertEqual(self.lengths('const char* kSql = R"(\n{\n)";\nvoid f() {\n}\n'), [2])

    def test_what_is_too_long(self) -> None:
        long_function = "int f() {\n" + "  g();\n" * 60 + "}\n"
        self.assertIn("function", list(limits.check(Tree({"src/a.cpp": long_function})))[0].rule)
        self.assertIn("file", list(limits.check(Tree({"src/a.py": "x\n" * 501})))[0].rule)
        self.assertIn("line", list(limits.check(Tree({"src/a.cpp": "x" * 121})))[0].rule)
        table = "// clang-format off\n" + "x" * 150 + "\n// clang-format on\n"
        self.assertEqual(list(limits.check(Tree({"src/a.cpp": table}))), [])


class Words(unittest.TestCase):
    FORBIDDEN = ["see /work/box/src", "cp x /tmp/y", "from /home/ann/x", "https://registry.npmjs.org/mqtt",
                 "written by an AI", "the helper agent", "in an earlier session", "as issue 2 says", "(see #12)",
                 "facts/ble.md", "../shared/contract.md", "3C:5A:B4:01:02:03", "ann@gmail.com", "06 12 34 56 78",
                 "192.168.1.7"]
    FINE = ["the session bus", "the MQTT session of this client", "127.0.0.1:1883", "AA:BB:CC:DD:EE:01", "contract §4",
            "User-Agent: till", "it said so", "systemctl restart touchpointd@1.service", "helper function"]

    def test_every_rule(self) -> None:
        for text in self.FORBIDDEN:
            self.assertTrue(list(words.check(Tree({"README.md": text}))), text)
        for text in self.FINE:
            self.assertEqual(list(words.check(Tree({"README.md": text}))), [], text)


class Places(unittest.TestCase):
    def test_every_rule(self) -> None:
        self.assertEqual(list(places.check(Tree({"src/base/a.hpp": HEADER, "README.md": "A\n"}))), [])
        for path, text in [("notes.md", "\n"), ("src/util/a.hpp", HEADER), ("src/base/A.hpp", HEADER),
                           ("src/base/a.hpp", "#pragma once\n"), ("src/base/a.hpp", "// Purpose.\n"),
                           ("src/base/a.hpp", HEADER + "int a;"), ("src/base/a.cpp", "int a;\r\n")]:
            self.assertTrue(list(places.check(Tree({path: text}))), path)


class Parses(unittest.TestCase):
    def test_what_does_not(self) -> None:
        self.assertTrue(list(parses.of_json("config/a.json", '{"a": 1,}')))
        self.assertTrue(list(parses.of_json("config/a.json", '{"a": 1, "a": 2}')))
        self.assertTrue(list(parses.of_json("config/schemas/a.json", "{} // no")))
        self.assertFalse(list(parses.of_json("config/gateway.example.json", '{"a": "http://b"}  // yes')))
        self.assertTrue(list(parses.of_yaml("a.yaml", "a: [")))
        lock = '{"packages": {"node_modules/a": {"optionalDependencies": {"b": "1"}}%s}}'
        self.assertTrue(list(parses.unlocked("package-lock.json", lock % "")))
        self.assertFalse(list(parses.unlocked("package-lock.json", lock % ', "node_modules/b": {}')))
        self.assertTrue(list(parses.of_python("a.py", "def f(:")))


class Symbols(unittest.TestCase):
    def test_the_world_is_recognised(self) -> None:
        for symbol in ["std::chrono::_V2::steady_clock::now()", "std::random_device::_M_getval()", "clock_gettime", "getenv",
                       "pthread_create", "std::thread::join()", "fopen", "socket", "std::cout", "rand", "getrandom"]:
            self.assertTrue(symbols.broken([("a.o", symbol)]), symbol)

    def test_the_mind_is_let_through(self) -> None:
        for symbol in ["memcpy", "operator new(unsigned long)", "std::__throw_length_error(char const*)", "abort",
                       "tg::Core::clock() const", "tg::random_looking(int)", "__asan_report_load8", "_ZTVN3tg4OpenE"]:
            self.assertEqual(symbols.broken([("a.o", symbol)]), [], symbol)


class Ratchet(unittest.TestCase):
    FOUND = [Finding("a", 1, "rule"), Finding("b", 2, "rule")]

    def test_only_what_is_new_fails(self) -> None:
        self.assertTrue(judge("c", by_rule(self.FOUND), {"rule": 2}))
        self.assertFalse(judge("c", by_rule(self.FOUND), {"rule": 1}))
        self.assertFalse(judge("c", by_rule(self.FOUND), {}))

    def test_it_turns_one_way(self) -> None:
        self.assertEqual(tightened(by_rule(self.FOUND), {"rule": 5, "gone": 1}), {"rule": 2})
        self.assertEqual(tightened(by_rule(self.FOUND), {"rule": 1}), {"rule": 1})


if __name__ == "__main__":
    unittest.main(buffer=True)
