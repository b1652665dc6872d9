"""The consumer model: what central may rely on about events, checked on every message that arrives.

Pure: it is fed topics and payloads and collects violations in plain words. The rules are those of the contract:
an id stands for the same bytes for ever (but for erasure), a sequence number for one event, numbers are contiguous
per source and epoch or explained, order holds in a partition, visits open once and close once.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any, Iterable

Event = dict[str, Any]
Counter = tuple[str, int]  # source, epoch

_REQUIRED = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "recordedtime",
    "sequence",
    "partitionkey",
    "dataschema",
    "datacontenttype",
    "data",
)
_SEQUENCE = re.compile(r"[0-9]{20}")
_UUID_V7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TYPE = re.compile(r"touchpoint\.([a-z_]+)\.([a-z_]+)\.v1")
_DROPPED = "touchpoint.outbox.dropped.v1"


class Consumer:
    """Feed `take` in the order of arrival; `events` are the distinct ones, `violations` what broke a promise."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.violations: list[str] = []
        self.redelivered = 0
        self._bytes: dict[str, bytes] = {}
        self._ids: dict[Counter, dict[int, str]] = defaultdict(dict)
        self._last_in_partition: dict[tuple[Counter, str], int] = {}

    def take(self, topic: str, payload: bytes) -> Event | None:
        """The event if it is new, None if it was delivered before or is no event at all."""
        try:
            event = json.loads(payload)
            missing = [name for name in _REQUIRED if name not in event]
        except (ValueError, TypeError):
            self._violated(f"{topic}: not JSON")
            return None
        if missing:
            self._violated(f"{topic}: {', '.join(missing)} missing")
            return None
        known = self._bytes.get(event["id"])
        if known is not None:
            self._check_redelivery(event, known, payload)
            return None
        self._bytes[event["id"]] = payload
        self.events.append(event)
        self._check_envelope(topic, event)
        self._check_number(event)
        return event

    def of_type(self, name: str) -> list[Event]:
        """Distinct events of `visit.started` and the like, in the order of arrival."""
        return [event for event in self.events if event["type"] == f"touchpoint.{name}.v1"]

    def check_complete(self) -> list[str]:
        """All violations, including gaps in the numbering: call it when everything should have arrived."""
        return self.violations + list(self._gaps()) + list(self._visit_violations())

    def _violated(self, text: str) -> None:
        self.violations.append(text)

    def _check_envelope(self, topic: str, event: Event) -> None:
        kind = _TYPE.fullmatch(event["type"])
        if kind is None or not topic.endswith(f"/event/{kind[1]}/{kind[2]}"):
            self._violated(f"{topic}: type {event['type']} does not belong there")
        if event["specversion"] != "1.0":
            self._violated(f"{topic}: specversion {event['specversion']}")
        if not _UUID_V7.fullmatch(event["id"]):
            self._violated(f"{topic}: id {event['id']} is no UUIDv7")

    def _check_number(self, event: Event) -> None:
        if not isinstance(event["sequence"], str) or not _SEQUENCE.fullmatch(event["sequence"]):
            self._violated(f"{event['id']}: sequence {event['sequence']!r} is not 20 digits")
            return
        counter, number = (event["source"], event.get("epoch", 0)), int(event["sequence"])
        other = self._ids[counter].setdefault(number, event["id"])
        if other != event["id"]:
            self._violated(f"sequence {number} stands for {other} and for {event['id']}")
        partition = (counter, event["partitionkey"])
        last = self._last_in_partition.get(partition, 0)
        if number <= last:
            self._violated(f"partition {event['partitionkey']}: sequence {number} arrived after {last}")
        self._last_in_partition[partition] = max(number, last)

    def _check_redelivery(self, event: Event, known: bytes, payload: bytes) -> None:
        self.redelivered += 1
        if payload == known:
            return
        if _is_erased_form(json.loads(known), event):
            self._bytes[event["id"]] = payload
        else:
            self._violated(f"{event['id']}: redelivered with other bytes")

    def _gaps(self) -> Iterable[str]:
        explained: dict[Counter, set[int]] = defaultdict(set)
        for event in self.events:
            if event["type"] == _DROPPED:
                for first, last in event["data"]["ranges"]:
                    explained[event["source"], event.get("epoch", 0)].update(range(first, last + 1))
        for counter, ids in self._ids.items():
            missing = set(range(1, max(ids) + 1)) - ids.keys() - explained[counter]
            if missing:
                yield f"{counter[0]}: {len(missing)} numbers never arrived, first {min(missing)}"

    def _visit_violations(self) -> Iterable[str]:
        """In the order of numbers: a visit opens once, closes once, and a member has one open visit."""
        started: dict[str, str] = {}
        ended: set[str] = set()
        inside: dict[str, str] = {}
        for event in sorted(self.events, key=lambda event: (event["source"], event.get("epoch", 0), event["sequence"])):
            visit, member = event["data"].get("visit_id"), event["data"].get("member")
            if event["type"] == "touchpoint.visit.started.v1":
                if visit in started:
                    yield f"visit {visit} started twice"
                if member is not None and member in inside:
                    yield f"visit {visit} opened while {inside[member]} of the same member was open"
                started[visit] = member
                inside[member] = visit
            elif event["type"] == "touchpoint.visit.ended.v1":
                if visit not in started:
                    yield f"visit {visit} ended without a start"
                if visit in ended:
                    yield f"visit {visit} ended twice"
                ended.add(visit)
                inside.pop(started.get(visit, member), None)


def _is_erased_form(before: Event, after: Event) -> bool:
    """True if `after` is `before` with the member taken out (and a new recordedtime)."""
    return after["data"].get("member", "") is None and _impersonal(before) == _impersonal(after)


def _impersonal(event: Event) -> Event:
    return {**event, "recordedtime": None, "data": {**event["data"], "member": None}}
