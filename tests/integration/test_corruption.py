"""Each file of the state directory is damaged in turn under the real daemon: it starts, says so, and loses nothing that
central cannot send again; only of facts and mirror damaged together something may be lost, and then it is explained.

Every run damages every file in every way, at places that the printed seed chooses; TOUCHPOINT_SEED repeats a run.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Callable, Iterator

from store.case import ShopCase
from store.catalogue import member
from store.consumer import Consumer
from store.processes import wait_until
from store.radio import FakeRadio
from store.till import Line

_PAGE = 4096
_START_S = 10.0
_WAITING = 120  # events that central has not got
_DELIVERED = 5
_FACTS, _MIRROR = ("facts.db", "facts.db-wal"), ("facts.mirror.db", "facts.mirror.db-wal")
_PATCH = "config.patch.json"
_FILES = (*_FACTS, *_MIRROR, "facts.mark", "cache.db", "cache.db-wal", _PATCH)

Damage = Callable[[Path, random.Random], None]


def _overwrite(file: Path, at: int, size: int, chance: random.Random) -> None:
    with file.open("r+b") as handle:
        handle.seek(at)
        handle.write(chance.randbytes(size))


def random_page(file: Path, chance: random.Random) -> None:
    pages = max(1, file.stat().st_size // _PAGE)
    page = chance.randrange(1, pages) if pages > 1 else 0
    _overwrite(file, page * _PAGE, min(_PAGE, file.stat().st_size), chance)


def header(file: Path, chance: random.Random) -> None:
    _overwrite(file, 0, min(100, file.stat().st_size), chance)


def first_page(file: Path, chance: random.Random) -> None:
    _overwrite(file, 0, min(_PAGE, file.stat().st_size), chance)


def truncated(file: Path, chance: random.Random) -> None:
    os.truncate(file, chance.randrange(1, max(2, file.stat().st_size)))


def zero_length(file: Path, chance: random.Random) -> None:
    os.truncate(file, 0)


def all_nul(file: Path, chance: random.Random) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def foreign_text(file: Path, chance: random.Random) -> None:
    file.write_text("the shopping list of somebody else\n" * 300)


def foreign_database(file: Path, chance: random.Random) -> None:
    file.unlink()
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE theirs (words TEXT)")
        db.execute("INSERT INTO theirs VALUES ('the database of somebody else')")


def a_directory(file: Path, chance: random.Random) -> None:
    file.unlink()
    file.mkdir()
    (file / "theirs").write_text("a folder of somebody else")


_WAYS: tuple[Damage, ...] = (
    random_page,
    header,
    first_page,
    truncated,
    zero_length,
    all_nul,
    foreign_text,
    foreign_database,
    a_directory,
)
_FOREIGN = {foreign_text: b"shopping list", foreign_database: b"database of somebody", a_directory: b"a folder of"}


def _commits(file: Path) -> int:
    """How far a database with its log is, looked at in a copy; -1 when something of it is missing."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        try:
            for part in (file, file.with_name(f"{file.name}-wal")):
                if part.exists():
                    shutil.copy(part, copy.with_name(part.name))
            with contextlib.closing(sqlite3.connect(copy)) as db:
                [[whole]] = db.execute("PRAGMA quick_check(1)")
                [[commits]] = db.execute("SELECT value FROM meta WHERE name = 'commits'")
        except (OSError, ValueError, sqlite3.Error):
            return -1
        return int(commits) if whole == "ok" else -1


