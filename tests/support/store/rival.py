"""Another box with the gateway's client id, which comes back at once whenever it is thrown out."""

from __future__ import annotations

import socket
import struct
import threading


class Rival:
    """Counts in `connections` how often it took the session. MQTT 5, no keep-alive."""

    def __init__(self, port: int, client_id: str) -> None:
        self.connections = 0
        self._port, self._client_id = port, client_id.encode()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(0.05):
            with socket.create_connection(("127.0.0.1", self._port), 5) as connection:
                connection.sendall(self._connect())
                self.connections += 1
                connection.settimeout(0.1)
                self._stay(connection)

    def _connect(self) -> bytes:
        body = b"\0\4MQTT\5\2\0\0\0" + struct.pack(">H", len(self._client_id)) + self._client_id
        return bytes([0x10, len(body)]) + body

    def _stay(self, connection: socket.socket) -> None:
        """Until it is thrown out."""
        while not self._stopped.is_set():
            try:
                if not connection.recv(4096):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(10)
