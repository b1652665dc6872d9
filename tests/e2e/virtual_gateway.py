"""The daemon in a virtual machine of its own, with a disk of its own: `kill` is the power that fails.

Brokers, tills and central stay outside. The disk is a file that the machine writes through its own page cache: what
the daemon did not sync is gone with the machine, what it synced is in the file.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from machine import Machine
from store.gateway import Gateway
from store.processes import Process, free_port
from store.radio import program_directory

_OUTSIDE = "192.0.2.2"  # qemu's name for the machine around it
_INSIDE = "192.0.2.15"
_DISK_BYTES = 1 << 30
_BOOT_S = 180
_HERE = Path(__file__).resolve().parent
_JOB = """
mkdir -p /data /run/touchpoint && mount -t ext4 /dev/vda /data || exit 1
ip addr add {inside}/24 dev eth0 && ip link set eth0 up && ip route add default via {outside} || exit 1
/usr/bin/python3 -B {relay} {doors} &
touch /mnt/share/began
exec {daemon} --config /mnt/share/gateway.json
"""


class VirtualGateway(Gateway):
    """As Gateway. `ready_s`: from the start of the daemon to /readyz, of each life that got so far."""

    def __init__(self, machine: Machine, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ready_s: list[float] = []
        self._machine = machine
        self._share = self.directory / "share"
        self._share.mkdir()
        self._admin_port = free_port()
        self._relay: Process | None = None
        self._disk = self.directory / "disk"
        with self._disk.open("wb") as disk:
            disk.truncate(_DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._disk], check=True)
        machine.prepare(self._share, self._job())

    @property
    def socket(self) -> Path:
        return self.directory / "admin.sock"

    def _job(self) -> str:
        ports = [self.pos_port, self.http_port, self.tablet_port]
        doors = [f"tcp:{_INSIDE}:{port} tcp:127.0.0.1:{port}" for port in ports]
        doors.append(f"tcp:{_INSIDE}:{self._admin_port} unix:/run/touchpoint/admin.sock")
        return _JOB.format(
            inside=_INSIDE,
            outside=_OUTSIDE,
            relay=_HERE / "relay.py",
            doors=" ".join(doors),
            daemon=program_directory() / "touchpointd",
        )

    def write_configuration(self) -> Path:
        inside = json.loads(json.dumps(self.configuration))
        inside["state_dir"], inside["runtime_dir"] = "/data/state", "/run/touchpoint"
        for link in ("central", "local"):
            inside[link]["url"] = inside[link]["url"].replace("127.0.0.1", _OUTSIDE)
        for key in inside["pos"]["http"]["keys"]:
            shutil.copy(key["secret_file"], self._share)
            key["secret_file"] = f"/mnt/share/{Path(key['secret_file']).name}"
        path = self._share / "gateway.json"
        path.write_text(json.dumps(inside, indent=2))
        return path

    def start(self, ready: bool = True, timeout_s: float = _BOOT_S) -> None:
        """Boots; with `ready` returns when /readyz says 200."""
        self.write_configuration()
        if self._relay is None:
            places = [f"unix:{self.socket}", f"tcp:127.0.0.1:{self._admin_port}"]
            self._relay = Process("relay", ["/usr/bin/python3", "-B", _HERE / "relay.py", *places], self.directory)
        ports = [self.pos_port, self.http_port, self.tablet_port, self._admin_port]
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{port}-{_INSIDE}:{port}" for port in ports)
        command = self._machine.command(
            self._share,
            *("-drive", f"file={self._disk},format=raw,if=virtio,cache=writeback"),
            *("-netdev", f"user,id=outside,net=192.0.2.0/24{forwards}", "-device", "virtio-net-pci,netdev=outside"),
        )
        for name in ("output", "began"):
            (self._share / name).unlink(missing_ok=True)
        self._process = Process("machine", command, self.directory)
        if ready:
            self.wait_ready(timeout_s)

    def wait_ready(self, timeout_s: float = _BOOT_S) -> None:
        super().wait_ready(timeout_s)
        self.ready_s.append(time.time() - (self._share / "began").stat().st_mtime)

    def log(self) -> str:
        output = self._share / "output"
        return output.read_text(errors="replace") if output.exists() else ""

    def stop(self) -> int:
        """Ends the machine as `kill` does: nobody asks a box before its power fails."""
        if self._process:
            self._process.kill()
        if self._relay:
            self._relay.stop()
        return 0
