"""The daemon under test: its configuration, its life, its doors (admin socket, HTTP). Knows the contract only."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Iterable, Mapping

from .broker import Broker
from .bus import Bus
from .catalogue import Record, write_ndjson
from .processes import Process, free_port
from .radio import program_directory
from .till import Key

STORE = "paris-042"
GATEWAY = "gw-1"
ENTRANCE_ADDRESS = "00:1A:7D:DA:71:01"
FITTING_ADDRESS = "00:1A:7D:DA:71:02"
POS_KEY = Key("k1", b"an example secret of a till")
_READY_TIMEOUT_S = 20
_CTL_TIMEOUT_S = 300


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


class Gateway:
    """One touchpointd with directories of its own under `directory`.

    `patch` is merged over a store with two controllers (entrance, fitting rooms), a remote receiver (till) and no
    hold-out; see `configuration`. Nothing runs before `start`.
    """

    def __init__(
        self,
        directory: Path,
        bus: Bus,
        local: Broker,
        central: Broker,
        patch: Record | None = None,
        name: str = "touchpointd",
    ) -> None:
        self.directory = directory / name
        self.directory.mkdir()
        self.pos_port, self.http_port, self.tablet_port = free_port(), free_port(), free_port()
        self.configuration: Record = merge_patch(self._standard(bus, local, central), patch or {})
        self.wrapper: list[str] = []  # what the daemon is started through; must end in exec
        self.environment: dict[str, str] = {}  # of the daemon, beside ours
        self._name = name
        self._process: Process | None = None

    def _standard(self, bus: Bus, local: Broker, central: Broker) -> Record:
        secret = self.directory / "pos.secret"
        secret.write_bytes(POS_KEY.secret)
        secret.chmod(0o600)
        return {
            "store": {"id": STORE, "gateway": GATEWAY, "timezone": "Europe/Paris", "languages": ["fr", "en"]},
            "state_dir": str(self.directory / "state"),
            "runtime_dir": str(self.directory / "run"),
            "zones": [
                {"id": "entrance", "kind": "entrance"},
                {"id": "floor", "kind": "floor"},
                {"id": "fitting", "kind": "fitting"},
                {"id": "till-1", "kind": "till", "workstations": ["POS1"]},
            ],
            "radio": {
                "bus": bus.address,
                "receivers": [
                    {"id": "hci0", "adapter": ENTRANCE_ADDRESS, "zone": "entrance"},
                    {"id": "hci1", "adapter": FITTING_ADDRESS, "zone": "fitting"},
                    {"id": "rx-till", "remote": True, "zone": "till-1"},
                ],
            },
            "central": {"url": central.url},
            "local": {"url": local.url},
            "pos": {
                "http": {
                    "listen": f"127.0.0.1:{self.pos_port}",
                    "keys": [{"id": POS_KEY.id, "secret_file": str(secret)}],
                },
                "workstations": [{"id": "POS1"}],
            },
            "http": {"listen": f"127.0.0.1:{self.http_port}"},
            "tablet": {"listen": f"127.0.0.1:{self.tablet_port}", "mqtt_url": local.websocket_url},
            "suggestions": {"holdout_percent": 0},
            "log": {"format": "text"},
        }

    # -- life --------------------------------------------------------------------------------------------------

    @property
    def process(self) -> Process:
        if self._process is None:
            raise RuntimeError("the gateway was never started")
        return self._process

    @property
    def socket(self) -> Path:
        return Path(self.configuration.get("admin_socket") or Path(self.configuration["runtime_dir"]) / "admin.sock")

    @property
    def state_directory(self) -> Path:
        return Path(self.configuration["state_dir"])

    def write_configuration(self) -> Path:
        for key in ("state_dir", "runtime_dir"):
            Path(self.configuration[key]).mkdir(exist_ok=True)
        path = self.directory / "gateway.json"
        path.write_text(json.dumps(self.configuration, indent=2))
        return path

    def start(self, ready: bool = True, timeout_s: float = _READY_TIMEOUT_S) -> None:
        """Starts it; with `ready` returns when /readyz says 200."""
        program = program_directory() / "touchpointd"
        arguments = [*self.wrapper, program, "--config", self.write_configuration()]
        self._process = Process(self._name, arguments, self.directory, self.environment)
        if ready:
            self.wait_ready(timeout_s)

    def wait_ready(self, timeout_s: float = _READY_TIMEOUT_S) -> None:
        self.process.wait_ready(lambda: self.get("/readyz")[0] == 200, timeout_s)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()

    def stop(self) -> int:
        """SIGTERM; returns the exit code. Harmless if it never ran."""
        return self._process.stop() if self._process else 0

    def reload(self) -> None:
        """SIGHUP with the configuration as it is now."""
        self.write_configuration()
        self.process.signal(signal.SIGHUP)

    def log(self) -> str:
        return self.process.log()

    # -- doors -------------------------------------------------------------------------------------------------

    def get(self, path: str) -> tuple[int, str]:
        """GET on the health listener; status 0 if nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> int:
        """The figure on /metrics with that name and labels, at most a second old; 0 before there is one."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(int(line.split()[-1]) for line in lines if line.startswith(f"touchpoint_{name}"))

    def adverts(self, result: str) -> int:
        """How many Eddystone-EID adverts were heard so far, of a `member` or `foreign`."""
        return self.metric(f'adverts_total{{result="{result}"}}')

    def ctl(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """touchpointctl on this gateway's admin socket."""
        return subprocess.run(
            [program_directory() / "touchpointctl", "--socket", self.socket, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=_CTL_TIMEOUT_S,
            check=False,
        )

    def import_file(self, kind: str, path: Path) -> None:
        """A full replacement of `profiles`, `catalog`, `complements` or `scenarios`; raises with what ctl said."""
        done = self.ctl("import", kind, path)
        if done.returncode != 0:
            raise AssertionError(f"import {kind} exited {done.returncode}: {done.stdout}{done.stderr}")

    def import_records(self, kind: str, records: Iterable[Record]) -> None:
        self.import_file(kind, write_ndjson(self.directory / f"{kind}.ndjson", records))

    @property
    def tablet_url(self) -> str:
        return f"http://127.0.0.1:{self.tablet_port}/tablet/"
