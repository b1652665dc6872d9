"""What phones do all day: advertise, several times a second, to every antenna that is near."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from typing import Mapping, Protocol, Sequence

from .central import DEFAULT_ROOT
from .link import Link
from .phone import EidPhone, Phone
from .radio import Radio, RadioError

_INTERVAL_S = 0.25  # Android's ADVERTISE_MODE_BALANCED
_FADING_DB = 2


class Antenna(Protocol):
    """Something that hears adverts; `heard` are the phones on the air in one interval with their RSSI in dBm."""

    def hear(self, heard: Sequence[tuple[Phone, int]]) -> None:
        ...


class Controller:
    """A controller of the store box, with the zone that its receiver has."""

    def __init__(self, radio: Radio, name: str) -> None:
        self._radio, self._name = radio, name

    def hear(self, heard: Sequence[tuple[Phone, int]]) -> None:
        try:
            self._radio.adverts((self._name, phone.advert(rssi)) for phone, rssi in heard)
        except RadioError:
            pass  # unplugged: phones go on advertising to nobody


class RemoteReceiver:
    """A small receiver elsewhere in the store, which publishes the tokens it hears to the local broker.

    It says nothing when it hears nobody, until `keep_reporting`. While it is `dead` it says nothing at all.
    """

    dead = False

    def __init__(self, port: int, store: str, receiver: str, root: str = DEFAULT_ROOT) -> None:
        self._link = Link(port, f"receiver-{receiver}", [])
        self._topic = f"{root}/{store}/rx/{receiver}"
        self._promise: dict[str, int] = {}
        self._stopped = threading.Event()
        self._reports: threading.Thread | None = None

    def hear(self, heard: Sequence[tuple[Phone, int]]) -> None:
        now_s = int(time.time())
        entries = [[phone.token(now_s).hex(), -21, rssi] for phone, rssi in heard if isinstance(phone, EidPhone)]
        if entries:
            self._publish(entries)

    def keep_reporting(self, next_s: int) -> None:
        """From now on every batch promises the next one within `next_s`, and empty ones come in between."""
        self._promise = {"next_s": next_s}
        self._reports = threading.Thread(target=self._report, args=(next_s / 2,))
        self._reports.start()

    def take_leave(self) -> None:
        """As its last will would."""
        self._link.publish(self._topic, json.dumps({"v": 1, "ts": 0, "next_s": 0, "e": []}), qos=0)

    def _report(self, every_s: float) -> None:
        while not self._stopped.wait(every_s):
            self._publish([])

    def _publish(self, entries: Sequence[list[object]]) -> None:
        batch = {"v": 1, "ts": int(time.time() * 1000), **self._promise, "e": entries}
        if not self.dead:
            self._link.publish(self._topic, json.dumps(batch), qos=0)

    def stop(self) -> None:
        self._stopped.set()
        if self._reports:
            self._reports.join()
        self._link.stop()


class Air:
    """Repeats every phone's advert on a thread of its own, with a little fading."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._places: dict[Phone, Mapping[Antenna, int]] = {}
        self._change = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="air", daemon=True)
        self._thread.start()

    def put(self, phone: Phone, place: Mapping[Antenna, int]) -> None:
        """From now on the phone is heard by these antennas at about these levels (dBm)."""
        with self._change:
            self._places[phone] = dict(place)

    def remove(self, phone: Phone) -> None:
        with self._change:
            self._places.pop(phone, None)

    def _run(self) -> None:
        while not self._stopped.wait(_INTERVAL_S):
            heard: dict[Antenna, list[tuple[Phone, int]]] = defaultdict(list)
            with self._change:
                for phone, place in self._places.items():
                    for antenna, level in place.items():
                        heard[antenna].append((phone, level + self._chance.randint(-_FADING_DB, _FADING_DB)))
            for antenna, phones in heard.items():
                antenna.hear(phones)

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(5)
