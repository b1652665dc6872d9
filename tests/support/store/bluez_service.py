"""The D-Bus face of the emulated org.bluez: objects, methods and signals, spelled as bluetoothd 5.66 spells them.

The rules are in bluez_model; the world speaks through fake_bluez. All state is touched by the asyncio thread alone.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Awaitable, Callable

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from .bluez_adverts import DEVICE, Properties
from .bluez_model import Adapter, BluezError, Device, Discovery, Owner

_ADAPTER, _MONITOR = "org.bluez.Adapter1", "org.bluez.AdvertisementMonitor1"
_MONITORS, _ADVERTS, _GATT = (
    "org.bluez.AdvertisementMonitorManager1",
    "org.bluez.LEAdvertisingManager1",
    "org.bluez.GattManager1",
)
_CHARACTERISTIC, _ADVERTISEMENT = "org.bluez.GattCharacteristic1", "org.bluez.LEAdvertisement1"
_PROPERTIES, _OBJECTS, _DBUS = (
    "org.freedesktop.DBus.Properties",
    "org.freedesktop.DBus.ObjectManager",
    "org.freedesktop.DBus",
)
_EVENTS_MATCH = [
    f"type='signal',sender='{_DBUS}',member='NameOwnerChanged'",
    f"type='signal',interface='{_OBJECTS}'",
]

Reply = tuple[str, list]
_NOTHING: Reply = ("", [])


def _adapter_properties(adapter: Adapter) -> Properties:
    return {
        "Address": Variant("s", adapter.address),
        "AddressType": Variant("s", "public"),
        "Name": Variant("s", "store"),
        "Alias": Variant("s", "store"),
        "Class": Variant("u", 0),
        "Powered": Variant("b", adapter.powered),
        "Discoverable": Variant("b", False),
        "Pairable": Variant("b", False),
        "Discovering": Variant("b", adapter.discovering),
        "UUIDs": Variant("as", []),
        "Roles": Variant("as", ["central", "peripheral"]),
    }


def _interfaces(adapter: Adapter) -> dict[str, Properties]:
    return {
        _ADAPTER: _adapter_properties(adapter),
        _MONITORS: {"SupportedMonitorTypes": Variant("as", ["or_patterns"]), "SupportedFeatures": Variant("as", [])},
        _ADVERTS: {
            "ActiveInstances": Variant("y", len(adapter.advertisements)),
            "SupportedInstances": Variant("y", 5 - len(adapter.advertisements)),
            "SupportedIncludes": Variant("as", ["tx-power", "local-name"]),
        },
        _GATT: {},
    }


def _advertising_payload(properties: Properties) -> bytes:
    """The payload as it would be on the air: manufacturer data, then 128-bit service UUIDs."""
    payload = b""
    for company, data in properties.get("ManufacturerData", Variant("a{qv}", {})).value.items():
        payload += bytes([len(data.value) + 3, 0xFF]) + company.to_bytes(2, "little") + bytes(data.value)
    for uuid in properties.get("ServiceUUIDs", Variant("as", [])).value:
        payload += bytes([17, 0x07]) + bytes.fromhex(uuid.replace("-", ""))[::-1]
    return payload


class BluezService:
    """Owns org.bluez on one bus connection."""

    def __init__(self, bus: MessageBus, addresses: list[str]) -> None:
        self._bus = bus
        self.adapters = {f"hci{i}": new_adapter(f"hci{i}", address) for i, address in enumerate(addresses)}
        self._methods: dict[tuple[str, str], Callable[[Message], Awaitable[Reply]]] = {
            (_OBJECTS, "GetManagedObjects"): self._managed_objects,
            (_PROPERTIES, "Get"): self._get,
            (_PROPERTIES, "GetAll"): self._get_all,
            (_PROPERTIES, "Set"): self._set,
            (_ADAPTER, "SetDiscoveryFilter"): self._set_filter,
            (_ADAPTER, "StartDiscovery"): self._start_discovery,
            (_ADAPTER, "StopDiscovery"): self._stop_discovery,
            (_ADAPTER, "RemoveDevice"): self._remove_device,
            (_MONITORS, "RegisterMonitor"): self._register_monitor,
            (_MONITORS, "UnregisterMonitor"): self._unregister_monitor,
            (_ADVERTS, "RegisterAdvertisement"): self._register_advert,
            (_ADVERTS, "UnregisterAdvertisement"): self._unregister_advert,
            (_GATT, "RegisterApplication"): self._register_application,
            (_GATT, "UnregisterApplication"): self._unregister_application,
            (DEVICE, "Disconnect"): self._disconnect,
        }

    async def start(self) -> None:
        self._bus.add_message_handler(self._on_message)
        for rule in _EVENTS_MATCH:
            await self._call(_DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", "s", [rule])
        await self._bus.request_name("org.bluez")

    async def forget_stale_devices(self) -> None:
        """Removes what was not heard for TemporaryTimeout, for ever."""
        while True:
            await asyncio.sleep(1)
            for adapter in self.adapters.values():
                for device in adapter.pop_stale(time.monotonic()):
                    self._signal("/", _OBJECTS, "InterfacesRemoved", "oas", [device.path, [DEVICE]])

    # -- the bus ---------------------------------------------------------------------------------------------------

    def _on_message(self, message: Message) -> bool | None:
        if message.message_type is MessageType.SIGNAL:
            self._on_signal(message)
            return None
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        method = self._methods.get((message.interface, message.member))
        if method is None:
            return None  # Introspect, Ping and errors are dbus-fast's
        asyncio.ensure_future(self._answer(method, message))
        return True

    async def _answer(self, method: Callable[[Message], Awaitable[Reply]], message: Message) -> None:
        try:
            signature, body = await method(message)
        except BluezError as refusal:
            await self._bus.send(Message.new_error(message, refusal.name, str(refusal)))
        else:
            await self._bus.send(Message.new_method_return(message, signature, body))

    def _on_signal(self, message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.body[2] == "":
            for adapter in self.adapters.values():
                before = adapter.discovering
                adapter.forget_client(message.body[0])
                self._tell_discovering(adapter, before)
        elif message.member == "InterfacesAdded" and _MONITOR in message.body[1]:
            for adapter in self.adapters.values():
                roots = {root for sender, root in adapter.monitor_roots if sender == message.sender}
                if any(message.body[0].startswith(root) for root in roots):
                    self._activate(adapter, (message.sender, message.body[0]), message.body[1][_MONITOR])
        elif message.member == "InterfacesRemoved" and _MONITOR in message.body[1]:
            for adapter in self.adapters.values():
                adapter.monitors.pop((message.sender, message.body[0]), None)

    async def _call(
        self, destination: str, path: str, interface: str, member: str, signature: str = "", body: list | None = None
    ) -> Message:
        reply = await self._bus.call(
            Message(
                destination=destination,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body or [],
            )
        )
        if reply.message_type is MessageType.ERROR:
            raise BluezError("Failed", f"{reply.error_name}")
        return reply

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list) -> None:
        asyncio.ensure_future(self._bus.send(Message.new_signal(path, interface, member, signature, body)))

    def _changed(self, path: str, interface: str, properties: Properties) -> None:
        self._signal(path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, properties, []])

    def _tell_discovering(self, adapter: Adapter, before: bool) -> None:
        if adapter.discovering != before:
            self._changed(adapter.path, _ADAPTER, {"Discovering": Variant("b", adapter.discovering)})

    def _adapter(self, path: str) -> Adapter:
        for adapter in self.adapters.values():
            if adapter.path == path:
                return adapter
        raise BluezError("DoesNotExist", "Does Not Exist")

    # -- methods of org.bluez ----------------------------------------------------------------------------------------

    def _all_objects(self) -> dict[str, dict[str, Properties]]:
        objects: dict[str, dict[str, Properties]] = {"/org/bluez": {}}
        for adapter in self.adapters.values():
            objects[adapter.path] = _interfaces(adapter)
            objects.update({device.path: {DEVICE: device.properties} for device in adapter.devices.values()})
        return objects

    async def _managed_objects(self, _message: Message) -> Reply:
        return "a{oa{sa{sv}}}", [self._all_objects()]

    async def _get_all(self, message: Message) -> Reply:
        return "a{sv}", [self._all_objects().get(message.path, {}).get(message.body[0], {})]

    async def _get(self, message: Message) -> Reply:
        (_, [properties]) = await self._get_all(message)
        if message.body[1] not in properties:
            raise BluezError("InvalidArguments", "No such property")
        return "v", [properties[message.body[1]]]

    async def _set(self, message: Message) -> Reply:
        adapter = self._adapter(message.path)
        if message.body[:2] == [_ADAPTER, "Powered"]:
            before = adapter.discovering
            adapter.set_powered(message.body[2].value)
            self._changed(adapter.path, _ADAPTER, {"Powered": message.body[2]})
            self._tell_discovering(adapter, before)
        return _NOTHING

    async def _set_filter(self, message: Message) -> Reply:
        wish = {name: value.value for name, value in message.body[0].items()}
        unknown = wish.keys() - {"UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"}
        if unknown:
            raise BluezError("InvalidArguments", "Invalid arguments in method call")
        uuids = frozenset(_full_uuid(uuid) for uuid in wish.get("UUIDs", []))
        self._adapter(message.path).set_filter(
            message.sender,
            Discovery(
                filtered=bool(wish), uuids=uuids, rssi_min=wish.get("RSSI"), duplicates=wish.get("DuplicateData", False)
            ),
        )
        return _NOTHING

    async def _start_discovery(self, message: Message) -> Reply:
        adapter = self._adapter(message.path)
        before = adapter.discovering
        adapter.start_discovery(message.sender)
        self._tell_discovering(adapter, before)
        return _NOTHING

    async def _stop_discovery(self, message: Message) -> Reply:
        adapter = self._adapter(message.path)
        adapter.stop_discovery(message.sender)
        self._tell_discovering(adapter, True)
        return _NOTHING

    async def _remove_device(self, message: Message) -> Reply:
        adapter = self._adapter(message.path)
        adapter.devices = {a: device for a, device in adapter.devices.items() if device.path != message.body[0]}
        self._signal("/", _OBJECTS, "InterfacesRemoved", "oas", [message.body[0], [DEVICE]])
        return _NOTHING

    async def _register_monitor(self, message: Message) -> Reply:
        adapter, owner = self._adapter(message.path), (message.sender, message.body[0])
        if owner in adapter.monitor_roots:
            raise BluezError("AlreadyExists", "Already Exists")
        adapter.monitor_roots.add(owner)
        asyncio.ensure_future(self._read_monitors(adapter, owner))  # bluetoothd too replies first
        return _NOTHING

    async def _read_monitors(self, adapter: Adapter, owner: Owner) -> None:
        reply = await self._call(owner[0], owner[1], _OBJECTS, "GetManagedObjects")
        for path, interfaces in reply.body[0].items():
            if _MONITOR in interfaces:
                self._activate(adapter, (owner[0], path), interfaces[_MONITOR])

    def _activate(self, adapter: Adapter, owner: Owner, properties: Properties) -> None:
        kind, patterns = properties.get("Type"), properties.get("Patterns")
        valid = kind == Variant("s", "or_patterns") and patterns is not None and patterns.signature == "a(yyay)"
        if valid:
            adapter.monitors[owner] = [(start, ad_type, bytes(content)) for start, ad_type, content in patterns.value]
        asyncio.ensure_future(
            self._bus.send(
                Message(
                    destination=owner[0], path=owner[1], interface=_MONITOR, member="Activate" if valid else "Release"
                )
            )
        )

    async def _unregister_monitor(self, message: Message) -> Reply:
        adapter, owner = self._adapter(message.path), (message.sender, message.body[0])
        if owner not in adapter.monitor_roots:
            raise BluezError("DoesNotExist", "Does Not Exist")
        adapter.monitor_roots.discard(owner)
        adapter.monitors = {
            m: p for m, p in adapter.monitors.items() if m[0] != owner[0] or not m[1].startswith(owner[1])
        }
        return _NOTHING

    async def _register_advert(self, message: Message) -> Reply:
        adapter, owner = self._adapter(message.path), (message.sender, message.body[0])
        if owner in adapter.advertisements:
            raise BluezError("AlreadyExists", "Already Exists")
        reply = await self._call(owner[0], owner[1], _PROPERTIES, "GetAll", "s", [_ADVERTISEMENT])
        adapter.advertisements[owner] = _advertising_payload(reply.body[0])
        return _NOTHING

    async def _unregister_advert(self, message: Message) -> Reply:
        if self._adapter(message.path).advertisements.pop((message.sender, message.body[0]), None) is None:
            raise BluezError("DoesNotExist", "Does Not Exist")
        return _NOTHING

    async def _register_application(self, message: Message) -> Reply:
        adapter, owner = self._adapter(message.path), (message.sender, message.body[0])
        if owner in adapter.applications:
            raise BluezError("AlreadyExists", "Already Exists")
        reply = await self._call(owner[0], owner[1], _OBJECTS, "GetManagedObjects")
        adapter.applications[owner] = reply.body[0]
        return _NOTHING

    async def _unregister_application(self, message: Message) -> Reply:
        if self._adapter(message.path).applications.pop((message.sender, message.body[0]), None) is None:
            raise BluezError("DoesNotExist", "Does Not Exist")
        return _NOTHING

    async def _disconnect(self, message: Message) -> Reply:
        self._adapter(message.path.rsplit("/", 1)[0]).disconnected += 1
        return _NOTHING

    # -- what happens to the machine -----------------------------------------------------------------------------

    def report(self, device: Device, properties: Properties, new: bool) -> None:
        """Signals what an advert brought: a new device, or its changes."""
        if new:
            self._signal("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [device.path, {DEVICE: properties}])
        elif properties:
            self._changed(device.path, DEVICE, properties)

    async def tell_monitor(self, owner: Owner, device: Device) -> None:
        await self._bus.send(
            Message(
                destination=owner[0],
                path=owner[1],
                interface=_MONITOR,
                member="DeviceFound",
                signature="o",
                body=[device.path],
            )
        )

    def plug(self, name: str, address: str) -> None:
        adapter = self.adapters[name] = new_adapter(name, address)
        self._signal("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [adapter.path, _interfaces(adapter)])

    def unplug(self, name: str) -> None:
        adapter = self.adapters.pop(name)
        for device in adapter.devices.values():
            self._signal("/", _OBJECTS, "InterfacesRemoved", "oas", [device.path, [DEVICE]])
        self._signal("/", _OBJECTS, "InterfacesRemoved", "oas", [adapter.path, list(_interfaces(adapter))])

    def lack(self, interface: str) -> None:
        """From now on this bluetoothd offers no such interface."""
        self._methods = {name: method for name, method in self._methods.items() if name[0] != interface}

    async def drop_adverts(self, name: str, tell: bool) -> None:
        """The controller advertises no more; with `tell` the clients hear of it."""
        adapter = self.adapters[name]
        for sender, path in adapter.advertisements if tell else ():
            await self._bus.send(
                Message(destination=sender, path=path, interface=_ADVERTISEMENT, member="Release")
            )
        adapter.advertisements.clear()

    async def restart(self) -> None:
        """The name leaves the bus with everything that clients had asked for, and comes back."""
        await self._bus.release_name("org.bluez")
        self.adapters = {name: new_adapter(name, adapter.address) for name, adapter in self.adapters.items()}
        await self._bus.request_name("org.bluez")

    async def gatt(self, name: str, phone: str, uuid: str, member: str, signature: str, body: list[Any]) -> Message:
        """Calls a characteristic that a client has registered, as for a connected phone."""
        adapter = self.adapters[name]
        options = {
            "device": Variant("o", f"{adapter.path}/dev_{phone.replace(':', '_')}"),
            "mtu": Variant("q", 185),
            "offset": Variant("q", 0),
            "link": Variant("s", "LE"),
        }
        for (sender, _), objects in adapter.applications.items():
            for path, interfaces in objects.items():
                if interfaces.get(_CHARACTERISTIC, {}).get("UUID") != Variant("s", uuid):
                    continue
                reply = await self._bus.call(
                    Message(
                        destination=sender,
                        path=path,
                        interface=_CHARACTERISTIC,
                        member=member,
                        signature=signature,
                        body=[*body, options],
                    )
                )
                if reply.message_type is MessageType.ERROR:
                    raise BluezError(reply.error_name.removeprefix("org.bluez.Error."), "")
                return reply
        raise ValueError("no such characteristic")


def new_adapter(name: str, address: str) -> Adapter:
    return Adapter(f"/org/bluez/{name}", address)


def _full_uuid(uuid: str) -> str:
    short = uuid.lower().removeprefix("0x")
    return f"{int(short, 16):08x}-0000-1000-8000-00805f9b34fb" if len(short) <= 8 else short
