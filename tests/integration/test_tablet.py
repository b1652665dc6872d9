"""The associates' tablets: the page over HTTP, and what taps do to a card over MQTT."""

from __future__ import annotations

import http.client
import json
import time
import unittest
from typing import Any

from store.case import LONG, ShopCase
from store.catalogue import coat_lover
from store.gateway import STORE
from store.radio import FakeRadio
from store.tablet import Card, Tablet
from store.visitor import COAT, Visitor


class PageTest(ShopCase):
    def setUp(self) -> None:
        self.assets = self.folder()
        (self.assets / "index.html").write_text("<!doctype html><title>cards</title>")
        (self.assets / "app.js").write_text("export {}")
        secret = self.assets.parent / f"{self.assets.name}-secret.txt"
        secret.write_text("not for tablets")
        self.addCleanup(secret.unlink)
        self.secret = secret.name
        self.store = self.shop({"radio": {"receivers": []}, "tablet": {"assets": str(self.assets)}}, radio=FakeRadio)
        self.store.gateway.start()

    def get(self, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.store.gateway.tablet_port, timeout=5)
        self.addCleanup(connection.close)
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()

    def test_the_page_and_its_files(self) -> None:
        status, headers, body = self.get("/tablet/")
        self.assertEqual((status, b"cards" in body), (200, True))
        self.assertTrue(headers["content-type"].startswith("text/html"))
        self.assertEqual(headers.get("x-content-type-options"), "nosniff")
        status, headers, body = self.get("/tablet/app.js")
        self.assertEqual((status, body), (200, b"export {}"))
        self.assertIn("javascript", headers["content-type"])
        self.assertEqual(self.get("/tablet/absent.js")[0], 404)

    def test_its_configuration(self) -> None:
        status, headers, body = self.get("/tablet/config.json")
        self.assertEqual((status, headers["content-type"]), (200, "application/json"))
        text = json.dumps(json.loads(body))
        for needed in (self.store.local.websocket_url, STORE, "fr"):
            self.assertIn(needed, text)
        self.assertNotIn("secret", text)

    def test_nothing_outside_the_folder(self) -> None:
        for path in (
            f"/tablet/../{self.secret}",
            f"/tablet/%2e%2e/{self.secret}",
            f"/tablet/..%2f{self.secret}",
            f"/tablet//{self.assets.parent}/{self.secret}",
            "/tablet/../../../../etc/passwd",
            "/etc/passwd",
            f"/tablet/./..//{self.secret}",
            f"/tablet/%2e%2e%5c{self.secret}",
            "/tablet/app.js%00.html",
        ):
            with self.subTest(path):
                status, _, body = self.get(path)
                self.assertIn(status, (301, 302, 400, 403, 404))
                self.assertNotIn(b"not for tablets", body)
                self.assertNotIn(b"root:", body)
        self.assertEqual(self.get("/tablet/", "POST")[0], 405)
        self.assertEqual(self.get("/tablet/")[0], 200, "and it goes on")


