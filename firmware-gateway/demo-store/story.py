"""The scripted story of `demo --once`: one member's visit among strangers, every step checked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable

from narrator import Narrator
from opening import announce, quick_store, take_picture
from store import traces
from store.catalogue import coat_lover, member
from store.eid import WINDOW_S
from store.gateway import GATEWAY, STORE
from store.link import Link
from store.phone import ReplayingPhone, one_of_each_stranger
from store.processes import wait_until
from store.shop import Shop
from store.till import Line

COAT = "GATE-COAT-NAVY-42"
_DOOR, _SHOP_FLOOR, _IN_THE_STREET = -60, -66, -92  # dBm at the entrance's antenna
_CLOSE, _THROUGH_A_WALL = -52, -88
_RECOGNITION_S = 3


class StepFailed(Exception):
    """A check of the story did not hold; the text says which."""


def expect(holds: object, what: str) -> None:
    if not holds:
        raise StepFailed(what)


class Story:
    """Steps in order; each leaves behind what the next one needs."""

    def __init__(self, shop: Shop, narrator: Narrator, picture: Path | None) -> None:
        self.shop, self.narrator, self.picture = shop, narrator, picture
        self.camille = coat_lover(1)
        self.shy = member(2, ["sms", "email"])  # a member who never agreed to be recognised
        self.phone = shop.phone_of(self.camille)
        self.shy_phone = shop.phone_of(self.shy)
        self.replay = ReplayingPhone(self.phone.token(int(time.time()) - 3 * WINDOW_S), shop.chance)
        self.strangers = one_of_each_stranger(shop.chance)
        self.visit = ""

    def steps(self) -> list[tuple[str, Callable[[], Any]]]:
        return [
            ("the gateway opens and central sees it online", self.open),
            ("passers-by, strangers, a replayed token and a member without consent: nothing", self.strangers_pass),
            ("Camille comes in and is recognised within 3 s", self.come_in),
            ("no card before the fitting rooms", self.stroll),
            ("in the fitting rooms the card shows the coat in 42, where it hangs, and why", self.fitting_rooms),
            ("an associate claims the card and sees the first name", self.claim),
            ("the till's ticket is recorded and tied to Camille for certain", self.pay),
            ("the sold coat is off the card", self.coat_off_the_card),
            ("Camille leaves: the visit ends, the card goes", self.leave),
            ("strangers left no trace in files, logs or topics", self.no_trace),
            ("central got every event once, in order, without a gap", self.promises),
        ]

    def say(self, words: str, who: str = "phones") -> None:
        self.narrator.say(who, words)

    def open(self) -> None:
        self.spies = [Link(port, f"spy-{port}", ["#"]) for port in {self.shop.local.port, self.shop.wan.port}]
        self.shop.open([self.camille, self.shy])
        state = self.shop.central.wait_state("online")
        expect(state["session"] >= 1, "the state has a session")
        for controller in ("hci0", "hci1"):
            self.shop.radio.wait_scanning(controller)
        announce(self.shop, self.narrator)

    def strangers_pass(self) -> None:
        """Ends when the radio has passed on many of their adverts: then there was something to ignore."""
        self.say("five strangers, a token of half an hour ago and a member who said no walk in", "street")
        before = self.shop.radio.state()["hci0"]["heard"]
        for phone in (*self.strangers, self.replay, self.shy_phone):
            self.shop.air.put(
                phone, {self.shop.entrance: _DOOR, self.shop.fitting: _SHOP_FLOOR, self.shop.till_receiver: -70}
            )
        self.say("Camille passes by in the street, phone in the bag", "street")
        self.shop.air.put(self.phone, {self.shop.entrance: _IN_THE_STREET})
        wait_until(lambda: self.shop.radio.state()["hci0"]["heard"] >= before + 60, 20, "the radio hears the strangers")
        expect(not self.shop.central.events("visit.started"), "nobody is recognised")

    def come_in(self) -> None:
        self.say("Camille comes through the door")
        self.shop.air.remove(self.phone)
        for _ in range(2):
            self.phone.say(self.shop.radio, "hci0", _DOOR)
            second_advert_s = time.monotonic()
            wait_until(lambda: time.monotonic() - second_advert_s >= 0.15, 1, "the phone's next advert")
        started = self.shop.central.wait_for("visit.started", timeout_s=_RECOGNITION_S)["data"]
        self.shop.air.put(self.phone, {self.shop.entrance: _DOOR})
        self.visit = started["visit_id"]
        expect(started["member"] == self.camille.id, "the visit is Camille's")
        expect(started["zone"] == "entrance", "she is at the entrance")
        expect(started["recognition"]["method"] == "eid", "she is recognised by her phone's token")

    def stroll(self) -> None:
        self.say("Camille looks around")
        self.shop.air.put(self.phone, {self.shop.entrance: _SHOP_FLOOR, self.shop.fitting: _THROUGH_A_WALL})
        before = self.shop.radio.state()["hci0"]["heard"]
        wait_until(lambda: self.shop.radio.state()["hci0"]["heard"] >= before + 60, 20, "more adverts")
        expect(not self.shop.tablet.cards, "no card is shown")

    def fitting_rooms(self) -> None:
        self.say("Camille goes to the fitting rooms")
        self.shop.air.put(self.phone, {self.shop.entrance: _THROUGH_A_WALL, self.shop.fitting: _CLOSE})
        card = self.shop.tablet.wait_card(lambda card: card["visit"] == self.visit, 20)
        coat = next((s for s in card["suggestions"] if s["variant"] == COAT), None)
        expect(coat, f"the card proposes {COAT}")
        expect((coat["size"], coat["location"], coat["color"]) == ("42", "Mur B4", "Navy"), "size 42, navy, at Mur B4")
        expect(
            coat["reason"]["fr"] and coat["reason"]["en"] and coat["reason"]["code"], "a reason in French and English"
        )
        expect(card["zone"] == "fitting" and card["state"] == "new", "a new card in the fitting rooms")
        expect(card["first_name"] is None, "no name before a claim")
        expect(all(s["style"] != "OXFORD-SHIRT" for s in card["suggestions"]), "nothing she owns is proposed")
        self.shop.central.wait_for("suggestion.created", lambda data: data["visit_id"] == self.visit)
        if self.picture:
            take_picture(self.shop, self.narrator, self.picture)

    def claim(self) -> None:
        self.say("“I'll take care of her”", "tablet")
        self.shop.tablet.act("claim", self.visit, associate="A12")
        card = self.shop.tablet.wait_card(lambda card: card["state"] == "claimed")
        expect((card["claimed_by"], card["first_name"]) == ("A12", "Camille"), "claimed by A12, for Camille")

    def pay(self) -> None:
        self.say("Camille pays the coat and shows her loyalty card", "till")
        self.shop.air.put(self.phone, {self.shop.entrance: _SHOP_FLOOR - 10, self.shop.till_receiver: -55})
        answer = self.shop.till.hand_in(self.shop.till.ticket([Line(COAT, "249.00")], self.camille.loyalty))
        expect(answer.status == 202 and answer.result["status"] == "accepted", f"the ticket is accepted, not {answer}")
        ticket = answer.result["ticket_id"]
        recorded = self.shop.central.wait_for("ticket.recorded", lambda data: data["ticket_id"] == ticket)["data"]
        expect(recorded["total_minor"] == 24900 and recorded["checks"]["totals"] == "ok", "249.00 EUR that add up")
        expect("member" not in recorded, "the ticket names no member")
        tied = self.shop.central.wait_for("attribution.created", lambda data: data["ticket_id"] == ticket)["data"]
        expect(
            (tied["class"], tied["member"], tied["visit_id"]) == ("certain", self.camille.id, self.visit),
            "tied to her visit for certain",
        )

    def coat_off_the_card(self) -> None:
        outcome = self.shop.central.wait_for("suggestion.outcome", lambda data: data["variant"] == COAT)["data"]
        expect(outcome["outcome"] == "sold", "the outcome is sold")

        def coat_gone() -> bool:
            return all(s["variant"] != COAT for card in self.shop.tablet.cards.values() for s in card["suggestions"])

        self.shop.tablet.link.wait_for(coat_gone, 10, "the coat is off the card")

    def leave(self) -> None:
        self.say("Camille leaves")
        self.shop.air.remove(self.phone)
        ended = self.shop.central.wait_for("visit.ended", lambda data: data["visit_id"] == self.visit, 30)["data"]
        expect(ended["end_reason"] == "left" and len(ended["tickets"]) == 1, "she left, with one ticket")
        self.shop.tablet.wait_withdrawn(self.visit)

    def no_trace(self) -> None:
        now = int(time.time())
        for phone in (*self.strangers, self.replay, self.shy_phone):
            self.shop.air.remove(phone)
        secrets = [
            secret
            for phone in (*self.strangers, self.replay, self.shy_phone, self.phone)
            for secret in phone.secrets(now)
        ]
        expect(len(self.shop.central.events("visit.started")) == 1, "one visit in all")
        found = list(traces.in_files(secrets, self.shop.gateway.directory))
        base = f"touchpoint/v1/{STORE}/rx/"  # what the receivers themselves publish
        said = [message for spy in self.spies for message in spy.messages if not message.topic.startswith(base)]
        found += traces.in_messages(secrets, said)
        expect(said, "the spies heard something")
        expect(not found, "; ".join(found[:3]))
        self.say(
            f"searched {len(said)} messages and every file of {GATEWAY} for {len(secrets)} addresses and tokens",
            "store",
        )

    def promises(self) -> None:
        self.shop.central.assert_promises_kept()
        for spy in self.spies:
            spy.stop()


def play(directory: Path, narrator: Narrator, picture: Path | None) -> int:
    """0 if every step held; else names the step, what failed, and shows the end of the gateway's log."""
    with Shop(directory, patch=quick_store(exit_after_s=4, reentry_s=4, visit_min_s=3)) as shop:
        narrator.follow(shop)
        story = Story(shop, narrator, picture)
        for number, (title, step) in enumerate(story.steps(), 1):
            try:
                step()
            except Exception as failure:  # whatever it is, the step has failed and is named
                narrator.say("failed", f"step {number}, {title}: {failure}")
                narrator.say("store", "the gateway's last words:\n" + _last_words(shop))
                return 1
            narrator.say("check", f"{number}. {title}")
    return 0


def _last_words(shop: Shop) -> str:
    try:
        return "\n".join(shop.gateway.log().splitlines()[-15:])
    except (RuntimeError, OSError):
        return "(it never started)"
