#!/usr/bin/python3
"""A Saturday at forty tills, and what tills should never send: the real daemon, its facts file, central's consumer.

`tests/bench/saturday.py [SECONDS [MALFORMED]]` (60; 20,000). Ten tickets a second for SECONDS, each a POSLog body of
20 kB, then thirty a second for a third of that time; latencies are counted from the instant at which a ticket was due.
Then so many bodies that are no tickets. Exits 1 when a ticket was lost or doubled, a body was not refused, or anything
private of the tickets is found on the disk, in the log or at central. TOUCHPOINT_BIN names another build.
"""

from __future__ import annotations

import http.client
import os
import pathlib
import queue
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from typing import NamedTuple

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT / "tests" / "support"))
os.environ.setdefault("TOUCHPOINT_BIN", str(_ROOT / "build" / "release" / "bin"))

from store import poslog, traces  # noqa: E402
from store.gateway import POS_KEY  # noqa: E402
from store.processes import wait_until  # noqa: E402
from store.radio import FakeRadio  # noqa: E402
from store.shop import Shop  # noqa: E402
from store.till import Line, Till  # noqa: E402

_TILLS = 40
_RATE, _BURST = 10, 30  # a second
_LINES = 64  # some 20 kB as NCR writes them
_SENDERS = 4  # of what is malformed
_XML = "application/xml"


class Due(NamedTuple):
    at_s: float  # time.monotonic()
    sequence: str


class Forecourt:
    """Forty tills that share one list of what is due."""

    def __init__(self, port: int) -> None:
        self.latencies_s: list[float] = []
        self.answers: Counter[str] = Counter()
        self.sold: list[tuple[str, str]] = []  # workstation, sequence
        self._port = port
        self._lock = threading.Lock()

    def run(self, rate: int, seconds: int, first: int) -> int:
        """Returns the next free number."""
        due: queue.SimpleQueue[Due | None] = queue.SimpleQueue()
        start, count = time.monotonic() + 0.5, rate * seconds
        for number in range(count):
            due.put(Due(start + number / rate, str(first + number)))
        for _ in range(_TILLS):
            due.put(None)
        threads = [threading.Thread(target=self._till, args=(f"POS{n}", due)) for n in range(1, _TILLS + 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return first + count

    def _till(self, workstation: str, due: queue.SimpleQueue[Due | None]) -> None:
        till, pause = Till(self._port, workstation, POS_KEY), threading.Event()
        while (next_one := due.get()) is not None:
            lines = [Line("SCARF", f"{1 + n}.90") for n in range(_LINES)]
            body = poslog.document(poslog.ncr(lines, next_one.sequence, workstation))
            pause.wait(max(0.0, next_one.at_s - time.monotonic()))
            answer = till.post(body, _XML)
            with self._lock:
                self.latencies_s.append(time.monotonic() - next_one.at_s)
                said = answer.result["status"] if answer.status == 202 else str(answer.status)
                self.answers[said] += 1
                self.sold.append((workstation, next_one.sequence))

    def told(self, what: str) -> str:
        ordered = sorted(self.latencies_s)
        p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * q))] * 1e3 for q in (0.5, 0.99))
        said = f"{what}: {len(ordered)} tickets, {dict(self.answers)}, p50 {p50:.1f} ms, p99 {p99:.1f} ms"
        self.latencies_s.clear()
        self.answers.clear()
        return f"{said}, slowest {ordered[-1] * 1e3:.1f} ms"


class Nonsense:
    """Bodies that begin like tickets, correctly signed, and are none."""

    def __init__(self, port: int, seed: int) -> None:
        self.answers: Counter[int] = Counter()
        self._till, self._chance = Till(port, "POS1", POS_KEY), random.Random(seed)
        self._lock = threading.Lock()

    def run(self, count: int) -> None:
        threads = [threading.Thread(target=self._send, args=(count // _SENDERS, n)) for n in range(_SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self, count: int, salt: int) -> None:
        chance = random.Random(self._chance.random() + salt)
        good = {
            _XML: poslog.document(poslog.ncr([Line("SCARF", "49.90")], "1")),
            "application/json": poslog.receipt(Line("SCARF", "49.90"), 1),
        }
        answers: Counter[int] = Counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._till.port, timeout=30)
        for _ in range(count):
            kind = chance.choice(list(good))
            body = good[kind][: chance.randrange(1, len(good[kind]) - 1)]
            if chance.random() < 0.5:
                at = chance.randrange(len(body))
                body = body[:at] + chance.randbytes(chance.randrange(1, 40)) + body[at:]
            connection.request("POST", "/v1/pos/tickets", body, {"Content-Type": kind, **self._till.headers(body)})
            response = connection.getresponse()
            response.read()
            answers[response.status] += 1
        connection.close()
        with self._lock:
            self.answers += answers


def resident_kib(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    malformed = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    complaints: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        with Shop(pathlib.Path(folder), patch={"radio": {"receivers": []}}, radio=FakeRadio) as shop:
            gateway = shop.gateway
            gateway.start()
            tills = Forecourt(gateway.pos_port)
            next_number = tills.run(_RATE, seconds, 1)
            print(tills.told(f"{_RATE} a second"))
            tills.run(_BURST, max(1, seconds // 3), next_number)
            print(tills.told(f"{_BURST} a second"))
            wait_until(lambda: gateway.metric("outbox_acked_total") >= len(tills.sold), 120, "all is delivered")
            consumer = shop.central.consumer
            shop.central.link.wait_for(
                lambda: len(consumer.of_type("ticket.recorded")) >= len(tills.sold), 60, "all tickets are at central"
            )
            before_kib = resident_kib(gateway.process.pid)
            started = time.monotonic()
            nonsense = Nonsense(gateway.pos_port, random.SystemRandom().randrange(1 << 30))
            nonsense.run(malformed)
            after_kib = resident_kib(gateway.process.pid)
            print(
                f"{nonsense.answers.total()} bodies that are no tickets, {dict(nonsense.answers)}, "
                f"{nonsense.answers.total() / (time.monotonic() - started):,.0f} a second; "
                f"resident {before_kib:,} KiB before, {after_kib:,} KiB after"
            )
            with shop.central.link.waiting:
                recorded = [event["data"]["key"] for event in consumer.of_type("ticket.recorded")]
                complaints += consumer.check_complete()
                complaints += traces.in_messages(poslog.PRIVATE, shop.central.link.messages)
            arrived = Counter((key["workstation"], key["sequence"]) for key in recorded)
            complaints += [f"{ticket} arrived {n} times" for ticket, n in arrived.items() if n != 1]
            complaints += [f"{ticket} never arrived" for ticket in set(tills.sold) - set(arrived)]
            complaints += [f"{ticket} was never sold" for ticket in set(arrived) - set(tills.sold)]
            complaints += [f"{n} times {status}" for status, n in nonsense.answers.items() if not 400 <= status < 500]
            complaints += traces.in_files(poslog.PRIVATE, gateway.state_directory, gateway.process.log_path)
    print("\n".join(complaints[:20]) or "each ticket once, nothing private anywhere")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
