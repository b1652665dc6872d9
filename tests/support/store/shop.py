"""A whole store in one object: bus, radio, brokers, gateway, central, tablet, till; built and torn down in order."""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterable

from .air import Air, Controller, RemoteReceiver
from .broker import Broker
from .bus import Bus
from .catalogue import Member, Record, example_catalogue, example_complements
from .central import Central
from .gateway import ENTRANCE_ADDRESS, FITTING_ADDRESS, POS_KEY, STORE, Gateway
from .phone import MemberPhone
from .radio import Radio, open_radio
from .tablet import Tablet
from .till import Till


class Shop:
    """Context manager. `directory` must exist and be empty; everything that runs lives and dies with the shop.

    `one_broker` lets both links share a broker, else central and the store have one each. `radio` and `bus` make
    other parts than the emulated ones. `durable_wan`: central's broker remembers central's subscriptions over kill -9.
    `wan_limits`: lines for its configuration. `gateway`: another class than the daemon beside us.
    """

    def __init__(
        self,
        directory: Path,
        seed: int = 1,
        patch: Record | None = None,
        one_broker: bool = False,
        radio: Any = open_radio,
        bus: Any = Bus,
        durable_wan: bool = False,
        wan_limits: str = "",
        gateway: Any = Gateway,
    ) -> None:
        self.directory, self.chance = directory, random.Random(seed)
        self._patch, self._one_broker, self._open_radio, self._open_bus = patch, one_broker, radio, bus
        self._durable_wan, self._wan_limits, self._make_gateway = durable_wan, wan_limits, gateway
        self._open = ExitStack()

    def __enter__(self) -> "Shop":
        try:
            self._build()
        except BaseException:
            self._open.close()
            raise
        return self

    def _build(self) -> None:
        self.bus = self._keep(self._open_bus(self.directory))
        self.radio: Radio = self._keep(self._open_radio(self.bus, self.directory, [ENTRANCE_ADDRESS, FITTING_ADDRESS]))
        self.local = self._keep(Broker(self.directory, "local-broker"))
        self.wan = (
            self.local if self._one_broker else self._keep(
                Broker(self.directory, "central-broker", self._durable_wan, self._wan_limits)
            )
        )
        self.central = self._keep(Central(self.wan.port, STORE))
        if self._durable_wan:
            self.wan.save()
        self.tablet = self._keep(Tablet(self.local.port, STORE))
        self.gateway: Gateway = self._keep(self._make_gateway(self.directory, self.bus, self.local, self.wan, self._patch))
        self.till = Till(self.gateway.pos_port, key=POS_KEY)
        self.entrance, self.fitting = Controller(self.radio, "hci0"), Controller(self.radio, "hci1")
        self.till_receiver = self._keep(RemoteReceiver(self.local.port, STORE, "rx-till"))
        self.air = self._keep(Air(self.chance))

    def _keep(self, part: Any) -> Any:
        self._open.callback(part.stop)
        return part

    def open(self, members: Iterable[Member]) -> None:
        """Starts the gateway and gives it the example catalogue and these members."""
        self.gateway.start()
        self.gateway.import_records("catalog", example_catalogue())
        self.gateway.import_records("complements", example_complements())
        self.gateway.import_records("profiles", [member.profile for member in members])

    def phone_of(self, member: Member) -> MemberPhone:
        return MemberPhone(member.key, self.chance)

    def __exit__(self, *_: object) -> None:
        self._open.close()
