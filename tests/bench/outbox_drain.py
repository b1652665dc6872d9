#!/usr/bin/python3
"""How fast a backlog leaves, and how soon what is new: the real daemon, its facts file and a mosquitto that has one
subscriber, to tickets, of which there is one.

`tests/bench/outbox_drain.py [EVENTS]` (200,000). TOUCHPOINT_BIN names another build than build/release/bin. Beside it,
in the same run: the bare limits of SQLite and of Paho on this machine (bench-bare-limits), and what part of Paho's
the gateway reaches. Figures, not verdicts.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import time

_ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_ROOT / "tests" / "support"))
os.environ.setdefault("TOUCHPOINT_BIN", str(_ROOT / "build" / "release" / "bin"))

from store.backlog import fill  # noqa: E402
from store.link import Link  # noqa: E402
from store.processes import wait_until  # noqa: E402
from store.radio import FakeRadio  # noqa: E402
from store.shop import Shop  # noqa: E402
from store.till import Line  # noqa: E402


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
            tickets = Link(shop.wan.port, "tickets", ["touchpoint/v1/+/event/ticket/recorded"])
            started = time.monotonic()
            gateway.start()
            print(f"start to /readyz with {events:,} events waiting: {time.monotonic() - started:.2f} s")
            wait_until(lambda: gateway.metric("outbox_acked_total") > 0, 60, "the backlog leaves")
            sold = time.monotonic()
            shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.90")]))
            fresh = tickets.wait_for(lambda: tickets.messages, 600, "the ticket arrives")[0]
            print(f"sold while the backlog leaves, at central after {fresh.received_s - sold:.3f} s")
            wait_until(lambda: gateway.metric("outbox_acked_total") >= events, 600, "everything is acknowledged")
            took = time.monotonic() - started
            tickets.stop()
            daemon = gateway.process.pid
            links = [int(pid) for pid in pathlib.Path(f"/proc/{daemon}/task/{daemon}/children").read_text().split()]
            each = 1e6 / events
            rate = events / took
            print(f"start to the last acknowledgement: {took:.1f} s, {rate:,.0f} events/s, {rate / bare['paho']:.0%} of Paho")
            print(f"CPU an event: daemon {cpu_s(daemon) * each:.0f} us, links {sum(map(cpu_s, links)) * each:.0f} us")
            print(f"resident: daemon {resident_kib(daemon):,} KiB, links {sum(map(resident_kib, links)):,} KiB")


if __name__ == "__main__":
    main()
