"""Passes connections on:  relay.py FROM TO [FROM TO...],  each tcp:HOST:PORT or unix:PATH.

The doors of the daemon open to its own machine only; this lets a test knock from outside of a virtual one.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Awaitable, Callable

_BYTES = 1 << 16
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _connect(place: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _, rest = place.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(rest)
    host, _, port = rest.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def _listen(place: str, serve: Serve) -> None:
    kind, _, rest = place.partition(":")
    if kind == "unix":
        await asyncio.start_unix_server(serve, rest)
    else:
        host, _, port = rest.rpartition(":")
        await asyncio.start_server(serve, host, int(port))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(_BYTES):
            sink.write(data)
            await sink.drain()
        sink.write_eof()
    except OSError:
        sink.close()


def _to(place: str) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward_reader, onward_writer = await _connect(place)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, onward_writer), _pump(onward_reader, writer))
        writer.close()
        onward_writer.close()

    return serve


async def main(places: list[str]) -> None:
    for source, sink in zip(places[::2], places[1::2]):
        await _listen(source, _to(sink))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
