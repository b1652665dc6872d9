"""Looks for what must not be there: a secret in a log, a topic, a message or any file of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Iterator

from .link import Message


def in_files(secrets: Iterable[bytes], *places: Path) -> Iterator[str]:
    """Names each file, byte for byte, under `places` that holds one of the secrets."""
    wanted = list(secrets)
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if not path.is_file():
                continue
            content = path.read_bytes()
            yield from (f"{path.name} holds {secret!r}" for secret in wanted if secret in content)


def in_messages(secrets: Iterable[bytes], messages: Iterable[Message]) -> Iterator[str]:
    """Names each topic or payload that holds one of the secrets."""
    wanted = list(secrets)
    for message in messages:
        yield from (
            f"{message.topic} holds {secret!r}"
            for secret in wanted
            if secret in message.payload or secret in message.topic.encode()
        )
