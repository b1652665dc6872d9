#!/usr/bin/python3
"""Checks the published interface: schemas, their examples, asyncapi.yaml and the configuration example.

Needs python3-jsonschema and python3-yaml. Prints `N passed, M failed` and exits 1 if anything failed.
"""
import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml

SCHEMAS = pathlib.Path(__file__).resolve().parent
CONFIG = SCHEMAS.parent

# What a schema must refuse: schema, change to its first example, why it matters.
REFUSED = [
    ("events/visit.started", {"recognition": {"method": "guess", "confidence": 1}}, "an unknown way of recognition"),
    ("events/visit.started", {"detected_at": "2026-11-21 14:02"}, "a time without a zone"),
    ("events/visit.started", {"visit_id": None}, "a visit without an id"),
    ("events/ticket.recorded", {"member": "m-7f3a"}, "a ticket that names a member"),
    ("events/ticket.recorded", {"total_minor": 249.5}, "money that is not an integer"),
    ("events/erase.completed", {"member": "m-7f3a"}, "an erasure that names the erased"),
    ("events/dq.alert", {"member": "m-7f3a"}, "an alert that names a member"),
    ("events/outbox.dropped", {"ranges": []}, "a gap without its numbers"),
    ("cloudevent", {"sequence": "42"}, "a sequence that does not sort as text"),
    ("cloudevent", {"type": "visit.started"}, "a type without namespace and version"),
    ("ticket", {"total": 249.0}, "an amount as a JSON number"),
    ("ticket", {"ended_at": "2026-11-21T15:04:05"}, "a local time"),
    ("profile", {"member": "no spaces"}, "a member name outside its alphabet"),
    ("profile", {"keys": [{"eid_key": "00", "from": "2026-11-20T00:00:00Z", "until": "2026-11-27T00:00:00Z"}]}, "a short key"),
    ("scenario", {"interruption": None}, "a scenario that cannot be interrupted"),
    ("scenario", {"targeting": {"enabled": "no"}}, "a switch that is no switch"),
    ("card", {"surname": "Dupont"}, "a surname on a tablet"),
    ("card", {"state": "open"}, "an unknown card state"),
    ("action", {"action": "undo"}, "an undo of nothing"),
    ("receiver_batch", {"e": [["3343", -20, -70]]}, "half a token"),
    ("receiver_batch", {"next_s": -1}, "a promise for the past"),
    ("journal", {"tick": {}}, "two inputs in a line"),
    ("pos_dialect", {"amounts": "cents"}, "an unknown style of amounts"),
    ("pos_dialect", {"tickets": {}}, "a misspelt member of a dialect"),
    ("commands/config", {"patch": {"central": {}}}, "a change that needs a restart"),
    ("commands/consent", {"status": "maybe"}, "an undecided consent"),
]


class Tally:
    """Counts checks and prints the ones that failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, errors):
        errors = list(errors)
        self.failed += bool(errors)
        self.passed += not errors
        for error in errors[:5]:
            print(f"FAIL {what}: {error}")


def without_comments(text):
    """JSON text with its // comments removed; strings keep their slashes."""
    return re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*', lambda m: m.group(1) or "", text)


def references(node):
    """Every $ref below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def load(path):
    text = path.read_text(encoding="utf-8")
    return yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)


def unresolved(path):
    """The references of a file that lead nowhere."""
    for ref in sorted(set(references(load(path)))):
        file, _, pointer = ref.partition("#")
        target = (path.parent / file) if file else path
        try:
            node = load(target)
            for part in filter(None, pointer.split("/")):
                node = node[part.replace("~1", "/").replace("~0", "~")]
        except (OSError, KeyError, TypeError):
            yield f"{ref} leads nowhere"


def validator(path):
    schema = load(path)
    resolver = jsonschema.RefResolver(path.as_uri(), schema)
    return jsonschema.Draft7Validator(schema, resolver=resolver)


def complaints(path, instance):
    return [f"/{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator(path).iter_errors(instance)]


def schema_errors(schema):
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        yield error.message


def check_schemas(tally):
    for path in sorted(SCHEMAS.rglob("*.schema.json")):
        name = path.relative_to(SCHEMAS)
        schema = load(path)
        tally.check(f"{name} is draft-07", schema_errors(schema))
        tally.check(f"{name} references", unresolved(path))
        for number, example in enumerate(schema.get("examples", []), 1):
            tally.check(f"{name} example {number}", complaints(path, example))


def check_refusals(tally):
    for name, change, why in REFUSED:
        path = SCHEMAS / f"{name}.schema.json"
        instance = copy.deepcopy(load(path)["examples"][0])
        instance.update(change)
        tally.check(f"{name} refuses {why}", [] if complaints(path, instance) else ["accepted"])


def check_asyncapi(tally):
    path = CONFIG / "asyncapi.yaml"
    document = load(path)
    tally.check("asyncapi.yaml is AsyncAPI 3.0.0", [] if document["asyncapi"] == "3.0.0" else [document["asyncapi"]])
    tally.check("asyncapi.yaml references", unresolved(path))
    named = {(CONFIG / ref.partition("#")[0]).resolve() for ref in references(document) if not ref.startswith("#")}
    for folder in ("events", "commands"):
        for schema in sorted((SCHEMAS / folder).glob("*.schema.json")):
            tally.check(f"asyncapi.yaml describes {folder}/{schema.name}", [] if schema in named else ["no message uses it"])
    used = {ref.rpartition("/")[2] for channel in document["channels"].values() for ref in references(channel.get("messages"))}
    tally.check("asyncapi.yaml: every message has a channel", sorted(set(document["components"]["messages"]) - used))
    moved = {op["channel"]["$ref"].rpartition("/")[2] for op in document["operations"].values()}
    tally.check("asyncapi.yaml: every channel has an operation", sorted(set(document["channels"]) - moved))


def check_configuration(tally):
    schema = SCHEMAS / "gateway.schema.json"
    for path in sorted(CONFIG.glob("*.example.json")):
        try:
            instance = json.loads(without_comments(path.read_text(encoding="utf-8")))
        except json.JSONDecodeError as error:
            tally.check(f"{path.name} is JSON with comments", [error])
            continue
        tally.check(f"{path.name} is JSON with comments", [])
        if schema.exists():
            tally.check(f"{path.name} is a valid configuration", complaints(schema, instance))


def check_dialects(tally):
    schema = SCHEMAS / "pos_dialect.schema.json"
    for path in sorted((CONFIG / "pos-dialects").glob("*.json")):
        dialect = load(path)
        tally.check(f"{path.name} is a valid dialect", complaints(schema, dialect))
        tally.check(f"{path.name} has the name of its file", [] if dialect["name"] == path.stem else [dialect["name"]])


def main():
    tally = Tally()
    for part in (check_schemas, check_refusals, check_asyncapi, check_configuration, check_dialects):
        part(tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
