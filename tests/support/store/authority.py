"""A certificate authority of a test's own, by the openssl command: certificates with any end, also one that is over."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_CONFIGURATION = """
[ca]
default_ca = it
[it]
dir = {folder}
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = names
prompt = no
[names]
CN = {name}
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
"""


class Identity(NamedTuple):
    certificate: Path
    key: Path


class Authority:
    """`certificate` is what its clients and servers trust."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder, self._name = folder / name, name
        self._folder.mkdir()
        self.certificate = self._folder / "ca.pem"
        self._key = self._folder / "ca.key"
        (self._folder / "index").touch()
        (self._folder / "serial").write_text("01\n")
        self._openssl(
            *("req", "-x509", *_NEW_KEY, "-days", "3650", "-extensions", "authority"),
            *("-config", self._configured(name), "-keyout", self._key, "-out", self.certificate),
        )

    def issue(self, name: str, days: float = 365) -> Identity:
        """A key and a certificate for `name` and 127.0.0.1 that began two days ago and ends in so many days."""
        made = Identity(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request = self._folder / f"{name}.csr"
        self._openssl(
            *("req", *_NEW_KEY, "-config", self._configured(name)),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", made.key, "-out", request),
        )
        self._openssl(
            *("ca", "-batch", "-notext", "-config", self._configured(name), "-in", request, "-out", made.certificate),
            *("-cert", self.certificate, "-keyfile", self._key),
            *("-startdate", _asn1(-2), "-enddate", _asn1(days)),
        )
        return made

    def _configured(self, name: str) -> Path:
        path = self._folder / f"{name}.cnf"
        path.write_text(_CONFIGURATION.format(folder=self._folder, name=name))
        return path

    def _openssl(self, *arguments: object) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def replace(old: Path, new: Path) -> None:
    """As careful people renew a file: whole or not at all."""
    copy = old.with_suffix(".new")
    copy.write_bytes(new.read_bytes())
    os.replace(copy, old)


def _asn1(days: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")
