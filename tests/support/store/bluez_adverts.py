"""How org.bluez describes an advert: AD parsing, Device1 properties in bluetoothd's exact types, and wrong types."""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple

from dbus_fast import Variant

from .radio import Advert

DEVICE = "org.bluez.Device1"
_BASE_UUID = "{:08x}-0000-1000-8000-00805f9b34fb"
_UUID_LISTS = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16}
_SERVICE_DATA = {0x16: 2, 0x20: 4, 0x21: 16}
_MANUFACTURER, _SHORT_NAME, _NAME = 0xFF, 0x08, 0x09

Properties = dict[str, Variant]


def ad_structures(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, data) of each AD structure; stops at the first that overruns, as bluetoothd does."""
    at = 0
    while at + 1 < len(payload) and payload[at] != 0 and at + 1 + payload[at] <= len(payload):
        yield payload[at + 1], payload[at + 2 : at + 1 + payload[at]]
        at += 1 + payload[at]


def uuid_text(wire: bytes) -> str:
    if len(wire) < 16:
        return _BASE_UUID.format(int.from_bytes(wire, "little"))
    text = wire[::-1].hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Content(NamedTuple):
    """What an advert says."""

    uuids: list[str]
    service_data: dict[str, bytes]
    manufacturer_data: dict[int, bytes]
    name: str | None


def parse(payload: bytes) -> Content:
    content = Content([], {}, {}, None)
    for ad_type, data in ad_structures(payload):
        if ad_type in _UUID_LISTS:
            size = _UUID_LISTS[ad_type]
            content.uuids.extend(uuid_text(data[i : i + size]) for i in range(0, len(data) - size + 1, size))
        elif ad_type in _SERVICE_DATA and len(data) >= _SERVICE_DATA[ad_type]:
            size = _SERVICE_DATA[ad_type]
            content.service_data[uuid_text(data[:size])] = data[size:]
        elif ad_type == _MANUFACTURER and len(data) >= 2:
            content.manufacturer_data[int.from_bytes(data[:2], "little")] = data[2:]
        elif ad_type in (_SHORT_NAME, _NAME):
            content = content._replace(name=data.decode(errors="replace"))
    return content


def data_properties(content: Content) -> Properties:
    """The properties that follow the payload."""
    properties: Properties = {}
    if content.service_data:
        properties["ServiceData"] = Variant(
            "a{sv}", {uuid: Variant("ay", data) for uuid, data in content.service_data.items()}
        )
    if content.manufacturer_data:
        properties["ManufacturerData"] = Variant(
            "a{qv}", {company: Variant("ay", data) for company, data in content.manufacturer_data.items()}
        )
    return properties


def device_properties(adapter: str, advert: Advert, content: Content) -> Properties:
    """Everything that Device1 has when bluetoothd 5.66 first meets a phone."""
    alias = content.name or advert.address.replace(":", "-")
    properties = {
        "Address": Variant("s", advert.address),
        "AddressType": Variant("s", advert.address_type),
        "Alias": Variant("s", alias),
        "Paired": Variant("b", False),
        "Bonded": Variant("b", False),
        "Trusted": Variant("b", False),
        "Blocked": Variant("b", False),
        "LegacyPairing": Variant("b", False),
        "RSSI": Variant("n", advert.rssi),
        "Connected": Variant("b", False),
        "UUIDs": Variant("as", content.uuids),
        "Adapter": Variant("o", adapter),
        "ServicesResolved": Variant("b", False),
        **data_properties(content),
    }
    if content.name:
        properties["Name"] = Variant("s", content.name)
    return properties


def _dbusmock_types(properties: Properties) -> Properties:
    """python3-dbusmock's AddDevice wraps each dictionary in an array."""
    wrong = dict(properties)
    if "ServiceData" in wrong:
        wrong["ServiceData"] = Variant("aa{sv}", [wrong["ServiceData"].value])
    if "ManufacturerData" in wrong:
        wrong["ManufacturerData"] = Variant("aa{qv}", [wrong["ManufacturerData"].value])
    wrong["AdvertisingFlags"] = Variant("aay", [b"\x06"])
    return wrong


def _string_service_data(properties: Properties) -> Properties:
    return {**properties, "ServiceData": Variant("a{sv}", {uuid_text(b"\xaa\xfe"): Variant("s", "not octets")})}


def _without(name: str) -> Callable[[Properties], Properties]:
    return lambda properties: {key: value for key, value in properties.items() if key != name}


# What bluetoothd never sends and a robust client survives: name -> what becomes of the properties.
MALFORMED: dict[str, Callable[[Properties], Properties]] = {
    "dbusmock_types": _dbusmock_types,
    "string_service_data": _string_service_data,
    "string_rssi": lambda properties: {**properties, "RSSI": Variant("s", "-60")},
    "wide_rssi": lambda properties: {**properties, "RSSI": Variant("i", -60)},
    "array_of_service_data": lambda properties: {**properties, "ServiceData": Variant("ay", b"\x30")},
    "no_service_data": _without("ServiceData"),
    "no_rssi": _without("RSSI"),
    "empty": lambda properties: {},
}
