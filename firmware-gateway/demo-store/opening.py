"""What every kind of demo has in common: quick visits, the tablet page, the words at the opening, a picture."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from typing import Any, Callable

from narrator import Narrator
from store.radio import REPOSITORY
from store.shop import Shop
from store.tablet import Card

_PAGE = REPOSITORY / "src" / "tablet"
_PICTURE_TIMEOUT_S = 60


def quick_store(exit_after_s: int, reentry_s: int, visit_min_s: int) -> dict[str, Any]:
    """A configuration patch: people of a demo do not stay for an hour."""
    patch: dict[str, Any] = {
        "presence": {"exit_after_s": exit_after_s, "reentry_s": reentry_s, "visit_min_s": visit_min_s}
    }
    if page_is_built():
        patch["tablet"] = {"assets": str(_PAGE / "dist")}
    return patch


def page_is_built() -> bool:
    return (_PAGE / "dist" / "index.html").exists()


def announce(shop: Shop, narrator: Narrator) -> None:
    narrator.say(
        "store",
        f"open; radio: {shop.radio.kind}; brokers on ports {shop.local.port} (store) and {shop.wan.port} (central)",
    )
    if page_is_built():
        narrator.say("store", f"the associate's tablet: {shop.gateway.tablet_url}")


def take_picture(shop: Shop, narrator: Narrator, file: Path) -> None:
    """Saves the tablet page as it is now; raises CalledProcessError if that fails."""
    subprocess.run(
        ["node", _PAGE / "scripts" / "screenshot.mjs", shop.gateway.tablet_url, file.absolute()],
        cwd=_PAGE,
        check=True,
        timeout=_PICTURE_TIMEOUT_S,
        stdout=subprocess.DEVNULL,
    )
    narrator.say("store", f"picture of the tablet: {file}")


def first_card_photographer(shop: Shop, narrator: Narrator, file: Path) -> Callable[[str, Card | None], None]:
    """A listener that takes one picture, on a thread of its own so that the day goes on."""
    first = threading.Lock()

    def on_card(_visit: str, card: Card | None) -> None:
        if card is not None and first.acquire(blocking=False):
            threading.Thread(target=take_picture, args=(shop, narrator, file), daemon=True).start()

    return on_card
