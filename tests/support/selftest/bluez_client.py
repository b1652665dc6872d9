"""A small client of org.bluez that scans as a gateway should: monitor and discovery together."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.service import PropertyAccess, ServiceInterface, dbus_property, method

ADAPTER = "/org/bluez/hci0"
EID_UUID = "0000feaa-0000-1000-8000-00805f9b34fb"


class Monitor(ServiceInterface):
    """AdvertisementMonitor1 for Eddystone service data."""

    def __init__(self) -> None:
        super().__init__("org.bluez.AdvertisementMonitor1")
        self.activated = threading.Event()

    @method()
    def Release(self):
        self.activated.clear()

    @method()
    def Activate(self):
        self.activated.set()

    @method()
    def DeviceFound(self, device: "o"):
        pass

    @method()
    def DeviceLost(self, device: "o"):
        pass

    @dbus_property(access=PropertyAccess.READ)
    def Type(self) -> "s":
        return "or_patterns"

    @dbus_property(access=PropertyAccess.READ)
    def Patterns(self) -> "a(yyay)":
        return [[0, 0x16, bytes.fromhex("aafe")]]


class Advertisement(ServiceInterface):
    """An iBeacon."""

    PAYLOAD = bytes.fromhex("0215" + "64146e8cc39849d4aa6deea7e3e0755d" + "00000000c5")

    def __init__(self) -> None:
        super().__init__("org.bluez.LEAdvertisement1")

    @dbus_property(access=PropertyAccess.READ)
    def Type(self) -> "s":
        return "broadcast"

    @dbus_property(access=PropertyAccess.READ)
    def ManufacturerData(self) -> "a{qv}":
        return {0x004C: Variant("ay", self.PAYLOAD)}


class Client:
    """Synchronous face of an asyncio client; `device_signals` collects every message about a Device1."""

    def __init__(self, address: str) -> None:
        self.device_signals: list[Message] = []
        self.monitor = Monitor()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._connect(address))

    def _run(self, coroutine: Any) -> Any:
        future: Future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(10)

    async def _connect(self, address: str) -> None:
        self._bus = await MessageBus(bus_address=address).connect()
        self._bus.add_message_handler(self._on_message)
        self._bus.export("/client/m0", self.monitor)
        self._bus.export("/client/beacon", Advertisement())
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=["type='signal',sender='org.bluez'"],
            )
        )

    def _on_message(self, message: Message) -> None:
        added = message.member == "InterfacesAdded" and "org.bluez.Device1" in message.body[1]
        changed = message.member == "PropertiesChanged" and message.body[0] == "org.bluez.Device1"
        if message.message_type is MessageType.SIGNAL and (added or changed):
            self.device_signals.append(message)

    def call(self, interface: str, member: str, signature: str = "", *body: Any, path: str = ADAPTER) -> str:
        """ "" if it worked, else the name of the error."""
        reply = self._run(
            self._bus.call(
                Message(
                    destination="org.bluez",
                    path=path,
                    interface=interface,
                    member=member,
                    signature=signature,
                    body=list(body),
                )
            )
        )
        return reply.error_name or "" if reply.message_type is MessageType.ERROR else ""

    def discover(self) -> str:
        wish = {
            "Transport": Variant("s", "le"),
            "DuplicateData": Variant("b", True),
            "UUIDs": Variant("as", [EID_UUID]),
        }
        return self.call("org.bluez.Adapter1", "SetDiscoveryFilter", "a{sv}", wish) or self.call(
            "org.bluez.Adapter1", "StartDiscovery"
        )

    def register_monitor(self) -> str:
        return self.call("org.bluez.AdvertisementMonitorManager1", "RegisterMonitor", "o", "/client")

    def register_beacon(self) -> str:
        return self.call("org.bluez.LEAdvertisingManager1", "RegisterAdvertisement", "oa{sv}", "/client/beacon", {})

    def adverts(self) -> list[tuple[int | None, bytes | None]]:
        """(RSSI, Eddystone frame) of each device signal so far."""
        return [_advert(message) for message in list(self.device_signals)]

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._bus.disconnect)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def _advert(message: Message) -> tuple[int | None, bytes | None]:
    properties = message.body[1]["org.bluez.Device1"] if message.member == "InterfacesAdded" else message.body[1]
    rssi = properties["RSSI"].value if "RSSI" in properties else None
    data = properties["ServiceData"].value.get(EID_UUID) if "ServiceData" in properties else None
    return rssi, bytes(data.value) if data is not None else None
