"""An org.bluez of our own on a private bus, for machines where bluetoothd cannot run and for answers it never gives.

    python3 -m store.fake_bluez BUS_ADDRESS CONTROL_SOCKET [ADDRESS...]

Speaks the line protocol of firmware-gateway/virtual-radio/README.md and a little more: `restart`, `gatt-read`,
`gatt-write`, `without INTERFACE`, `drop-adverts CONTROLLER tell|silent`, and a seventh word of `adv`, a name of
bluez_adverts.MALFORMED.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Awaitable, Callable

from dbus_fast.aio import MessageBus

from .bluez_adverts import MALFORMED
from .bluez_model import BluezError
from .bluez_service import BluezService
from .radio import Advert


class Control:
    """Obeys the line protocol."""

    def __init__(self, bluez: BluezService) -> None:
        self._bluez = bluez
        self._commands: dict[str, Callable[..., Awaitable[str]]] = {
            "adv": self._advert,
            "plug": self._plug,
            "unplug": self._unplug,
            "deaf": self._deaf,
            "state": self._state,
            "restart": self._restart,
            "without": self._without,
            "drop-adverts": self._drop_adverts,
            "gatt-read": self._gatt_read,
            "gatt-write": self._gatt_write,
        }

    async def obey(self, line: str) -> str:
        """The answer to one command."""
        name, *words = line.split()
        try:
            return f"ok {await self._commands[name](*words)}".rstrip()
        except BluezError as refusal:
            return f"error {refusal.name}"
        except (KeyError, TypeError, ValueError) as mistake:
            return f"error {type(mistake).__name__} {mistake}"

    async def _advert(
        self, controller: str, address: str, address_type: str, rssi: str, payload: str, malformed: str = ""
    ) -> str:
        adapter = self._bluez.adapters[controller]
        advert = Advert(address, int(rssi), bytes.fromhex(payload), address_type)
        spoil = MALFORMED[malformed] if malformed else dict
        heard = adapter.hear(advert, time.monotonic())
        if heard is None:
            return "unheard"
        device, properties, new = heard
        self._bluez.report(device, spoil(properties), new)
        for owner in adapter.matching_monitors(advert):
            await self._bluez.tell_monitor(owner, device)
        return "heard"

    async def _plug(self, controller: str, address: str) -> str:
        if controller in self._bluez.adapters:
            raise ValueError("no such free place")
        self._bluez.plug(controller, address)
        return ""

    async def _unplug(self, controller: str) -> str:
        self._bluez.unplug(controller)
        return ""

    async def _deaf(self, controller: str, cure: str) -> str:
        if cure not in ("restart", "power"):
            raise ValueError("cure: restart or power")
        self._bluez.adapters[controller].deaf_until = cure
        return ""

    async def _state(self) -> str:
        return json.dumps(
            {
                name: {
                    "address": adapter.address,
                    "powered": adapter.powered,
                    "discovering": adapter.discovering,
                    "monitors": len(adapter.monitors),
                    "heard": adapter.heard,
                    "unheard": adapter.unheard,
                    "lost": 0,
                    "applications": len(adapter.applications),
                    "disconnected": adapter.disconnected,
                    "advertising": [payload.hex() for payload in adapter.advertisements.values()],
                }
                for name, adapter in self._bluez.adapters.items()
            }
        )

    async def _restart(self) -> str:
        await self._bluez.restart()
        return ""

    async def _without(self, interface: str) -> str:
        self._bluez.lack(interface)
        return ""

    async def _drop_adverts(self, controller: str, how: str) -> str:
        await self._bluez.drop_adverts(controller, how == "tell")
        return ""

    async def _gatt_read(self, controller: str, phone: str, characteristic: str) -> str:
        reply = await self._bluez.gatt(controller, phone, characteristic, "ReadValue", "a{sv}", [])
        return bytes(reply.body[0]).hex()

    async def _gatt_write(self, controller: str, phone: str, characteristic: str, value: str) -> str:
        await self._bluez.gatt(controller, phone, characteristic, "WriteValue", "aya{sv}", [bytes.fromhex(value)])
        return ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One control connection until it closes."""
        while line := await reader.readline():
            writer.write((await self.obey(line.decode()) + "\n").encode())
            await writer.drain()
        writer.close()


async def main(bus_address: str, control: str, *addresses: str) -> None:
    bus = await MessageBus(bus_address=bus_address).connect()
    bluez = BluezService(bus, list(addresses))
    await bluez.start()
    await asyncio.start_unix_server(Control(bluez).serve, control)
    await asyncio.gather(bluez.forget_stale_devices(), bus.wait_for_disconnect())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
