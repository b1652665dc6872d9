"""Inside the virtual machine: the distribution's system bus, btvirt's two controllers, stock bluetoothd, and a phone.

The store's box has the first controller, the phone the second; both hang on the same bluetoothd, which tells them apart
as it would two machines. Everything between them is the kernel's.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Iterator, Sequence

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from store.bus import Bus
from store.processes import Process, wait_until

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
_BLUETOOTHD = "/usr/libexec/bluetooth/bluetoothd"
_ADAPTER, _DEVICE, _CHARACTERISTIC = "org.bluez.Adapter1", "org.bluez.Device1", "org.bluez.GattCharacteristic1"
_OBJECTS, _PROPERTIES = "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus.Properties"
_START_S, _AIR_S = 60, 60  # software emulation is 10 to 30 times slower than the machine
Interfaces = dict[str, dict[str, Variant]]


class SystemBus(Bus):
    """The system bus with the distribution's policy, which decides who may call whom."""

    def __init__(self, directory: Path) -> None:
        self.address = SYSTEM_BUS
        self._process = Process("dbus", ["dbus-daemon", "--system", "--nofork", "--nopidfile"], directory)
        self._process.wait_ready(lambda: self.has_owner("org.freedesktop.DBus"), _START_S)


class RealBluez:
    """What Shop calls its radio: controllers and bluetoothd."""

    def __init__(self, bus: Bus, directory: Path, _controllers: Sequence[str] = ()) -> None:
        self._bus, self._directory = bus, directory
        self._controllers = Process("btvirt", ["btvirt", "-L", "-l2"], directory)
        self.start_daemon()

    def start_daemon(self) -> None:
        self._daemon = Process("bluetoothd", [_BLUETOOTHD, "--nodetach", "--experimental"], self._directory)
        self._daemon.wait_ready(lambda: self._bus.has_owner("org.bluez"), _START_S)

    def restart(self) -> None:
        self._daemon.kill()
        wait_until(lambda: not self._bus.has_owner("org.bluez"), _START_S, "org.bluez leaves the bus")
        self.start_daemon()

    def stop(self) -> None:
        self._daemon.stop()
        self._controllers.stop()


class Refused(Exception):
    """What the phone's own stack says of a request that the box refused: a D-Bus error name."""


async def _connected() -> MessageBus:
    return await MessageBus(bus_address=SYSTEM_BUS).connect()


class AppPhone:
    """A phone with the app: sees the beacon, finds the service, connects, reads, writes. Uses controller hci1."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._bus = self._loop.run_until_complete(_connected())

    def stop(self) -> None:
        self._bus.disconnect()
        self._loop.close()

    def _call(self, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        message = Message("org.bluez", path, interface, member, signature=signature, body=list(body))
        reply = self._loop.run_until_complete(self._bus.call(message))
        if reply.message_type is MessageType.ERROR:
            raise Refused(reply.error_name)
        return reply.body[0] if reply.body else None

    def _objects(self) -> dict[str, Interfaces]:
        try:
            return self._call("/", _OBJECTS, "GetManagedObjects")
        except Refused:
            return {}  # bluetoothd is starting

    def controllers(self) -> dict[str, str]:
        """hciN -> its address, of those that are there."""
        adapters = {path: objects[_ADAPTER] for path, objects in self._objects().items() if _ADAPTER in objects}
        return {path.rsplit("/", 1)[1]: adapter["Address"].value for path, adapter in sorted(adapters.items())}

    def look(self) -> None:
        """Switches the controller on and begins to scan, with nothing remembered from before."""
        self._call("/org/bluez/hci1", _PROPERTIES, "Set", "ssv", _ADAPTER, "Powered", Variant("b", True))
        for path, _ in self._devices():
            self._call("/org/bluez/hci1", _ADAPTER, "RemoveDevice", "o", path)
        wish = {"Transport": Variant("s", "le"), "DuplicateData": Variant("b", True)}
        self._call("/org/bluez/hci1", _ADAPTER, "SetDiscoveryFilter", "a{sv}", wish)
        wait_until(self._scan, _AIR_S, "the phone scans", 0.5)

    def _scan(self) -> bool:
        """False where bluetoothd is still busy with what it found when it was started anew."""
        try:
            self._call("/org/bluez/hci1", _ADAPTER, "StartDiscovery")
        except Refused:
            return False
        return True

    def _devices(self) -> Iterator[tuple[str, dict[str, Variant]]]:
        for path, interfaces in self._objects().items():
            if path.startswith("/org/bluez/hci1/") and _DEVICE in interfaces:
                yield path, interfaces[_DEVICE]

    def beacons(self) -> list[bytes]:
        """Manufacturer data of company 0x004C that is on the air."""
        heard = [device.get("ManufacturerData") for _, device in self._devices()]
        return [bytes(data.value[0x004C].value) for data in heard if data and 0x004C in data.value]

    def connect(self, service: str) -> None:
        """To whoever advertises that service."""

        def found() -> str:
            return next((path for path, device in self._devices() if service in device["UUIDs"].value), "")

        self._box = wait_until(found, _AIR_S, "the service is advertised", 0.2)
        self._call(self._box, _DEVICE, "Connect")
        wait_until(lambda: self._property("ServicesResolved"), _AIR_S, "the services are resolved", 0.1)

    def _property(self, name: str) -> Any:
        return self._call(self._box, _PROPERTIES, "Get", "ss", _DEVICE, name).value

    @property
    def connected(self) -> bool:
        return bool(self._property("Connected"))

    def wait_disconnected(self) -> None:
        """The box ends the connection when it has what it wants."""
        wait_until(lambda: not self.connected, _AIR_S, "the box ends the connection", 0.1)

    def _characteristic(self, uuid: str) -> str:
        for path, interfaces in self._objects().items():
            if path.startswith(self._box) and interfaces.get(_CHARACTERISTIC, {}).get("UUID") == Variant("s", uuid):
                return path
        raise LookupError(uuid)

    def read(self, uuid: str) -> bytes:
        return bytes(self._call(self._characteristic(uuid), _CHARACTERISTIC, "ReadValue", "a{sv}", {}))

    def write(self, uuid: str, value: bytes) -> None:
        options = {"type": Variant("s", "request")}
        self._call(self._characteristic(uuid), _CHARACTERISTIC, "WriteValue", "aya{sv}", value, options)
