"""Prints what happens: one line each, with the time, who it happens to, and plain words."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, TextIO

from store.consumer import Event
from store.shop import Shop
from store.tablet import Card

_COLOURS = {
    "street": "90",
    "phones": "36",
    "till": "33",
    "central": "32",
    "tablet": "35",
    "store": "1",
    "check": "1;32",
    "failed": "1;31",
}
Data = dict[str, Any]


def money(minor: int, currency: str) -> str:
    return f"{minor / 100:.2f} {currency}"


def _started(data: Data) -> str:
    return f"{data['member']} is in the store: {data['zone']}, recognised by {data['recognition']['method']}"


def _moved(data: Data) -> str:
    return f"{data['member']} went from {data['zone']} to {data['next_zone']}"


def _ended(data: Data) -> str:
    count = len(data["tickets"])
    tickets = {0: "no ticket", 1: "one ticket"}.get(count, f"{count} tickets")
    return f"{data['member']} has left after {data['dwell_s']} s, with {tickets}"


def _ticket(data: Data) -> str:
    articles = ", ".join(line["sku"] for line in data["lines"])
    return f"{money(data['total_minor'], data['currency'])} at {data['key']['workstation']}: {articles}"


def _attribution(data: Data) -> str:
    return f"that ticket belongs to {data['member']} ({data['class']}, by {data['method']})"


def _suggestion(data: Data) -> str:
    return f"for {data['member']}: {', '.join(item['variant'] for item in data['items'])} ({data['scenario']})"


def _outcome(data: Data) -> str:
    return f"{data['variant']}: {data['outcome']}"


_WORDS: dict[str, Callable[[Data], str]] = {
    "visit.started": _started,
    "visit.zone_changed": _moved,
    "visit.ended": _ended,
    "ticket.recorded": _ticket,
    "attribution.created": _attribution,
    "suggestion.created": _suggestion,
    "suggestion.outcome": _outcome,
    "suggestion.suppressed": lambda data: f"no suggestion: {data['reason']}",
    "dq.alert": lambda data: f"{data['code']}: {data['detail']}",
}


def event_words(event: Event) -> tuple[str, str]:
    """Name and plain words of an event; an unknown kind is shown by its name alone."""
    name = event["type"].removeprefix("touchpoint.").removesuffix(".v1")
    try:
        return name, _WORDS[name](event["data"]) if name in _WORDS else ""
    except (KeyError, TypeError) as gap:
        return name, f"(without {gap})"


def card_words(card: Card | None) -> str:
    if card is None:
        return "the card is gone"
    shown = [
        f"{s['name']} {s['color'] or ''}, size {s['size'] or 'one'}, {s['location']}: “{s['reason']['fr']}”"
        for s in card["suggestions"]
    ]
    holder = (
        f"{card['first_name'] or 'a member'}, claimed by {card['claimed_by']}"
        if card["claimed_by"]
        else card["label"]["en"]
    )
    return f"{holder} in {card['zone']}: " + ("; ".join(shown) or "nothing left to propose")


class Narrator:
    """Any thread may speak. Colours only on a terminal."""

    def __init__(self, out: TextIO, clock: Callable[[], str] = lambda: time.strftime("%H:%M:%S")) -> None:
        self._out, self.clock = out, clock
        self._coloured = out.isatty()
        self._turn = threading.Lock()

    def say(self, who: str, words: str) -> None:
        name = f"{who:<8}"
        if self._coloured:
            name = f"\033[{_COLOURS.get(who, '0')}m{name}\033[0m"
        with self._turn:
            print(f"{self.clock()}  {name}  {words}", file=self._out, flush=True)

    def follow(self, shop: Shop) -> None:
        """From now on tells what central receives and what the tablet shows."""
        shop.central.on_event(self._event)
        shop.tablet.on_card(lambda visit, card: self.say("tablet", card_words(card)))

    def _event(self, event: Event) -> None:
        name, words = event_words(event)
        self.say("central", f"{name:<20} {words}".rstrip())
