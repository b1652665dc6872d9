"""`demo --adapter hciN`: the same store on this machine's own Bluetooth; the visitors are real phones."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from pathlib import Path

from narrator import Narrator
from opening import announce, first_card_photographer, quick_store
from store.catalogue import coat_lover
from store.eid import WINDOW_S
from store.shop import Shop


class _MachineBus:
    address = "system"

    def stop(self) -> None:
        pass


class _MachineRadio:
    def __init__(self, adapter: str) -> None:
        self.kind = f"this machine's {adapter}"

    def stop(self) -> None:
        pass


def _address_of(adapter: str) -> str | None:
    asked = subprocess.run(
        [
            "dbus-send",
            "--system",
            "--print-reply=literal",
            "--dest=org.bluez",
            f"/org/bluez/{adapter}",
            "org.freedesktop.DBus.Properties.Get",
            "string:org.bluez.Adapter1",
            "string:Address",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", asked.stdout)
    return found[0] if found else None


def watch(directory: Path, narrator: Narrator, adapter: str, picture: Path | None) -> int:
    """Runs until interrupted; 1 if the machine has no such adapter."""
    address = _address_of(adapter)
    if address is None:
        narrator.say(
            "failed",
            f"org.bluez on the system bus knows no {adapter}: is bluetooth.service running, the adapter plugged in?",
        )
        return 1
    camille = coat_lover(1)
    patch = quick_store(exit_after_s=20, reentry_s=20, visit_min_s=5)
    patch["radio"] = {"receivers": [{"id": adapter, "adapter": address, "zone": "fitting"}]}
    with Shop(directory, patch=patch, bus=lambda _: _MachineBus(), radio=lambda *_: _MachineRadio(adapter)) as shop:
        shop.open([camille])
        announce(shop, narrator)
        narrator.follow(shop)
        if picture:
            shop.tablet.on_card(first_card_photographer(shop, narrator, picture))
        phone = shop.phone_of(camille)
        narrator.say(
            "store", "be Camille: let a phone advertise (nRF Connect and the like) this, which changes every 512 s"
        )
        while True:
            now = int(time.time())
            narrator.say("phones", f"service data of UUID 0xFEAA: {phone.payload(now)[8:].hex()}")
            threading.Event().wait(WINDOW_S - now % WINDOW_S)
