"""Example data as central sends it: members, articles, what goes with what; and synthetic members by the million."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple

Record = dict[str, Any]
PURPOSES = ("recognition", "associate_display", "suggestion", "attribution", "sms", "email")
_CONSENT_VERSION = "2026-03"


def iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def days_ago(days: float) -> str:
    return iso(datetime.now(timezone.utc) - timedelta(days=days))


class Member(NamedTuple):
    """A member as the tests know one: `profile` goes to the gateway, `key` into the phone."""

    id: str
    key: bytes
    loyalty: str
    profile: Record


def key_of(member: str) -> bytes:
    """The identity key of an example member: any 16 octets, the same in every run."""
    return hashlib.sha256(b"example key of " + member.encode()).digest()[:16]


def consent(granted: Iterable[str] = PURPOSES, status: str = "granted", at: str | None = None) -> Record:
    """Purposes that are not named are missing, which means refused."""
    return {purpose: {"status": status, "at": at or days_ago(200), "version": _CONSENT_VERSION} for purpose in granted}


def member(number: int, granted: Iterable[str] = PURPOSES, **fields: Any) -> Member:
    """A member with consent to `granted` and nothing else known; `fields` adds or overrides profile keys."""
    name = f"m-{number:06d}"
    key, loyalty = key_of(name), f"299{number:010d}"
    profile = {
        "member": name,
        "keys": [{"eid_key": key.hex(), "from": days_ago(2), "until": days_ago(-5)}],
        "loyalty": [loyalty],
        "consent": consent(granted),
        **fields,
    }
    return Member(name, key, loyalty, profile)


def coat_lover(number: int = 1, **fields: Any) -> Member:
    """Looked at the navy Gate coat, wears 42 in coats, bought an Oxford shirt a month ago."""
    return member(
        number,
        **{
            "first_name": "Camille",
            "language": "fr",
            "lifecycle": "loyal",
            "sizes": [
                {
                    "category": "coat",
                    "brand": None,
                    "size": "42",
                    "source": "observed",
                    "n": 3,
                    "last": days_ago(110)[:10],
                }
            ],
            "intents": [
                {
                    "style": "GATE-COAT",
                    "variant": "GATE-COAT-NAVY-42",
                    "kind": "viewed",
                    "count": 3,
                    "last": days_ago(2),
                }
            ],
            "purchases": [
                {"style": "OXFORD-SHIRT", "category": "shirt", "at": days_ago(32), "channel": "web", "kept": True}
            ],
            "departments": {"outerwear": 0.7},
            "promo": 0.15,
            **fields,
        },
    )


def article(
    style: str,
    name: str,
    category: str,
    department: str,
    color: str | None,
    size: str | None,
    price_minor: int,
    location: str,
    stock: int = 2,
    **fields: Any,
) -> Record:
    """One variant; its id is style, colour and size joined by dashes, its EAN is made up from that."""
    variant = "-".join(part.upper() for part in (style, color, size) if part)
    gtin = str(200_0000000000 + int.from_bytes(hashlib.sha256(variant.encode()).digest()[:4], "big"))
    return {
        "variant": variant,
        "style": style,
        "name": name,
        "range": None,
        "category": category,
        "department": department,
        "brand": "Maison",
        "size": size,
        "color": color,
        "gtin": gtin,
        "price_minor": price_minor,
        "web_price_minor": price_minor,
        "currency": "EUR",
        "image": None,
        "stock": stock,
        "location": location,
        "stock_at": days_ago(0),
        **fields,
    }


def example_catalogue() -> list[Record]:
    coats = [
        article("GATE-COAT", "Manteau Gate", "coat", "outerwear", "Navy", size, 24900, "Mur B4")
        for size in ("40", "42", "44")
    ]
    shirts = [
        article("OXFORD-SHIRT", "Chemise Oxford", "shirt", "shirts", "White", size, 7900, "Table 2")
        for size in ("39", "41", "42")
    ]
    knit = [article("PORT-KNIT", "Pull Port", "knit", "knitwear", "Grey", size, 11900, "Mur A1") for size in ("M", "L")]
    scarf = article("SCARF", "Écharpe Quai", "scarf", "accessories", "Camel", None, 4900, "Îlot 3", stock=7)
    return [*coats, *shirts, *knit, scarf]


def example_complements() -> list[Record]:
    return [
        {"style": "OXFORD-SHIRT", "with": "GATE-COAT", "score": 0.31, "support": 120},
        {"style": "GATE-COAT", "with": "SCARF", "score": 0.27, "support": 95},
        {"style": "OXFORD-SHIRT", "with": "PORT-KNIT", "score": 0.18, "support": 80},
    ]


def write_ndjson(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return path


def write_many_members(path: Path, count: int) -> Path:
    """`count` members numbered from 1, with a key, a loyalty number and consent to recognition; about 5 s a million.

    Member i is `member(i, ["recognition"])`, so any of them can be given a phone.
    """
    template = json.dumps(member(0, ["recognition"]).profile)
    parts = template.split(json.dumps("m-000000"))[1].split(key_of("m-000000").hex())
    between_key_and_loyalty, tail = parts[1].split("2990000000000")
    with path.open("w", encoding="ascii") as file:
        for number in range(1, count + 1):
            name = f"m-{number:06d}"
            file.write(
                f'{{"member": "{name}"{parts[0]}{key_of(name).hex()}{between_key_and_loyalty}299{number:010d}{tail}\n'
            )
    return path
