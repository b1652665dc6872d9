"""A private D-Bus daemon, on which anybody may own org.bluez."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .processes import Process

_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""


class Bus:
    """`address` is what a client connects to."""

    def __init__(self, directory: Path) -> None:
        socket = directory / "bus"
        configuration = directory / "bus.conf"
        configuration.write_text(_CONFIGURATION.format(socket=socket))
        self.address = f"unix:path={socket}"
        self._directory, self._socket, self._configuration = directory, socket, configuration
        self.start()

    def start(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._process = Process(
            "dbus", ["dbus-daemon", f"--config-file={self._configuration}", "--nofork", "--nopidfile"], self._directory
        )
        self._process.wait_ready(lambda: self.has_owner("org.freedesktop.DBus"), 10)

    def kill(self) -> None:
        """kill -9: every client is thrown out; `start` opens the same address again."""
        self._process.kill()

    def has_owner(self, name: str) -> bool:
        asked = subprocess.run(
            [
                "dbus-send",
                f"--bus={self.address}",
                "--print-reply=literal",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus.NameHasOwner",
                f"string:{name}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return "true" in asked.stdout

    def stop(self) -> None:
        self._process.stop()
