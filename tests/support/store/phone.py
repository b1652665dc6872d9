"""Phones that walk through the store: members', and all the others that must leave no trace."""

from __future__ import annotations

import random
import time

from .eid import WINDOW_S, eid
from .radio import Advert, Radio

_EDDYSTONE = bytes.fromhex("aafe")
_FRAME_EID, _FRAME_UID, _FRAME_URL = 0x30, 0x00, 0x10
_TX_POWER = (-21) & 0xFF


def ad_structure(ad_type: int, data: bytes) -> bytes:
    """One AD structure: length, type, data."""
    return bytes([len(data) + 1, ad_type]) + data


def eddystone(frame: bytes) -> bytes:
    """A whole payload around one Eddystone frame: the UUID list that filters look at, and the service data."""
    return ad_structure(0x03, _EDDYSTONE) + ad_structure(0x16, _EDDYSTONE + frame)


def eid_payload(token: bytes) -> bytes:
    return eddystone(bytes([_FRAME_EID, _TX_POWER]) + token)


def random_address(chance: random.Random) -> str:
    """A resolvable private address, as phones use: the two highest bits are 01."""
    octets = [chance.randrange(256) for _ in range(6)]
    octets[0] = octets[0] & 0x3F | 0x40
    return ":".join(f"{octet:02X}" for octet in octets)


class Phone:
    """Something that advertises. A subclass says what; the address stays until `new_address`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.address = random_address(chance)
        self.addresses = [self.address]

    def payload(self, unix_s: int) -> bytes:
        raise NotImplementedError

    def advert(self, rssi: int, unix_s: int | None = None) -> Advert:
        """What an antenna hears now, or would hear at `unix_s`."""
        return Advert(self.address, rssi, self.payload(int(time.time()) if unix_s is None else unix_s))

    def say(self, radio: Radio, controller: str, rssi: int, malformed: str = "") -> bool:
        """Advertises once near that controller; true if its host was told."""
        return radio.advert(controller, self.advert(rssi), malformed)

    def new_address(self) -> None:
        """Changes the private address, as a phone does about every 15 minutes."""
        self.address = random_address(self._chance)
        self.addresses.append(self.address)

    def secrets(self, unix_s: int) -> list[bytes]:
        """Everything by which it could be known, as text or raw octets: nothing of a stranger may be kept."""
        octets = [bytes.fromhex(address.replace(":", "")) for address in self.addresses]
        return [
            form
            for raw in octets
            for form in (
                raw.hex(":").encode(),
                raw.hex(":").upper().encode(),
                raw.hex("_").upper().encode(),
                raw,
                raw[::-1],
            )
        ]


class EidPhone(Phone):
    """Advertises an Eddystone-EID, whosever it is: what a remote receiver passes on, too."""

    def token(self, unix_s: int) -> bytes:
        raise NotImplementedError

    def payload(self, unix_s: int) -> bytes:
        return eid_payload(self.token(unix_s))


class MemberPhone(EidPhone):
    """The phone of a member: Eddystone-EID from the identity key. `clock_error_s` shifts the phone's clock."""

    def __init__(self, key: bytes, chance: random.Random, clock_error_s: int = 0) -> None:
        super().__init__(chance)
        self.key = key
        self.clock_error_s = clock_error_s

    def token(self, unix_s: int) -> bytes:
        return eid(self.key, unix_s + self.clock_error_s)

    def secrets(self, unix_s: int) -> list[bytes]:
        tokens = [self.token(unix_s + shift * WINDOW_S) for shift in (-2, -1, 0, 1)]
        return super().secrets(unix_s) + [
            form for raw in tokens for form in (raw, raw.hex().encode(), raw.hex().upper().encode())
        ]


class UnknownEidPhone(MemberPhone):
    """Somebody else's Eddystone-EID: the right frame, a key that this store does not know."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance.randbytes(16), chance)


class ReplayingPhone(EidPhone):
    """Repeats a token that was overheard earlier."""

    def __init__(self, token: bytes, chance: random.Random) -> None:
        super().__init__(chance)
        self._token = token

    def token(self, unix_s: int) -> bytes:
        return self._token

    def secrets(self, unix_s: int) -> list[bytes]:
        return super().secrets(unix_s) + [self._token, self._token.hex().encode(), self._token.hex().upper().encode()]


class FixedPhone(Phone):
    """Any payload that does not change with time."""

    def __init__(self, chance: random.Random, payload: bytes) -> None:
        super().__init__(chance)
        self._payload = payload

    def payload(self, unix_s: int) -> bytes:
        return self._payload

    def secrets(self, unix_s: int) -> list[bytes]:
        tail = self._payload[-8:]
        return super().secrets(unix_s) + [tail, tail.hex().encode(), tail.hex().upper().encode()]


def apple_phone(chance: random.Random) -> FixedPhone:
    """Apple's "nearby info": flags and manufacturer data of company 0x004C."""
    return FixedPhone(
        chance, ad_structure(0x01, b"\x1a") + ad_structure(0xFF, b"\x4c\x00\x10\x09" + chance.randbytes(9))
    )


def google_phone(chance: random.Random) -> FixedPhone:
    """Google's Fast Pair: service data of UUID 0xFE2C."""
    return FixedPhone(chance, ad_structure(0x01, b"\x02") + ad_structure(0x16, b"\x2c\xfe" + chance.randbytes(12)))


def eddystone_uid_beacon(chance: random.Random) -> FixedPhone:
    return FixedPhone(chance, eddystone(bytes([_FRAME_UID, _TX_POWER]) + chance.randbytes(16) + bytes(2)))


def eddystone_url_beacon(chance: random.Random) -> FixedPhone:
    return FixedPhone(
        chance, eddystone(bytes([_FRAME_URL, _TX_POWER, 0x03]) + chance.randbytes(8).hex().encode() + b"\x07")
    )


_STRANGERS = (apple_phone, google_phone, UnknownEidPhone, eddystone_uid_beacon, eddystone_url_beacon)


def stranger(chance: random.Random) -> Phone:
    """Any phone or beacon that has nothing to do with the store."""
    return chance.choice(_STRANGERS)(chance)


def one_of_each_stranger(chance: random.Random) -> list[Phone]:
    return [make(chance) for make in _STRANGERS]
