"""A WAN that was away for long: events as the daemon writes them, put into its facts file while it is stopped."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from pathlib import Path
from typing import Iterator

from .gateway import GATEWAY, STORE

_AT = "2026-11-21T14:04:05.123Z"
_PER_VISIT = 4
_INSERT = (
    "INSERT INTO outbox (sequence, id, topic, partition, class, recorded_at, member, payload) "
    "VALUES (?, ?, ?, ?, 0, ?, NULL, ?)"
)
Row = tuple[int, str, str, str, int, str]


def fill(database: Path, events: int) -> None:
    """Numbers 1 to `events`; the file must hold none yet."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(_INSERT, _rows(events))
    connection.execute("UPDATE meta SET value = ? WHERE name = 'last_sequence'", (events,))
    connection.execute("COMMIT")
    connection.close()


def _rows(events: int) -> Iterator[Row]:
    """Orders that were picked up, of class keep, about 600 bytes each, four to a visit."""
    now_ms = int(time.time() * 1000)
    for number in range(1, events + 1):
        visit = f"019a0000-0000-7000-8000-{number // _PER_VISIT:012x}"
        identifier = f"019a0000-0000-7000-9000-{number:012x}"
        event = {
            "specversion": "1.0",
            "id": identifier,
            "source": f"/stores/{STORE}/gateways/{GATEWAY}",
            "type": "touchpoint.collect.picked_up.v1",
            "subject": f"visit/{visit}",
            "time": _AT,
            "recordedtime": _AT,
            "sequence": f"{number:020d}",
            "correlationid": visit,
            "partitionkey": visit,
            "dataschema": "urn:touchpoint:schema:collect.picked_up:1",
            "datacontenttype": "application/json",
            "data": {
                "order": f"C-{number}",
                "visit_id": visit,
                "ticket_id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
            },
        }
        topic = f"touchpoint/v1/{STORE}/event/collect/picked_up"
        yield number, identifier, topic, visit, now_ms, json.dumps(event)
