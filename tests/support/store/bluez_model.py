"""What bluetoothd 5.66 remembers and decides, without any bus: adapters, clients' wishes, devices.

Each `…Error` name is the D-Bus error that bluetoothd gives. Rules are those of facts measured on the real one: a
client discovers once; an adapter reports an advert that some discovery filter or some monitor lets through; with
DuplicateData every advert is signalled, without it only news.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .bluez_adverts import Content, Properties, ad_structures, data_properties, device_properties, parse
from .radio import Advert

TEMPORARY_TIMEOUT_S = 30  # main.conf TemporaryTimeout: an unseen device is removed
_RSSI_NEWS_DB = 8  # without a discovery filter smaller changes are not signalled


class BluezError(Exception):
    """A refusal in bluetoothd's own words."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = f"org.bluez.Error.{name}"


@dataclass
class Discovery:
    """One client's wish; `running` after StartDiscovery."""

    filtered: bool = False
    running: bool = False
    uuids: frozenset[str] = frozenset()
    rssi_min: int | None = None
    duplicates: bool = False

    def wants(self, advert: Advert, content: Content) -> bool:
        if self.rssi_min is not None and advert.rssi < self.rssi_min:
            return False
        return not self.uuids or bool(self.uuids.intersection(content.uuids))


@dataclass
class Device:
    path: str
    rssi: int
    properties: Properties
    seen_s: float


Pattern = tuple[int, int, bytes]  # start, AD type, content
Owner = tuple[str, str]  # D-Bus sender, object path


@dataclass
class Adapter:
    path: str
    address: str
    powered: bool = True
    discoveries: dict[str, Discovery] = field(default_factory=dict)
    monitors: dict[Owner, list[Pattern]] = field(default_factory=dict)
    monitor_roots: set[Owner] = field(default_factory=set)
    advertisements: dict[Owner, bytes] = field(default_factory=dict)
    applications: dict[Owner, dict] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    deaf_until: str = ""  # "restart", "power": hears nothing before that is done to it
    heard: int = 0
    unheard: int = 0
    disconnected: int = 0  # how often a client asked for the end of a connection

    @property
    def discovering(self) -> bool:
        return any(discovery.running for discovery in self.discoveries.values())

    def set_filter(self, sender: str, wish: Discovery) -> None:
        if not self.powered:
            raise BluezError("NotReady", "Resource Not Ready")
        wish.running = self.discoveries.get(sender, Discovery()).running
        self.discoveries[sender] = wish

    def start_discovery(self, sender: str) -> None:
        if not self.powered:
            raise BluezError("NotReady", "Resource Not Ready")
        discovery = self.discoveries.setdefault(sender, Discovery())
        if discovery.running:
            raise BluezError("InProgress", "Operation already in progress")
        discovery.running = True

    def stop_discovery(self, sender: str) -> None:
        discovery = self.discoveries.get(sender)
        if discovery is None or not discovery.running:
            raise BluezError("Failed", "No discovery started")
        discovery.running = False
        if self.deaf_until == "restart":
            self.deaf_until = ""

    def set_powered(self, powered: bool) -> None:
        self.powered = powered
        if not powered:
            self.deaf_until = ""
            for discovery in self.discoveries.values():
                discovery.running = False

    def forget_client(self, sender: str) -> None:
        """Everything that a client asked for goes with it."""
        self.discoveries.pop(sender, None)
        self.monitor_roots = {owner for owner in self.monitor_roots if owner[0] != sender}
        for table in (self.monitors, self.advertisements, self.applications):
            for owner in [owner for owner in table if owner[0] == sender]:
                del table[owner]

    def matching_monitors(self, advert: Advert) -> list[Owner]:
        return [
            owner for owner, patterns in self.monitors.items() if any(_matches(advert.payload, p) for p in patterns)
        ]

    def hear(self, advert: Advert, now_s: float) -> tuple[Device, Properties, bool] | None:
        """The device, the properties to signal (maybe none) and whether it is new; None if nobody wants the advert."""
        content = parse(advert.payload)
        running = [discovery for discovery in self.discoveries.values() if discovery.running]
        wanted = any(discovery.wants(advert, content) for discovery in running) or bool(self.matching_monitors(advert))
        if self.deaf_until or not (self.powered and wanted):
            self.unheard += 1
            return None
        self.heard += 1
        known = self.devices.get(advert.address)
        if known is None:
            device = Device(
                f"{self.path}/dev_{advert.address.replace(':', '_')}",
                advert.rssi,
                device_properties(self.path, advert, content),
                now_s,
            )
            self.devices[advert.address] = device
            return device, device.properties, True
        changed = _news(known, advert, content, running)
        known.properties.update(changed)
        known.seen_s = now_s
        return known, changed, False

    def pop_stale(self, now_s: float) -> list[Device]:
        stale = [address for address, device in self.devices.items() if now_s - device.seen_s > TEMPORARY_TIMEOUT_S]
        return [self.devices.pop(address) for address in stale]


def _matches(payload: bytes, pattern: Pattern) -> bool:
    start, wanted_type, content = pattern
    return any(
        ad_type == wanted_type and data[start : start + len(content)] == content
        for ad_type, data in ad_structures(payload)
    )


def _news(known: Device, advert: Advert, content: Content, running: list[Discovery]) -> Properties:
    fresh = device_properties("", advert, content)
    repeat = any(discovery.duplicates for discovery in running)
    changed = {
        name: value for name, value in data_properties(content).items() if repeat or known.properties.get(name) != value
    }
    every_rssi = any(discovery.filtered for discovery in running)
    if every_rssi or abs(advert.rssi - known.rssi) >= _RSSI_NEWS_DB:
        changed["RSSI"] = fresh["RSSI"]
        known.rssi = advert.rssi
    return changed
