"""Eddystone-EID: the token that a member's phone advertises (contract, Eddystone-EID adverts)."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROTATION_EXPONENT = 9
WINDOW_S = 1 << ROTATION_EXPONENT
EID_BYTES = 8
_KEY_EPOCH_SALT = 0xFF


def _aes128_block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def eid(identity_key: bytes, unix_s: int, exponent: int = ROTATION_EXPONENT) -> bytes:
    """The 8 octets valid in the window of 2**exponent seconds that holds `unix_s`."""
    temporary_key = _aes128_block(
        identity_key, bytes(11) + bytes([_KEY_EPOCH_SALT, 0, 0]) + (unix_s >> 16 & 0xFFFF).to_bytes(2, "big")
    )
    window_start = unix_s >> exponent << exponent
    block = bytes(11) + bytes([exponent]) + (window_start & 0xFFFFFFFF).to_bytes(4, "big")
    return _aes128_block(temporary_key, block)[:EID_BYTES]


def checkin_token(identity_key: bytes, challenge: bytes, unix_s: int) -> bytes:
    """What an app writes to the token characteristic to prove that it is here."""
    token = eid(identity_key, unix_s)
    return b"\x01" + token + hmac.new(identity_key, challenge + token, hashlib.sha256).digest()[:8]


def forget_token(identity_key: bytes, challenge: bytes, unix_s: int) -> bytes:
    """What an app writes when its owner withdraws recognition on the spot."""
    token = eid(identity_key, unix_s)
    return b"\x02" + token + hmac.new(identity_key, challenge + token + b"forget", hashlib.sha256).digest()[:8]