def files_under(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


class CorruptionTest(ShopCase):
    expects_end = True

    def setUp(self) -> None:
        self.seed = int(os.environ.get("TOUCHPOINT_SEED", random.SystemRandom().randrange(1 << 30)))
        print(f"TOUCHPOINT_SEED={self.seed}", file=sys.stderr)
        self.store = self.shop({"radio": {"receivers": []}}, radio=FakeRadio, durable_wan=True)
        self.gateway, self.link = self.store.gateway, self.store.central.link
        self.slowest_s = 0.0

    def _make_a_past(self, delivered: int, waiting: int) -> None:
        """Events that central has, then some that it has not, profiles, and a kill -9 in the middle."""
        self.gateway.start()
        self.gateway.import_records("profiles", [member(n).profile for n in range(1, 30)])
        patched = self.store.central.command("config", {"patch": {"presence": {"exit_after_s": 61}}})
        self.assertEqual(patched["status"], "applied")
        for _ in range(delivered):
            self._sell()
        self.link.wait_for(lambda: len(self.store.central.consumer.of_type("ticket.recorded")) == delivered, 10, "sent")
        self.store.wan.kill()
        self.waiting = {self._sell() for _ in range(waiting)}
        self.gateway.kill()
        self.past = self.folder() / "state"
        shutil.copytree(self.gateway.state_directory, self.past)
        self.assertEqual({path.name for path in self.past.iterdir()}, set(_FILES), "each file has its turn")
        self.store.wan.start()
        self.heard = [message for message in self.link.messages if "/event/" in message.topic]

    def _sell(self) -> str:
        till = self.store.till
        return str(till.hand_in(till.ticket([Line("SCARF", "49.00")])).result["ticket_id"])

    def test_each_file_in_each_way(self) -> None:
        self._make_a_past(_DELIVERED, _WAITING)
        for name in _FILES:
            for way in _WAYS:
                with self.subTest(file=name, damage=way.__name__, seed=self.seed):
                    self._suffer_alone((name,), way)
        print(f"slowest start to readyz {self.slowest_s:.2f} s", file=sys.stderr)

    def test_a_file_with_its_log(self) -> None:
        self._make_a_past(_DELIVERED, _WAITING)
        for names in (_FACTS, _MIRROR):
            for way in (truncated, zero_length, all_nul):
                with self.subTest(files=names, damage=way.__name__, seed=self.seed):
                    self._suffer_alone(names, way)

    def test_numbers_that_central_has_seen_are_never_given_again(self) -> None:
        """All was delivered, so a counter that fell back would give central's numbers to other events."""
        self._make_a_past(60, 0)
        for names in (("facts.db", "facts.mirror.db"), ("facts.db-wal", "facts.mirror.db-wal")):
            for way in (truncated, zero_length, all_nul):
                with self.subTest(files=names, damage=way.__name__, seed=self.seed):
                    self._suffer(names, way)

    def test_both_copies_damaged(self) -> None:
        """What cannot be read any more is explained, event by event."""
        self._make_a_past(_DELIVERED, _WAITING)
        for way in (random_page, first_page, truncated, zero_length, foreign_text):
            with self.subTest(damage=way.__name__, seed=self.seed):
                consumer, last_error = self._suffer((*_FACTS, *_MIRROR), way)
                lost = self._lost(consumer)
                print(f"both {way.__name__}: {len(lost)} of {len(self.waiting)} lost", file=sys.stderr)
                if lost:
                    self.assertIn(f"events lost: {len(lost)}", last_error)

    def _suffer_alone(self, names: tuple[str, ...], way: Damage) -> None:
        said = len(self.gateway.process.log())
        consumer, last_error = self._suffer(names, way)
        self.assertEqual(self._lost(consumer), set())
        self.assertEqual(consumer.of_type("outbox.dropped"), [])
        self._check_words(names[0], way, self.gateway.process.log()[said:], last_error)

    def _suffer(self, names: tuple[str, ...], way: Damage) -> tuple[Consumer, str]:
        """What central knows in the end, and the last error after the start."""
        state = self.gateway.state_directory
        shutil.rmtree(state)
        shutil.copytree(self.past, state)
        for name in names:
            way(state / name, random.Random(f"{self.seed} {name} {way.__name__}"))
        self.mirror_whole = _commits(state / "facts.mirror.db") == _commits(self.past / "facts.mirror.db")
        arrived = len(self.link.messages)
        begun_s = time.monotonic()
        try:
            self.gateway.start(timeout_s=_START_S)
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun_s)
            last_error = json.loads(self.gateway.ctl("status", "--json").stdout)["last_error"] or ""
            consumer = self._what_central_knows(arrived, self._sell())
        finally:
            if self.gateway.process.running:
                self.gateway.kill()
        if way in _FOREIGN:
            kept = any(_FOREIGN[way] in path.read_bytes() for path in files_under(state))
            self.assertTrue(kept, "what belongs to somebody else is still there")
        return consumer, last_error

    def _lost(self, consumer: Consumer) -> set[str]:
        return self.waiting - {event["data"]["ticket_id"] for event in consumer.of_type("ticket.recorded")}

    def _check_words(self, name: str, way: Damage, log: str, last_error: str) -> None:
        """Log and status say what was found and done; a page that nothing lies on may be damaged unnoticed.

        Of a mirror that is not needed the start reads little: where its log makes up for what was cut off, or its first
        pages are whole, the rest is only written anew.
        """
        if name == "facts.db" and way is not random_page:
            self.assertTrue(way is zero_length or "lies beside as facts.db." in log, log)
            self.assertIn("its mirror took its place, nothing is lost", last_error)
        if name == "facts.mirror.db" and way is truncated:
            healed = bool(re.search("a mirror; pages written anew: [1-9]", log))
            self.assertTrue(healed or "lies beside as facts.mirror.db." in log or self.mirror_whole, log)
        elif name == "facts.mirror.db" and way not in (random_page, zero_length):
            self.assertIn("lies beside as facts.mirror.db.", log)
            self.assertIn("facts.mirror.db was damaged and set aside", last_error)
        if name == _PATCH and way is not truncated:  # which may cut off no more than the end of the line
            self.assertIn("what central changed of the configuration is not in force", last_error)
        if name == "cache.db" and way is not random_page:
            self.assertTrue(way is zero_length or "lies beside as cache.db." in log, log)
            self.assertIn("central must send its data again", last_error)

    def _what_central_knows(self, arrived: int, later: str) -> Consumer:
        """Central as it would be if only this damage had happened, once all is sent and has arrived."""

        def all_sent() -> bool:
            answer = self.gateway.ctl("outbox", "--json")
            return answer.returncode == 0 and json.loads(answer.stdout)["depth"] == 0

        def central() -> Consumer:
            consumer = Consumer()
            with self.link.waiting:
                messages = [*self.heard, *self.link.messages[arrived:]]
            for message in messages:
                if "/event/" in message.topic:
                    consumer.take(message.topic, message.payload)
            return consumer

        def knows_all() -> bool:
            tickets = {event["data"]["ticket_id"] for event in central().of_type("ticket.recorded")}
            return later in tickets and central().check_complete() == []

        wait_until(all_sent, 15, "nothing waits", 0.05)
        wait_until(knows_all, 15, "central knows the last ticket, and of every number what became of it", 0.05)
        return central()


if __name__ == "__main__":
    unittest.main()
