"""A till: writes tickets, signs them and hands them in over HTTP until they are taken."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, NamedTuple, Sequence

from .processes import DeadlineMissed

Ticket = dict[str, Any]


class Key(NamedTuple):
    """A signing key of `pos.http.keys`."""

    id: str
    secret: bytes


class Answer(NamedTuple):
    status: int
    body: Any  # parsed JSON, or text

    @property
    def result(self) -> dict[str, Any]:
        """The result of a single ticket."""
        return self.body["results"][0]


class Line(NamedTuple):
    """One article on a ticket."""

    sku: str
    price: str
    quantity: int = 1


class Till:
    """One workstation. Sequence numbers count up from 1; `now` is the till's own clock."""

    def __init__(self, port: int, workstation: str = "POS1", key: Key | None = None, currency: str = "EUR") -> None:
        self.port, self.workstation, self.key, self.currency = port, workstation, key, currency
        self._sequence = 0

    def ticket(self, lines: Sequence[Line], loyalty: str | None = None, **fields: Any) -> Ticket:
        """A paid sale that adds up; `fields` overrides any key (contract, POS tickets)."""
        self._sequence += 1
        now = datetime.now(timezone.utc).astimezone()
        total = sum((Decimal(line.price) * line.quantity for line in lines), Decimal("0.00"))
        return {
            "workstation": self.workstation,
            "business_day": now.date().isoformat(),
            "sequence": str(self._sequence),
            "revision": 0,
            "type": "sale",
            "ended_at": now.isoformat(timespec="seconds"),
            "currency": self.currency,
            "total": f"{total:.2f}",
            "tax": "0.00",
            "rounding": "0.00",
            "loyalty": {"id": loyalty, "entry": "scanned"} if loyalty else None,
            "collect_order": None,
            "employee": False,
            "training": False,
            "status": "final",
            "lines": [_line(number, line) for number, line in enumerate(lines, 1)],
            "tenders": [{"kind": "card", "amount": f"{total:.2f}"}],
            "links": {"voids": None, "returns": None, "resumes": None},
            **fields,
        }

    def headers(self, body: bytes, unix_s: int | None = None) -> dict[str, str]:
        """The signature of the contract over timestamp, dot, raw body."""
        if self.key is None:
            return {}
        stamp = str(int(time.time()) if unix_s is None else unix_s)
        signature = hmac.new(self.key.secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"X-Pos-Key-Id": self.key.id, "X-Pos-Timestamp": stamp, "X-Pos-Signature": f"v1={signature}"}

    def post(
        self,
        body: bytes,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
        timeout_s: float = 10,
    ) -> Answer:
        """One request, no retry. Raises OSError or http.client.HTTPException if there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            signed = self.headers(body) if headers is None else headers
            connection.request("POST", "/v1/pos/tickets", body, {"Content-Type": content_type, **signed})
            response = connection.getresponse()
            return Answer(response.status, _parse(response.read()))
        finally:
            connection.close()

    def hand_in(self, ticket: Ticket, timeout_s: float = 30) -> Answer:
        """Sends the same body again until something else than 503 or silence comes back, as tills do."""
        return self.hand_in_body(json.dumps(ticket).encode(), timeout_s=timeout_s)

    def hand_in_body(self, body: bytes, content_type: str = "application/json", timeout_s: float = 30) -> Answer:
        deadline = time.monotonic() + timeout_s
        trouble: object = None
        while time.monotonic() < deadline:
            try:
                answer = self.post(body, content_type)
                if answer.status != 503:
                    return answer
                trouble = answer
            except (OSError, http.client.HTTPException) as silence:
                trouble = silence
            time.sleep(0.05)
        raise DeadlineMissed(f"ticket not taken within {timeout_s:g} s: {trouble}")


def _line(number: int, line: Line) -> dict[str, Any]:
    return {
        "n": number,
        "sku": line.sku,
        "gtin": None,
        "qty": str(line.quantity),
        "unit_price": line.price,
        "net": f"{Decimal(line.price) * line.quantity:.2f}",
        "kind": "sale",
    }


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
