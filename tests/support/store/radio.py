"""The store's radio: Bluetooth controllers behind a real org.bluez interface, fed with adverts by hand.

Two ways to have one, used alike: `VirtualRadio` is the stock bluetoothd over emulated controllers
(firmware-gateway/virtual-radio), `FakeRadio` our own org.bluez where bluetoothd cannot run. Both are driven by the
line protocol of firmware-gateway/virtual-radio/README.md.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Iterable, NamedTuple, Sequence

from .bus import Bus
from .processes import TEMPORARY_FAILURE, DeadlineMissed, Process, wait_until

REPOSITORY = Path(__file__).resolve().parents[3]
_SOURCES = REPOSITORY / "firmware-gateway" / "virtual-radio"
_START_TIMEOUT_S = 15
DEFAULT_CONTROLLERS = ("00:1A:7D:DA:71:01",)


class Advert(NamedTuple):
    """One BLE advertisement as an antenna hears it; `rssi` in dBm, 127 = not available."""

    address: str
    rssi: int
    payload: bytes
    address_type: str = "random"


class RadioUnavailable(Exception):
    """This kind of radio cannot run on this machine; the text says why."""


class RadioError(Exception):
    """The radio refused a command of the line protocol."""


class Radio:
    """The world's side of the line protocol. One command is one line, answered by one line. Any thread may call."""

    def __init__(self, control: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(control))
        self._lines = self._socket.makefile("r", encoding="ascii")
        self._turn = threading.Lock()

    def command(self, *words: object) -> str:
        """Sends one command; returns what follows "ok"."""
        with self._turn:
            self._socket.sendall((" ".join(map(str, words)) + "\n").encode())
            return self._answer()

    def advert(self, controller: str, advert: Advert, malformed: str = "") -> bool:
        """True if the host was told of it (the controller scans, nothing filtered it)."""
        return self.command(*_advert_words(controller, advert), *filter(None, [malformed])) == "heard"

    def adverts(self, heard: Iterable[tuple[str, Advert]]) -> int:
        """Many adverts at once, without a turn-around each; returns how many the host was told of."""
        total = 0
        batch: list[str] = []
        for controller, advert in heard:
            batch.append(" ".join(map(str, _advert_words(controller, advert))) + "\n")
            if len(batch) == 64:
                total += self._send_batch(batch)
                batch.clear()
        return total + self._send_batch(batch)

    def _send_batch(self, batch: Sequence[str]) -> int:
        with self._turn:
            self._socket.sendall("".join(batch).encode())
            return sum(self._answer() == "heard" for _ in batch)

    def _answer(self) -> str:
        verdict, _, rest = self._lines.readline().strip().partition(" ")
        if verdict != "ok":
            raise RadioError(rest or "the radio has gone")
        return rest

    def plug(self, controller: str, address: str) -> None:
        self.command("plug", controller, address)

    def unplug(self, controller: str) -> None:
        self.command("unplug", controller)

    def deafen(self, controller: str, cure: str) -> None:
        """It goes on saying that it scans and hears nothing, until its scan is stopped ("restart") or it loses "power"."""
        self.command("deaf", controller, cure)

    def freeze(self) -> None:
        """The process behind org.bluez keeps its name and answers nothing, until `thaw`."""
        raise NotImplementedError

    def thaw(self) -> None:
        raise NotImplementedError

    def state(self) -> dict:
        """Per controller: address, powered, discovering, monitors, heard, unheard, lost, advertising (hex payloads)."""
        return json.loads(self.command("state"))

    def wait_scanning(self, controller: str = "hci0", timeout_s: float = 15) -> None:
        """Waits until adverts with their RSSI would reach a client of org.bluez."""
        wait_until(lambda: self.state().get(controller, {}).get("discovering"), timeout_s, f"{controller} scans")

    def restart(self) -> None:
        """org.bluez dies and comes back; the controllers stay plugged in."""
        raise NotImplementedError

    def stop(self) -> None:
        self._lines.close()
        self._socket.close()


def _advert_words(controller: str, advert: Advert) -> tuple[object, ...]:
    return "adv", controller, advert.address, advert.address_type, advert.rssi, advert.payload.hex()


def _wait_for_socket(process: Process, path: Path) -> None:
    def listens() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(str(path)) == 0

    process.wait_ready(listens, _START_TIMEOUT_S)


