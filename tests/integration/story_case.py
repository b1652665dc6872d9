"""The whole story of one member among people who must leave no trace; run by test_story_*.py on each kind of radio."""

from __future__ import annotations

import time
from typing import Any

from store import traces
from store.air import RemoteReceiver
from store.case import ShopCase
from store.catalogue import coat_lover, consent, member
from store.eid import WINDOW_S
from store.gateway import ENTRANCE_ADDRESS, FITTING_ADDRESS, STORE
from store.link import Link
from store.phone import EidPhone, ReplayingPhone, one_of_each_stranger
from store.processes import wait_until
from store.shop import Shop
from store.visitor import COAT, Visitor

_CONTROLLERS = [
    {"id": "hci0", "adapter": ENTRANCE_ADDRESS, "zone": "entrance"},
    {"id": "hci1", "adapter": FITTING_ADDRESS, "zone": "fitting"},
]
_REMOTE = [{"id": f"rx-{zone}", "remote": True, "zone": zone} for zone in ("entrance", "fitting")]
_TILL = {"id": "rx-till", "remote": True, "zone": "till-1"}
_RECOGNITION_S = 3


class StoryCase(ShopCase):
    """Subclasses choose the radio."""

    def tell(self, receivers: list[dict[str, Any]], remote: bool, **options: Any) -> None:
        shop = self.shop({"radio": {"receivers": receivers}}, **options)
        self.spies = [Link(port, f"spy-{port}", ["#"]) for port in {shop.local.port, shop.wan.port}]
        for spy in self.spies:
            self.addCleanup(spy.stop)
        camille = coat_lover(1)
        withdrawn = member(3, consent={"recognition": {"status": "revoked", "at": "2026-11-01T00:00:00Z"}})
        expired = member(4, consent={"recognition": {**consent()["recognition"], "until": "2026-11-02T00:00:00Z"}})
        self.unwilling = [member(2, ["sms", "email", "attribution"]), withdrawn, expired]
        shop.open([camille, *self.unwilling])
        guest = Visitor(shop, camille, self._antennas(shop, remote))
        if not remote:
            shop.radio.wait_scanning("hci0")
            shop.radio.wait_scanning("hci1")
        self._crowd_passes(shop, guest)
        self._recognised(shop, guest)
        self._card(shop, guest)
        self._pays(shop, guest)
        self._leaves(shop, guest)
        self._no_trace(shop, guest)
        with shop.central.link.waiting:
            self.assertEqual(shop.central.consumer.check_complete(), [])

    def _antennas(self, shop: Shop, remote: bool) -> dict[str, Any]:
        if not remote:
            return {"entrance": shop.entrance, "fitting": shop.fitting}
        made = {zone: RemoteReceiver(shop.local.port, STORE, f"rx-{zone}") for zone in ("entrance", "fitting")}
        for receiver in made.values():
            self.addCleanup(receiver.stop)
        return made

    def _crowd_passes(self, shop: Shop, guest: Visitor) -> None:
        """Strangers, yesterday's token and members who did not agree are heard, many times, and nothing comes of it."""
        replay = ReplayingPhone(guest.phone.token(int(time.time()) - 3 * WINDOW_S), shop.chance)
        self.crowd = [*one_of_each_stranger(shop.chance), replay, *(shop.phone_of(m) for m in self.unwilling)]
        for phone in self.crowd:
            shop.air.put(phone, {antenna: -60 for antenna in guest.antennas.values()})
        heard = len([phone for phone in self.crowd if isinstance(phone, EidPhone)]) * 2 * 4
        wait_until(lambda: shop.gateway.adverts("foreign") >= heard, 20, "the gateway hears the crowd")
        for phone in self.crowd:
            shop.air.remove(phone)
        self.assertEqual(shop.central.events("visit.started"), [])
        self.assertEqual(shop.tablet.cards, {})

    def _recognised(self, shop: Shop, guest: Visitor) -> None:
        said_s = guest.two_adverts()
        started = shop.central.wait_for("visit.started", timeout_s=_RECOGNITION_S)["data"]
        self.assertLess(time.monotonic() - said_s, _RECOGNITION_S)
        guest.visit = started["visit_id"]
        guest.at("entrance")
        self.assertEqual(
            (started["member"], started["zone"], started["recognition"]["method"]),
            (guest.member.id, "entrance", "eid"),
        )
        before = shop.gateway.adverts("member")
        wait_until(lambda: shop.gateway.adverts("member") >= before + 6, 10, "she strolls at the entrance")
        self.assertEqual(shop.tablet.cards, {}, "no card before the fitting rooms")

    def _card(self, shop: Shop, guest: Visitor) -> None:
        card = guest.try_on()
        self.assertEqual((card["v"], card["visit"], card["zone"], card["state"]), (1, guest.visit, "fitting", "new"))
        self.assertEqual((card["first_name"], card["claimed_by"]), (None, None))
        self.assertLessEqual(len(card["suggestions"]), 3)
        coat = next((s for s in card["suggestions"] if s["variant"] == COAT), None)
        self.assertIsNotNone(coat, "the coat she looked at")
        self.assertEqual(
            (coat["size"], coat["location"], coat["color"], coat["stock"], coat["price_minor"], coat["currency"]),
            ("42", "Mur B4", "Navy", 2, 24900, "EUR"),
        )
        self.assertTrue(coat["reason"]["code"] and coat["reason"]["fr"] and coat["reason"]["en"])
        self.assertNotIn("OXFORD-SHIRT", [s["style"] for s in card["suggestions"]], "never what she owns")
        created = shop.central.wait_for("suggestion.created", lambda d: d["visit_id"] == guest.visit)["data"]
        self.assertIn(COAT, [item["variant"] for item in created["items"]])

    def _pays(self, shop: Shop, guest: Visitor) -> None:
        answer = guest.pay()
        self.assertEqual((answer.status, answer.result["status"]), (202, "accepted"))
        ticket = answer.result["ticket_id"]
        recorded = shop.central.wait_for("ticket.recorded", lambda d: d["ticket_id"] == ticket)["data"]
        self.assertEqual((recorded["total_minor"], recorded["checks"]["totals"]), (24900, "ok"))
        self.assertNotIn(guest.member.id, str(recorded))
        self.assertNotIn(guest.member.loyalty, str(recorded))
        tied = shop.central.wait_for("attribution.created", lambda d: d["ticket_id"] == ticket)["data"]
        self.assertEqual((tied["class"], tied["member"], tied["visit_id"]), ("certain", guest.member.id, guest.visit))
        outcome = shop.central.wait_for("suggestion.outcome", lambda d: d["variant"] == COAT)["data"]
        self.assertEqual(outcome["outcome"], "sold")
        shop.tablet.link.wait_for(
            lambda: all(s["variant"] != COAT for c in shop.tablet.cards.values() for s in c["suggestions"]),
            10,
            "the sold coat is off the card",
        )

    def _leaves(self, shop: Shop, guest: Visitor) -> None:
        guest.leave()
        ended = guest.wait_ended()
        self.assertEqual((ended["end_reason"], len(ended["tickets"])), ("left", 1))
        self.assertIn("fitting", [zone["zone"] for zone in ended["zones"]])
        shop.tablet.wait_withdrawn(guest.visit)
        self.assertEqual(len(shop.central.events("visit.started")), 1, "one visit in all")

    def _no_trace(self, shop: Shop, guest: Visitor) -> None:
        """Nobody of the crowd and no token of anybody is in a file or a message of the gateway."""
        now = int(time.time())
        secrets = [s for phone in (*self.crowd, guest.phone) for s in phone.secrets(now)]
        secrets += [m.id.encode() for m in self.unwilling] + [guest.member.loyalty.encode()]
        said = [m for spy in self.spies for m in spy.messages if f"/{STORE}/rx/" not in m.topic]
        self.assertTrue(said)
        self.assertEqual(list(traces.in_messages(secrets, said)), [])
        tokens = [s for phone in (*self.crowd, guest.phone) for s in phone.secrets(now)]
        places = [shop.gateway.state_directory, shop.gateway.socket.parent, shop.gateway.process.log_path]
        self.assertEqual(list(traces.in_files(tokens, *places)), [])
        spoken = [s.encode() for m in (guest.member, *self.unwilling) for s in (m.id, m.loyalty, m.key.hex())]
        self.assertEqual(list(traces.in_files([*spoken, b"Camille"], shop.gateway.process.log_path)), [])
        topics = [message.topic.encode() for message in said]
        self.assertFalse([t for t in topics for secret in spoken if secret in t], "no member in a topic")


LOCAL, REMOTE, BOTH = [*_CONTROLLERS], [*_REMOTE, _TILL], [*_CONTROLLERS, _TILL]
