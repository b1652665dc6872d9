"""What the tests of bad links have in common: a shop whose central link goes through a line that can fail."""

from __future__ import annotations

import json
from typing import Any

from store.case import ShopCase
from store.fault_proxy import FaultProxy
from store.radio import FakeRadio
from store.shop import Shop
from store.till import Line


_BARE: dict[str, Any] = {"radio": {"receivers": []}}


class BadLinkCase(ShopCase):
    def behind(self, port: int | None = None, **options: Any) -> tuple[Shop, FaultProxy]:
        """A shop whose central link goes through a proxy to `port`, or to its own central broker."""
        shop = self.shop(_BARE, radio=FakeRadio, **options)
        proxy = FaultProxy(port or shop.wan.port)
        self.addCleanup(proxy.stop)
        shop.gateway.configuration["central"]["url"] = proxy.url
        shop.gateway.start()
        return shop, proxy

    def central(self, shop: Shop) -> dict[str, Any]:
        return json.loads(shop.gateway.ctl("status", "--json").stdout)["links"]["central"]

    def wait_link(self, shop: Shop, up: bool, timeout_s: float) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            link = self.central(shop)
            return link if link["up"] == up else None

        return self.wait(there, timeout_s, f"central {'up' if up else 'down'}")

    def sell(self, shop: Shop, count: int) -> list[str]:
        return [
            shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).result["ticket_id"] for _ in range(count)
        ]

    def wait_for_all(self, shop: Shop, tickets: list[str]) -> None:
        """Once each, and in the order in which they were sold."""

        def arrived() -> list[str]:
            return [event["data"]["ticket_id"] for event in shop.central.events("ticket.recorded")]

        self.wait(lambda: len(arrived()) >= len(tickets), 20, "every ticket arrives")
        self.assertEqual(arrived(), tickets)
        shop.central.assert_promises_kept()

    def wait_warning(self, shop: Shop, timeout_s: float) -> str:
        return self.wait(lambda: self.central(shop)["warnings"], timeout_s, "a warning")[0]

    def wait_metric(self, shop: Shop, name: str, value: int) -> None:
        self.wait(lambda: shop.gateway.metric(name) == value, 3, f"{name} {value}")
