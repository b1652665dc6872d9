#!/usr/bin/python3
"""How fast a backlog leaves: the real daemon, its facts file and a mosquitto without subscribers.

`tests/bench/outbox_drain.py [EVENTS]` (200,000). TOUCHPOINT_BIN names another build than build/release/bin. Beside it, in
the same run: the bare limits of SQLite and of Paho on this machine (bench-bare-limits), and what part of Paho's the
gateway reaches. Figures, not verdicts.
"""

from __future__ import annotations

import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from typing import Iterator

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT / "tests" / "support"))
os.environ.setdefault("TOUCHPOINT_BIN", str(_ROOT / "build" / "release" / "bin"))

from store.gateway import GATEWAY, STORE  # noqa: E402
from store.processes import wait_until  # noqa: E402
from store.radio import FakeRadio  # noqa: E402
from store.shop import Shop  # noqa: E402

_AT = "2026-11-21T14:04:05.123Z"
_PER_VISIT = 4
_INSERT = (
    "INSERT INTO outbox (sequence, id, topic, partition, class, recorded_at, member, payload) "
    "VALUES (?, ?, ?, ?, 0, ?, ?, ?)"
)
Row = tuple[int, str, str, str, int, str, str]


def rows(events: int) -> Iterator[Row]:
    """Events of visits as the daemon writes them, about 700 bytes each."""
    now_ms = int(time.time() * 1000)
    for number in range(1, events + 1):
        visit = f"019a0000-0000-7000-8000-{number // _PER_VISIT:012x}"
        event = {
            "specversion": "1.0",
            "id": f"019a0000-0000-7000-9000-{number:012x}",
            "source": f"/stores/{STORE}/gateways/{GATEWAY}",
            "type": "touchpoint.visit.started.v1",
            "subject": f"visit/{visit}",
            "time": _AT,
            "recordedtime": _AT,
            "sequence": f"{number:020d}",
            "correlationid": visit,
            "partitionkey": visit,
            "dataschema": "urn:touchpoint:schema:visit.started:1",
            "datacontenttype": "application/json",
            "data": {
                "visit_id": visit,
                "member": f"m-{number}",
                "recognition": {"method": "eid", "confidence": 1.0},
                "zone": "entrance",
                "detected_at": _AT,
                "holdout": False,
                "cache_age_s": 3,
            },
        }
        topic = f"touchpoint/v1/{STORE}/event/visit/started"
        yield number, event["id"], topic, visit, now_ms, f"m-{number}", json.dumps(event)


def fill(database: pathlib.Path, events: int) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(_INSERT, rows(events))
    connection.execute("COMMIT")
    connection.execute("UPDATE meta SET value = ? WHERE name = 'last_sequence'", (events,))
    connection.close()


def bare_limits(folder: pathlib.Path, broker_url: str, events: int) -> dict[str, float]:
    """By name, a second."""
    program = pathlib.Path(os.environ["TOUCHPOINT_BIN"]) / "bench-bare-limits"
    said = subprocess.run(
        [program, folder / "bare.db", broker_url, str(events)], check=True, capture_output=True, text=True
    )
    return {name: float(rate) for name, rate in map(str.split, said.stdout.splitlines())}


def cpu_s(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        with Shop(pathlib.Path(folder), patch={"radio": {"receivers": []}}, radio=FakeRadio) as shop:
            shop.central.link.stop()  # central's own program must not be part of the figure
            gateway = shop.gateway
            gateway.start()
            gateway.stop()
            bare = bare_limits(pathlib.Path(folder), shop.wan.url, events)
            print(f"SQLite alone, a commit each 128: {bare['sqlite']:,.0f} rows/s")
            print(f"Paho alone, QoS 1, 100 in flight: {bare['paho']:,.0f} messages/s")
            fill(gateway.state_directory / "facts.db", events)
            started = time.monotonic()
            gateway.start()
            print(f"start to /readyz with {events:,} events waiting: {time.monotonic() - started:.2f} s")
            wait_until(lambda: gateway.metric("outbox_acked_total") >= events, 600, "everything is acknowledged")
            took = time.monotonic() - started
            daemon = gateway.process.pid
            uplink = [int(pid) for pid in pathlib.Path(f"/proc/{daemon}/task/{daemon}/children").read_text().split()]
            each = 1e6 / events
            rate = events / took
            print(f"start to the last acknowledgement: {took:.1f} s, {rate:,.0f} events/s, {rate / bare['paho']:.0%} of Paho")
            print(f"CPU an event: daemon {cpu_s(daemon) * each:.0f} us, uplink {sum(map(cpu_s, uplink)) * each:.0f} us")
            print(f"resident: daemon {resident_kib(daemon):,} KiB, uplink {sum(map(resident_kib, uplink)):,} KiB")


if __name__ == "__main__":
    main()
