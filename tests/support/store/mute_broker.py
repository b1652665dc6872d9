"""A broker that lets everybody in, answers pings, and never acknowledges an event; it names a rival when told to."""

from __future__ import annotations

import socketserver
import threading
from typing import BinaryIO

_CONNECT, _PUBLISH, _SUBSCRIBE, _UNSUBSCRIBE, _PING, _DISCONNECT = 1, 3, 8, 10, 12, 14
_SESSION_TAKEN_OVER = bytes([0xE0, 2, 0x8E, 0])
_RECEIVE_MAXIMUM = 0x21
_CONNACK, _SUBACK, _UNSUBACK, _PINGRESP = 0x20, 0x90, 0xB0, 0xD0


class MuteBroker:
    """MQTT 5, as little as a client needs. Counts what it sees; safe to read from any thread.

    `topics` are those of publications; a client that used topic aliases would name some of them with nothing.
    """

    def __init__(self, receive_maximum: int = 65_535) -> None:
        granted = bytes([_CONNACK, 6, 0, 0, 3, _RECEIVE_MAXIMUM, *receive_maximum.to_bytes(2, "big")])
        self.topics: set[str] = set()
        self.connected = 0
        self.published = 0
        self.most_unacknowledged = 0
        self._newest: BinaryIO | None = None
        broker = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                unacknowledged = 0
                while packet := _read_packet(self.rfile):
                    kind, body = packet[0] >> 4, packet[1]
                    if kind == _CONNECT:
                        self.wfile.write(granted)
                        broker._newest = self.wfile
                        broker.connected += 1
                    elif kind == _SUBSCRIBE:
                        self.wfile.write(bytes([_SUBACK, 4, body[0], body[1], 0, 1]))
                    elif kind == _UNSUBSCRIBE:
                        self.wfile.write(bytes([_UNSUBACK, 4, body[0], body[1], 0, 0x11]))
                    elif kind == _PING:
                        self.wfile.write(bytes([_PINGRESP, 0]))
                    elif kind == _PUBLISH and packet[0] & 0x06:
                        broker.topics.add(body[2 : 2 + int.from_bytes(body[:2], "big")].decode())
                        unacknowledged += 1
                        broker.published += 1
                        broker.most_unacknowledged = max(broker.most_unacknowledged, unacknowledged)
                    elif kind == _DISCONNECT:
                        return

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take_over(self) -> None:
        """Tells the newest client that another one took its session."""
        if self._newest:
            self._newest.write(_SESSION_TAKEN_OVER)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that goes without a word is no error here."""


def _read_packet(stream: BinaryIO) -> tuple[int, bytes] | None:
    first = stream.read(1)
    if not first:
        return None
    length = shift = 0
    while True:
        (octet,) = stream.read(1)
        length |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            return first[0], stream.read(length)
