"""Brokers that are away, come back empty or come late; wills, goodbyes, and what a restart leaves on the tablets."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any

from store.case import LONG, ShopCase
from store.catalogue import coat_lover
from store.gateway import STORE
from store.link import Link
from store.radio import FakeRadio
from store.shop import Shop
from store.till import Line
from store.visitor import COAT, Visitor

_TABLET = f"touchpoint/v1/{STORE}/tablet"


class LinkCase(ShopCase):
    def ready(self, shop: Shop) -> tuple[int, dict[str, Any]]:
        status, body = shop.gateway.get("/readyz")
        return status, json.loads(body)["parts"] if body else {}

    def wait_part(self, shop: Shop, status: int, part: str, state: str, timeout_s: float = 20) -> str:
        """The cause that /readyz gives once `part` is in `state`."""

        def there() -> list[str | None]:
            code, parts = self.ready(shop)
            return [parts[part]["cause"]] if code == status and parts.get(part, {}).get("state") == state else []

        return self.wait(there, timeout_s, f"/readyz {status} with {part} {state}: {self.ready(shop)}")[0]

    def with_card(self, **options: Any) -> tuple[Shop, Visitor]:
        shop = self.shop(LONG, radio=FakeRadio, **options)
        camille = coat_lover(1)
        shop.open([camille])
        guest = Visitor(shop, camille)
        guest.come_in()
        guest.try_on()
        return shop, guest


class ReadinessTest(LinkCase):
    def test_no_local_broker_at_the_start(self) -> None:
        shop = self.shop(radio=FakeRadio)
        shop.local.kill()
        shop.gateway.start(ready=False)
        self.assertTrue(self.wait_part(shop, 503, "local", "down"), "a cause")
        self.assertEqual(shop.gateway.get("/healthz")[0], 200)
        shop.local.start()
        shop.gateway.wait_ready()
        self.assertIsNone(self.wait_part(shop, 200, "local", "ok"))
        shop.local.kill()
        self.assertTrue(self.wait_part(shop, 503, "local", "down"))

    def test_no_central_only_degrades_and_loses_nothing(self) -> None:
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio, durable_wan=True)
        shop.wan.kill()
        shop.gateway.start()
        self.assertTrue(self.wait_part(shop, 200, "central", "degraded"), "a cause")
        taken = [shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).result["ticket_id"] for _ in range(5)]
        self.assertEqual(json.loads(shop.gateway.ctl("outbox", "--json").stdout)["depth"], 5)
        shop.wan.start()
        for ticket in taken:
            shop.central.wait_for("ticket.recorded", lambda d, t=ticket: d["ticket_id"] == t, 70)
        self.assertIsNone(self.wait_part(shop, 200, "central", "ok"))
        self.wait(lambda: json.loads(shop.gateway.ctl("outbox", "--json").stdout)["depth"] == 0, 10, "all delivered")

    def test_mqtt_3_1_1_says_that_delivery_is_unverified(self) -> None:
        shop = self.shop({"radio": {"receivers": []}, "central": {"protocol": "3.1.1"}}, radio=FakeRadio)
        shop.gateway.start()
        ticket = shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).result["ticket_id"]
        shop.central.wait_for("ticket.recorded", lambda d: d["ticket_id"] == ticket)
        self.assertIn("delivery unverified", shop.gateway.ctl("status").stdout.lower())
        central = json.loads(shop.gateway.ctl("status", "--json").stdout)["links"]["central"]
        self.assertFalse(central["verified"])

    def test_a_broker_that_speaks_something_else(self) -> None:
        """The central URL leads to a web server: an error with a cause, again and again, and the store works."""
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        shop.gateway.configuration["central"]["url"] = f"mqtt://127.0.0.1:{shop.gateway.tablet_port}"
        shop.gateway.start()
        self.assertTrue(self.wait_part(shop, 200, "central", "degraded"))
        self.assertEqual(shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).status, 202)


class CardsTest(LinkCase):
    def test_cards_and_state_come_back_to_an_empty_broker(self) -> None:
        shop, guest = self.with_card()
        before = shop.tablet.cards[guest.visit]
        shop.local.kill()
        shop.tablet.cards.clear()
        shop.tablet.state = None
        shop.local.start()
        card = shop.tablet.wait_card(lambda card: card["visit"] == guest.visit, 20)
        self.assertEqual([s["id"] for s in card["suggestions"]], [s["id"] for s in before["suggestions"]])
        shop.tablet.link.wait_for(
            lambda: shop.tablet.state and shop.tablet.state["state"] == "online", 10, "online again"
        )
        late = Link(shop.local.port, "late", [f"{_TABLET}/#"])
        self.addCleanup(late.stop)
        late.wait_for(
            lambda: {m.topic for m in late.messages if m.retain and m.payload}
            >= {f"{_TABLET}/card/{guest.visit}", f"{_TABLET}/state"},
            5,
            "both are retained",
        )

    def test_cards_carry_an_expiry_and_events_their_content_type_and_attributes(self) -> None:
        shop, guest = self.with_card()
        cards = [m for m in shop.tablet.link.messages if m.topic.endswith(guest.visit) and m.payload]
        self.assertTrue(all(m.expiry_s and m.expiry_s <= 1200 for m in cards), [m.expiry_s for m in cards])
        events = [m for m in shop.central.link.messages if "/event/" in m.topic]
        self.assertEqual(
            {(m.content_type, m.qos, m.retain) for m in events}, {("application/cloudevents+json", 1, False)}
        )
        for event in events:
            said = json.loads(event.payload)
            self.assertEqual(event.user_properties, [(name, said[name]) for name in ("id", "source", "type")])

    def test_a_card_survives_a_crash_of_the_daemon(self) -> None:
        shop, guest = self.with_card()
        shop.gateway.kill()
        shop.gateway.start()
        guest.at("fitting")
        shop.tablet.wait_card(lambda card: card["visit"] == guest.visit)
        guest.pay()
        shop.tablet.link.wait_for(
            lambda: all(s["variant"] != COAT for c in shop.tablet.cards.values() for s in c["suggestions"]),
            10,
            "coat gone",
        )
        self.assertEqual(len(shop.central.events("visit.started")), 1, "the same visit")
        self.assertEqual(len(shop.central.events("suggestion.created")), 1, "and the same suggestion")

    def test_a_stale_retained_card_is_withdrawn_after_a_restart(self) -> None:
        shop = self.shop(radio=FakeRadio)
        shop.gateway.start()
        self.assertEqual(shop.gateway.stop(), 0)
        stale = f"{_TABLET}/card/0199aaaa-0000-7000-8000-000000000001"
        self.foreign_topics = frozenset([stale])
        shop.tablet.link.publish(stale, json.dumps({"v": 1, "visit": stale.rsplit("/", 1)[1]}), retain=True)
        shop.tablet.link.wait_for(lambda: shop.tablet.cards, 5, "the stale card is there")
        shop.gateway.start()
        shop.tablet.link.wait_for(lambda: not shop.tablet.cards, 10, "the stale card is withdrawn")


class GoodbyeTest(LinkCase):
    def test_wills_after_kill_9(self) -> None:
        shop = self.shop(radio=FakeRadio)
        shop.gateway.start()
        online = shop.central.wait_state("online")
        self.assertTrue(online["version"] and online["since"])
        shop.gateway.kill()
        offline = shop.central.wait_state("offline")
        self.assertEqual(offline["session"], online["session"])
        shop.tablet.link.wait_for(lambda: shop.tablet.state["state"] == "offline", 10, "the tablet's will")
        shop.gateway.start()
        again = shop.central.wait_state("online")
        self.assertGreater(again["session"], online["session"])
        shop.tablet.link.wait_for(lambda: shop.tablet.state["state"] == "online", 10, "the tablets see it again")

    def test_sigterm_says_goodbye_within_5_s(self) -> None:
        self.expects_end = True
        shop, _ = self.with_card()
        started_s = time.monotonic()
        self.assertEqual(shop.gateway.stop(), 0)
        self.assertLess(time.monotonic() - started_s, 5)
        shop.central.wait_state("offline", 2)
        shop.tablet.link.wait_for(lambda: shop.tablet.state["state"] == "offline", 2, "tablets are told")
        shop.gateway.start()
        shop.central.wait_state("online")

    def test_sigterm_while_both_brokers_are_away(self) -> None:
        self.expects_end = True
        shop = self.shop(radio=FakeRadio)
        shop.gateway.start()
        shop.local.kill()
        shop.wan.kill()
        started_s = time.monotonic()
        self.assertEqual(shop.gateway.stop(), 0)
        self.assertLess(time.monotonic() - started_s, 5)


class OtherBrokerTest(LinkCase):
    def test_two_gateways_side_by_side(self) -> None:
        """Directories and ports of their own: nothing else is shared."""
        first = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        first.gateway.start()
        second = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        second.gateway.start()
        for shop in (first, second):
            self.assertEqual(shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).status, 202)
            shop.central.wait_for("ticket.recorded")


if __name__ == "__main__":
    unittest.main()
