"""Children of this run: started with their own log, ended by their own process id, never outliving us."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable, Mapping, Sequence, TypeVar

Value = TypeVar("Value")

TEMPORARY_FAILURE = 75  # EX_TEMPFAIL of sysexits.h


class DeadlineMissed(AssertionError):
    """What was waited for did not happen in time; the text says what."""


def wait_until(condition: Callable[[], Value], timeout_s: float, what: str, interval_s: float = 0.01) -> Value:
    """Returns the first truthy value of `condition`; raises DeadlineMissed after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise DeadlineMissed(f"not within {timeout_s:g} s: {what}")
        time.sleep(interval_s)


# Below what the kernel hands out to outgoing connections (net.ipv4.ip_local_port_range): a client's cannot take them.
_PORTS = itertools.cycle(random.sample(range(12_000, 32_000), 20_000))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on; never the same twice in one run of 20,000."""
    for port in _PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise RuntimeError("unreachable: the ports go round")


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """One child process with stdout and stderr appended to `<directory>/<name>.log`.

    The kernel kills it when the *thread* that started it ends (PR_SET_PDEATHSIG), so that nothing survives a killed
    test run: start processes from the main thread.
    """

    def __init__(
        self, name: str, argv: Sequence[str | Path], directory: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log_path = directory / f"{name}.log"
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._child.poll()

    @property
    def running(self) -> bool:
        return self.exit_code is None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_ready(self, ready: Callable[[], Value], timeout_s: float) -> Value:
        """Waits for `ready`; a child that ends first is reported with the end of its log."""

        def ready_or_dead() -> Value | bool:
            value = ready()
            if not value and not self.running:
                raise DeadlineMissed(f"{self.name} ended with {self.exit_code}:\n{self.log()[-2000:]}")
            return value

        try:
            return wait_until(ready_or_dead, timeout_s, f"{self.name} is ready")
        except DeadlineMissed as missed:
            if self.running:
                raise DeadlineMissed(f"{missed}\n{self.log()[-2000:]}") from None
            raise

    def wait(self, timeout_s: float) -> int:
        return self._child.wait(timeout_s)

    def signal(self, number: signal.Signals) -> None:
        if self.running:
            self._child.send_signal(number)

    def kill(self) -> None:
        """kill -9, and the exit is awaited."""
        self.signal(signal.SIGKILL)
        self._child.wait(10)

    def stop(self, timeout_s: float = 10) -> int:
        """SIGTERM, then kill -9 after `timeout_s`; returns the exit code. Does nothing if it has ended."""
        self.signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._child.wait(10)
