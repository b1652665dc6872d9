"""The service manager hears `WATCHDOG=1` only while every lane of the daemon answers."""

from __future__ import annotations

import socket
import time
import unittest
from pathlib import Path

from store.case import ShopCase
from store.gateway import Gateway
from store.held import Held
from store.processes import wait_until

_LANES = ("facts", "cache", "http")
_LIMIT_S = 2.0
_NOTICED_S = 20  # a lane may be silent for 10 s
_FED = b"WATCHDOG=1"


class Manager:
    """What systemd is to one daemon: a socket that it tells how it is."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(_LIMIT_S * 1e6))}
        self._fed_at: float | None = None

    def fed_since(self, instant: float) -> bool:
        self._listen()
        return self._fed_at is not None and self._fed_at > instant

    def would_end_it(self) -> bool:
        self._listen()
        return self._fed_at is None or time.monotonic() - self._fed_at > _LIMIT_S

    def _listen(self) -> None:
        while True:
            try:
                words = self._socket.recv(4096)
            except BlockingIOError:
                return
            if _FED in words.splitlines():
                self._fed_at = time.monotonic()

    def close(self) -> None:
        self._socket.close()


class WatchdogTest(ShopCase):
    def _gateways(self) -> list[Gateway]:
        shop = self.shop()
        gateways = [shop.gateway]
        for number in range(2, len(_LANES) + 1):
            patch = {"store": {"gateway": f"gw-{number}"}, "radio": None}
            gateways.append(Gateway(shop.directory, shop.bus, shop.local, shop.wan, patch, f"touchpointd-{number}"))
            self.addCleanup(gateways[-1].stop)
        return gateways

    def test_a_lane_that_stands_still_starves_it(self) -> None:
        gateways, managers = self._gateways(), []
        for gateway in gateways:
            managers.append(Manager(gateway.directory / "notify"))
            self.addCleanup(managers[-1].close)
            gateway.environment = managers[-1].environment
            gateway.start()
        for manager in managers:
            wait_until(lambda: manager.fed_since(0), _NOTICED_S, "it is fed while all is well")

        held = [Held(gateway.process.pid, lane) for gateway, lane in zip(gateways, _LANES)]
        for lane, manager in zip(_LANES, managers):
            wait_until(manager.would_end_it, _NOTICED_S, f"it starves while lane {lane} stands still")
        released_at = time.monotonic()
        for lane in held:
            lane.release()
        for lane, manager in zip(_LANES, managers):
            wait_until(lambda: manager.fed_since(released_at), _NOTICED_S, f"lane {lane} answers again")


if __name__ == "__main__":
    unittest.main()