class ActionTest(ShopCase):
    def setUp(self) -> None:
        self.camille = coat_lover(1)
        self.store = self.shop(LONG, radio=FakeRadio)
        self.store.open([self.camille])
        self.tablet = self.store.tablet
        self.other = Tablet(self.store.local.port, STORE, "t2")
        self.addCleanup(self.other.stop)
        self.guest = Visitor(self.store, self.camille)
        self.guest.come_in()
        self.card = self.guest.try_on()
        self.visit = self.guest.visit

    def coat(self) -> dict[str, Any]:
        return next(s for s in self.card["suggestions"] if s["variant"] == COAT)

    def wait_card(self, wanted: Any) -> Card:
        return self.tablet.wait_card(lambda card: card["visit"] == self.visit and wanted(card))

    def shows(self, card: Card, variant: str = COAT) -> bool:
        return any(s["variant"] == variant for s in card["suggestions"])

    def published(self) -> int:
        return len([m for m in self.tablet.link.messages if m.topic.endswith(self.visit)])

    def outcomes(self) -> list[tuple[str, str]]:
        return [(e["data"]["variant"], e["data"]["outcome"]) for e in self.store.central.events("suggestion.outcome")]

    def test_every_key_is_there(self) -> None:
        self.assertEqual(
            set(self.card),
            {
                "v",
                "visit",
                "zone",
                "since",
                "state",
                "claimed_by",
                "label",
                "first_name",
                "purpose",
                "expires_at",
                "collect",
                "notice",
                "suggestions",
            },
        )
        self.assertEqual(
            set(self.card["suggestions"][0]),
            {
                "id",
                "variant",
                "style",
                "name",
                "size",
                "size_confidence",
                "color",
                "price_minor",
                "currency",
                "stock",
                "stock_at",
                "location",
                "image",
                "rank",
                "reason",
            },
        )
        self.assertNotIn(self.camille.id, json.dumps(self.card))

    def test_the_first_claim_wins(self) -> None:
        self.tablet.act("claim", self.visit, associate="A12")
        card = self.wait_card(lambda card: card["state"] == "claimed")
        self.assertEqual((card["claimed_by"], card["first_name"]), ("A12", "Camille"))
        before = self.published()
        self.other.act("claim", self.visit, associate="B7")
        self.tablet.link.wait_for(lambda: self.published() > before, 5, "the card is published again")
        self.assertEqual(self.tablet.cards[self.visit]["claimed_by"], "A12")
        before = self.published()
        self.other.act("release", self.visit, associate="B7")
        self.other.act("seen", self.visit, associate="B7", suggestion=self.coat()["id"])
        self.store.central.wait_for("suggestion.outcome", lambda d: d["outcome"] == "seen")
        self.assertEqual(self.tablet.cards[self.visit]["claimed_by"], "A12", "only the holder releases")
        self.tablet.act("release", self.visit, associate="A12")
        card = self.wait_card(lambda card: card["state"] == "new")
        self.assertEqual((card["claimed_by"], card["first_name"]), (None, None))

    def test_a_repeated_id_has_no_second_effect(self) -> None:
        action = self.tablet.act("claim", self.visit)
        self.wait_card(lambda card: card["state"] == "claimed")
        self.tablet.act("release", self.visit)
        self.wait_card(lambda card: card["state"] == "new")
        self.tablet.act("claim", self.visit, id=action)
        self.other.act("seen", self.visit, suggestion=self.coat()["id"])
        self.store.central.wait_for("suggestion.outcome", lambda d: d["outcome"] == "seen")
        self.assertEqual(self.tablet.cards[self.visit]["state"], "new")
        self.tablet.act("proposed", self.visit, suggestion=self.coat()["id"], id="the-same")
        self.tablet.act("proposed", self.visit, suggestion=self.coat()["id"], id="the-same")
        self.tablet.act("tried", self.visit, suggestion=self.coat()["id"])
        self.store.central.wait_for("suggestion.outcome", lambda d: d["outcome"] == "tried")
        self.assertEqual(self.outcomes().count((COAT, "proposed")), 1)

    def test_refused_leaves_the_card_and_undo_brings_it_back(self) -> None:
        action = self.tablet.act("refused", self.visit, suggestion=self.coat()["id"], reason="colour")
        self.wait_gone()
        self.store.central.wait_for("suggestion.outcome", lambda d: (d["variant"], d["outcome"]) == (COAT, "refused"))
        self.tablet.act("undo", self.visit, undoes=action)
        self.wait_card(self.shows)

    def wait_gone(self) -> None:
        def gone() -> bool:
            card = self.tablet.cards.get(self.visit)
            return card is None or not self.shows(card)

        self.tablet.link.wait_for(gone, 5, "the coat is off the card")

    def test_an_undo_is_at_most_ten_seconds_late(self) -> None:
        action = self.tablet.act("refused", self.visit, suggestion=self.coat()["id"])
        self.wait_gone()
        refused_s = time.monotonic()
        self.wait(lambda: time.monotonic() - refused_s > 10.5, 12, "too late to undo")
        self.tablet.act("undo", self.visit, undoes=action)
        self.tablet.act("do_not_disturb", self.visit)
        self.tablet.wait_withdrawn(self.visit)
        shown = [
            json.loads(m.payload)
            for m in self.tablet.link.messages
            if m.topic.endswith(self.visit) and m.payload and m.received_s > refused_s
        ]
        self.assertFalse([card for card in shown if self.shows(card)])

    def test_do_not_disturb_and_not_this_customer_take_the_card_away(self) -> None:
        self.tablet.act("not_this_customer", self.visit)
        self.tablet.wait_withdrawn(self.visit)
        self.store.central.wait_for("identity.unlinked", lambda d: d["visit_id"] == self.visit)

    def test_sold_by_a_tap_then_by_the_till_is_sold_once(self) -> None:
        self.tablet.act("sold", self.visit, suggestion=self.coat()["id"])
        self.wait_gone()
        self.store.central.wait_for("suggestion.outcome", lambda d: (d["variant"], d["outcome"]) == (COAT, "sold"))
        self.guest.pay()
        self.store.central.wait_for("attribution.created")
        self.guest.leave()
        self.assertEqual(self.outcomes().count((COAT, "sold")), 1)

    def test_nonsense_and_unknown_visits_are_ignored(self) -> None:
        base = f"{self.tablet.base}/action"
        for payload in (b"", b"{", b"[]", b"\xff", b'{"v":1}', b"[" * 50_000):
            self.tablet.link.publish(f"{base}/t1", payload)
        self.tablet.link.publish(f"{base}/not an id", b"{}")
        self.tablet.act("dance", self.visit)
        self.tablet.act("claim", "0199aaaa-0000-7000-8000-000000000001")
        self.tablet.act("undo", self.visit, undoes="never-was")
        self.tablet.act("claim", self.visit)
        self.wait_card(lambda card: card["state"] == "claimed")
        self.assertEqual(set(self.tablet.cards), {self.visit})
        self.wait(lambda: self.store.gateway.metric("actions_ignored_total"), 5, "an unknown visit is counted")


if __name__ == "__main__":
    unittest.main()
