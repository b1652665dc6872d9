"""A private mosquitto: MQTT and MQTT over WebSocket on free ports of 127.0.0.1; keeps nothing unless told to."""

from __future__ import annotations

import signal
from pathlib import Path

from .processes import Process, accepts_connections, free_port, wait_until

# "user root" means that mosquitto keeps the user it was started by: giving it up would also give up PR_SET_PDEATHSIG.
_CONFIGURATION = """user root
per_listener_settings false
{persistence}
allow_anonymous true
log_dest stderr
log_type error
log_type warning
max_inflight_messages 0
max_queued_messages 0
{limits}
listener {port} 127.0.0.1
listener {websocket_port} 127.0.0.1
protocol websockets
"""


class Broker:
    """Keeps its ports over stop, kill and start, as a broker that crashed and came back does.

    With `durable`, what `save` found outlives even kill -9: sessions, subscriptions and retained messages. `limits`
    are further lines of mosquitto's configuration.
    """

    def __init__(self, directory: Path, name: str = "broker", durable: bool = False, limits: str = "") -> None:
        self.port = free_port()
        self.websocket_port = free_port()
        self._directory, self._name = directory, name
        self._configuration = directory / f"{name}.conf"
        self._database = directory / f"{name}.db"
        persistence = f"persistence true\npersistence_file {name}.db\npersistence_location {directory}/"
        self._configuration.write_text(
            _CONFIGURATION.format(
                port=self.port,
                websocket_port=self.websocket_port,
                persistence=persistence if durable else "persistence false",
                limits=limits,
            )
        )
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.websocket_port}"

    def start(self) -> None:
        self._process = Process(self._name, ["/usr/sbin/mosquitto", "-c", self._configuration], self._directory)
        self._process.wait_ready(
            lambda: accepts_connections(self.port) and accepts_connections(self.websocket_port), 10
        )

    def reload(self) -> None:
        """Reads passwords and access lists anew."""
        self._process.signal(signal.SIGHUP)

    def save(self) -> None:
        """Writes the database of a durable broker now."""
        self._database.unlink(missing_ok=True)
        self._process.signal(signal.SIGUSR1)
        wait_until(self._database.exists, 10, f"{self._name} writes its database")

    def kill(self) -> None:
        """kill -9: every session and retained message is lost, but for what `save` wrote."""
        self._process.kill()

    def stop(self) -> None:
        self._process.stop()
