"""A bad line: a TCP proxy on loopback that cuts, delays, swallows and half-closes when a test says so."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import Any, Callable, Literal, TypeVar

Side = Literal["client", "server"]
Value = TypeVar("Value")

_CHUNK = 65_536
_CHUNKS_ON_THE_WAY = 64
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close() sends RST, not FIN
_STOP_S = 10


class FaultProxy:
    """Forwards to `target_port` of 127.0.0.1. Faults hold for all connections, also those still to come.

    Everything may be called from any thread and has taken effect when it returns.
    """

    def __init__(self, target_port: int) -> None:
        self.accepted = 0
        self._target_port = target_port
        self._delay_s = 0.0
        self._pairs: set[_Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        return self._call(lambda: len(self._pairs))

    def cut(self) -> int:
        """Resets every connection at both ends; returns how many there were."""
        pairs = list(self._pairs)
        self._call(lambda: [pair.reset() for pair in pairs])
        return len(pairs)

    def swallow(self) -> None:
        """From now on nothing arrives anywhere, and nobody is told: new connections are taken and stay silent."""
        self._call(self._flowing.clear)

    def flow(self) -> None:
        """Ends `swallow`: what was sent meanwhile arrives late, as over TCP after a break."""
        self._call(self._flowing.set)

    def delay(self, seconds: float) -> None:
        """What is sent from now on arrives so much later, in each direction."""
        self._call(lambda: setattr(self, "_delay_s", seconds))

    def half_close(self, towards: Side) -> None:
        """That side hears that the other one has finished, and may go on speaking."""
        self._call(lambda: [end.finish() for pair in self._pairs if (end := pair.end(towards))])

    def stop(self) -> None:
        self._call(self._server.close)
        self.cut()
        self._do(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_S)
        self._loop.close()

    # -- on the thread of the loop -------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        pair = _Pair(_End(writer), asyncio.current_task())
        self._pairs.add(pair)
        try:
            await self._flowing.wait()
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            pair.server = _End(server_writer)
            await asyncio.gather(self._forward(reader, pair.server), self._forward(server_reader, pair.client))
            pair.close()
        except OSError:  # what one end suffers, the other does
            pair.reset()
        finally:
            self._pairs.discard(pair)

    async def _forward(self, reader: asyncio.StreamReader, end: _End) -> None:
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS_ON_THE_WAY)
        arrivals = asyncio.ensure_future(self._deliver(on_the_way, end))
        arrivals.add_done_callback(lambda task: task.cancelled() or task.exception())  # known by then, or of no interest
        try:
            chunk = b"first"
            while chunk and not arrivals.done():
                chunk = await reader.read(_CHUNK)
                await on_the_way.put((self._loop.time() + self._delay_s, chunk))
            await arrivals
        finally:
            arrivals.cancel()

    async def _deliver(self, on_the_way: asyncio.Queue[tuple[float, bytes]], end: _End) -> None:
        while True:
            due, chunk = await on_the_way.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            await self._flowing.wait()
            if not chunk:
                return end.finish()
            await end.send(chunk)

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_STOP_S)

    def _call(self, work: Callable[[], Value]) -> Value:
        async def run() -> Value:
            return work()

        return self._do(run())


class _End:
    """One of the two ends that the proxy speaks to. What is sent after `finish` is lost."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer, self._finished = writer, False

    async def send(self, chunk: bytes) -> None:
        if not self._finished:
            self._writer.write(chunk)
            await self._writer.drain()

    def finish(self) -> None:
        if not self._finished and not self._writer.transport.is_closing():
            with contextlib.suppress(OSError):  # the peer was faster
                self._writer.write_eof()
        self._finished = True

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        if not self._writer.transport.is_closing():
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._writer.transport.abort()


class _Pair:
    """One proxied connection; `server` is missing until it is connected. It keeps its task from being collected."""

    def __init__(self, client: _End, task: asyncio.Task[None] | None) -> None:
        self.client, self.task = client, task
        self.server: _End | None = None

    def end(self, side: Side) -> _End | None:
        return self.client if side == "client" else self.server

    def close(self) -> None:
        for end in filter(None, (self.client, self.server)):
            end.close()

    def reset(self) -> None:
        for end in filter(None, (self.client, self.server)):
            end.reset()