class VirtualRadio(Radio):
    """Stock bluetoothd over virtual-mgmt. Raises RadioUnavailable where it cannot run."""

    kind = "stock bluetoothd on virtual controllers"

    def __init__(self, bus: Bus, directory: Path, controllers: Sequence[str] = DEFAULT_CONTROLLERS) -> None:
        programs = _virtual_radio_programs(directory)
        self._bus, self._directory = bus, directory
        self._preload = programs / "virtual-bt-preload.so"
        self._mgmt_socket = directory / "mgmt"
        control = directory / "radio-control"
        self._mgmt = Process(
            "virtual-mgmt", [programs / "virtual-mgmt", self._mgmt_socket, control, *controllers], directory
        )
        _wait_for_socket(self._mgmt, control)
        super().__init__(control)
        try:
            self._start_daemon()
        except BaseException:
            self.stop()
            raise

    def _start_daemon(self) -> None:
        self._daemon = Process(
            "bluetoothd",
            [_SOURCES / "run-bluetoothd", self._bus.address, self._mgmt_socket, self._preload],
            self._directory,
        )
        try:
            self._daemon.wait_ready(lambda: self._bus.has_owner("org.bluez"), _START_TIMEOUT_S)
        except DeadlineMissed as missed:
            if self._daemon.exit_code == TEMPORARY_FAILURE:
                raise RadioUnavailable(str(missed)) from None
            raise

    def freeze(self) -> None:
        self._daemon.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._daemon.signal(signal.SIGCONT)

    def restart(self) -> None:
        self._daemon.kill()
        wait_until(lambda: not self._bus.has_owner("org.bluez"), 5, "org.bluez leaves the bus")
        self._start_daemon()

    def stop(self) -> None:
        super().stop()
        if hasattr(self, "_daemon"):
            self._daemon.stop()
        self._mgmt.stop()


class FakeRadio(Radio):
    """Our own org.bluez (fake_bluez.py): runs anywhere, and can also send what bluetoothd never would."""

    kind = "emulated org.bluez"

    def __init__(self, bus: Bus, directory: Path, controllers: Sequence[str] = DEFAULT_CONTROLLERS) -> None:
        control = directory / "radio-control"
        self._process = Process(
            "fake-bluez",
            [sys.executable, "-m", "store.fake_bluez", bus.address, control, *controllers],
            directory,
            {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        )
        _wait_for_socket(self._process, control)
        super().__init__(control)

    def restart(self) -> None:
        self.command("restart")

    def gatt_read(self, controller: str, phone: str, characteristic: str) -> bytes:
        """What a connected phone reads; RadioError carries the D-Bus error name."""
        return bytes.fromhex(self.command("gatt-read", controller, phone, characteristic))

    def gatt_write(self, controller: str, phone: str, characteristic: str, value: bytes) -> None:
        self.command("gatt-write", controller, phone, characteristic, value.hex())

    def stop(self) -> None:
        super().stop()
        self._process.stop()


def open_radio(bus: Bus, directory: Path, controllers: Sequence[str] = DEFAULT_CONTROLLERS) -> Radio:
    """The most real radio that this machine can run."""
    try:
        return VirtualRadio(bus, directory, controllers)
    except RadioUnavailable:
        return FakeRadio(bus, directory, controllers)


def _virtual_radio_programs(directory: Path) -> Path:
    """The folder with virtual-mgmt and its preload: the build's, or compiled here in about a second."""
    if not Path(os.environ.get("BLUETOOTHD", "/usr/libexec/bluetooth/bluetoothd")).exists():
        raise RadioUnavailable("bluetoothd is not installed")
    built = program_directory()
    if (built / "virtual-mgmt").exists() and (built / "virtual-bt-preload.so").exists():
        return built
    emulator = [_SOURCES / name for name in ("virtual_mgmt.c", "mgmt.c", "radio.c", "control.c")]
    try:
        subprocess.run(["cc", "-std=gnu11", "-O2", "-o", directory / "virtual-mgmt", *emulator], check=True)
        subprocess.run(
            [
                "cc",
                "-std=gnu11",
                "-O2",
                "-shared",
                "-fPIC",
                "-o",
                directory / "virtual-bt-preload.so",
                _SOURCES / "bt_preload.c",
            ],
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as failure:
        raise RadioUnavailable(f"virtual-mgmt cannot be compiled: {failure}") from failure
    return directory


def program_directory() -> Path:
    """Where the built programs lie: $TOUCHPOINT_BIN, or the release build."""
    return Path(os.environ.get("TOUCHPOINT_BIN") or REPOSITORY / "build" / "release" / "bin")
