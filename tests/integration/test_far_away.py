"""What is wrong far away is not felt in the shop: a dead name server, and a broker in the store that dies and dies."""

from __future__ import annotations

import json
import socket
import time
import unittest

from store.case import LONG, ShopCase
from store.catalogue import coat_lover
from store.needs import small_disk
from store.processes import wait_until
from store.radio import FakeRadio
from store.shop import Shop
from store.visitor import Visitor

_FELT_S = 1.0
_CLAIMS = 40
_DEATHS = 6
_BACK_S = 5.0
_MUTE_NAME_SERVER = "127.9.9.9"


class WithCardCase(ShopCase):
    def with_card(self, shop: Shop) -> Visitor:
        camille = coat_lover(1)
        shop.open([camille])
        guest = Visitor(shop, camille)
        guest.at("entrance")
        shop.till_receiver.hear([(guest.phone, -56)])
        wait_until(lambda: self.visits(shop), 10, "the visit")
        guest.visit = self.visits(shop)[0]
        guest.try_on()
        return guest

    def visits(self, shop: Shop) -> list[str]:
        return [visit["visit"] for visit in json.loads(shop.gateway.ctl("visits", "--json").stdout)["visits"]]


@small_disk
class DeadNameServerTest(WithCardCase):
    """The right to mount is what it needs: /etc/resolv.conf is another one for the daemon alone."""

    def test_taps_are_answered_while_the_wan_name_is_looked_up(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind((_MUTE_NAME_SERVER, 53))
            server.settimeout(0)
            shop = self.shop(LONG, radio=FakeRadio)
            resolver = shop.directory / "resolv.conf"
            resolver.write_text(f"nameserver {_MUTE_NAME_SERVER}\n")
            mounted = f'mount --bind {resolver} /etc/resolv.conf && exec "$@"'
            shop.gateway.wrapper = ["unshare", "--mount", "sh", "-c", mounted, "sh"]
            shop.gateway.configuration["central"]["url"] = "mqtts://cdp.example:8883"
            guest = self.with_card(shop)
            took_s = [self._tap(shop, guest, turn) for turn in range(_CLAIMS)]
            asked = len(self._questions(server))
            self.assertGreater(asked, 0, "the name was really looked up")
        self.assertLess(max(took_s), _FELT_S)
        self.assertEqual(shop.gateway.get("/readyz")[0], 200)

    def _tap(self, shop: Shop, guest: Visitor, turn: int) -> float:
        """Seconds from the tap to the card that shows it; taps go on for longer than a lookup takes."""
        action, state = ("release", "new") if turn % 2 else ("claim", "claimed")
        began_s = time.monotonic()
        shop.tablet.act(action, guest.visit)
        shop.tablet.wait_card(lambda card: card["visit"] == guest.visit and card["state"] == state, 20)
        took_s = time.monotonic() - began_s
        wait_until(lambda: time.monotonic() - began_s > 0.15, 1, "the next tap")
        return took_s

    def _questions(self, server: socket.socket) -> list[bytes]:
        questions = []
        while True:
            try:
                questions.append(server.recv(512))
            except BlockingIOError:
                return questions


class BrokerDeathsTest(WithCardCase):
    def test_cards_are_back_in_time_each_time(self) -> None:
        shop = self.shop(LONG, radio=FakeRadio)
        guest = self.with_card(shop)
        for death in range(_DEATHS):
            shop.local.kill()
            shop.tablet.cards.clear()
            shop.tablet.state = None
            shop.local.start()
            with self.subTest(death=death):
                shop.tablet.wait_card(lambda card: card["visit"] == guest.visit, _BACK_S)
                shop.tablet.link.wait_for(
                    lambda: shop.tablet.state and shop.tablet.state["state"] == "online", _BACK_S, "online again"
                )


if __name__ == "__main__":
    unittest.main()
