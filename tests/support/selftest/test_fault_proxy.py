"""The bad line does what it says: to a server that answers each line with the same line."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
import unittest

from store.fault_proxy import FaultProxy
from store.processes import wait_until

_SOON_S = 5.0
_SILENCE_S = 0.3


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)
        self.server.finished.set()  # type: ignore[attr-defined]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A reset is no error here."""


class FaultProxyTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = _Server(("127.0.0.1", 0), _Echo)
        self.server.finished = threading.Event()  # type: ignore[attr-defined]
        self.addCleanup(self.server.server_close)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(self.server.shutdown)
        self.proxy = FaultProxy(self.server.server_address[1])
        self.addCleanup(self.proxy.stop)

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.proxy.port), _SOON_S)
        self.addCleanup(client.close)
        return client

    def say(self, client: socket.socket, text: bytes = b"hello\n") -> bytes:
        client.sendall(text)
        return client.recv(100)

    def test_it_forwards_both_ways_and_counts(self) -> None:
        clients = [self.connect(), self.connect()]
        self.assertEqual([self.say(client) for client in clients], [b"hello\n"] * 2)
        self.assertEqual((self.proxy.accepted, self.proxy.open_connections), (2, 2))
        clients[0].close()
        wait_until(lambda: self.proxy.open_connections == 1, _SOON_S, "the end is forwarded")

    def test_a_cut_is_a_reset(self) -> None:
        client = self.connect()
        self.say(client)
        self.assertEqual(self.proxy.cut(), 1)
        with self.assertRaises(ConnectionResetError):
            client.recv(100)
        self.assertEqual(self.say(self.connect()), b"hello\n", "the next connection works")

    def test_nothing_arrives_until_it_flows_again(self) -> None:
        old = self.connect()
        self.say(old)
        self.proxy.swallow()
        new = self.connect()
        for client in (old, new):
            client.settimeout(_SILENCE_S)
            client.sendall(b"late\n")
            with self.assertRaises(TimeoutError):
                client.recv(100)
        self.proxy.flow()
        for client in (old, new):
            client.settimeout(_SOON_S)
            self.assertEqual(client.recv(100), b"late\n")

    def test_a_swallowing_line_can_be_cut(self) -> None:
        client = self.connect()
        self.say(client)
        self.proxy.swallow()
        self.proxy.cut()
        with self.assertRaises(ConnectionResetError):
            client.recv(100)

    def test_a_delay_counts_each_way_and_keeps_the_order(self) -> None:
        client = self.connect()
        self.proxy.delay(0.2)
        started_s = time.monotonic()
        client.sendall(b"one\n")
        client.sendall(b"two\n")
        heard = b""
        while heard.count(b"\n") < 2:
            heard += client.recv(100)
        self.assertEqual(heard, b"one\ntwo\n")
        self.assertTrue(0.4 <= time.monotonic() - started_s < 2, "once there and once back")

    def test_half_closed_towards_the_client(self) -> None:
        client = self.connect()
        self.say(client)
        self.proxy.half_close("client")
        self.assertEqual(client.recv(100), b"", "it hears the end")
        client.sendall(b"more\n")
        self.assertFalse(self.server.finished.wait(_SILENCE_S))  # type: ignore[attr-defined]

    def test_half_closed_towards_the_server(self) -> None:
        client = self.connect()
        self.say(client)
        self.proxy.half_close("server")
        self.assertTrue(self.server.finished.wait(_SOON_S))  # type: ignore[attr-defined]


if __name__ == "__main__":
    unittest.main()
