"""Holds every message of the gateway to the published JSON Schemas (config/schemas): it sends what is documented."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Iterable, Iterator

import jsonschema

from .link import Message
from .radio import REPOSITORY

_FOLDER = REPOSITORY / "config" / "schemas"
# Behind `R/` of a topic: which schema its payload keeps. Events have one for the envelope and one for their data.
_BRANCHES = {
    "state": "gateway_state",
    "ack": "command_ack",
    "tablet/state": "tablet_state",
    "tablet/card": "card",
}


@lru_cache(maxsize=None)
def _validator(name: str) -> jsonschema.Draft7Validator:
    path = _FOLDER / f"{name}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    return jsonschema.Draft7Validator(schema, resolver=jsonschema.RefResolver(path.as_uri(), schema))


def _errors(name: str, value: object) -> Iterator[str]:
    for error in _validator(name).iter_errors(value):
        yield f"{name}: /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def violations(messages: Iterable[Message], base: str) -> set[str]:
    """Each way in which a message of `base` (the contract's `R` without its last slash) breaks its schema, once."""
    found: set[str] = set()
    for message in messages:
        branch = message.topic.removeprefix(base + "/")
        if not message.payload:
            continue  # a card withdrawn
        if branch.startswith("event/"):
            event = json.loads(message.payload)
            found.update(_errors("cloudevent", event))
            found.update(_errors(f"events/{'.'.join(branch.split('/')[1:3])}", event["data"]))
        for prefix, name in _BRANCHES.items():
            if branch == prefix or branch.startswith(prefix + "/"):
                found.update(_errors(name, json.loads(message.payload)))
    return found
