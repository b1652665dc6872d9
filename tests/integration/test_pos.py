"""Tickets at the daemon's HTTP door: signatures, bad bodies, duplicates, conflicts, batches, card numbers."""

from __future__ import annotations

import http.client
import json
import time
import unittest
from typing import Any

from store import traces
from store.case import ShopCase
from store.gateway import POS_KEY
from store.radio import FakeRadio
from store.till import Answer, Key, Line, Ticket, Till

_CARD_NUMBER = "4111111111111111"
_NDJSON = "application/x-ndjson"


class PosTest(ShopCase):
    def setUp(self) -> None:
        self.store = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        self.store.gateway.start()
        self.till = self.store.till

    def sale(self, **fields: Any) -> Ticket:
        return self.till.ticket([Line("SCARF", "49.00")], **fields)

    def post(self, ticket: Ticket, **options: Any) -> Answer:
        return self.till.post(json.dumps(ticket).encode(), **options)

    def assert_problem(self, answer: Answer, status: int, words: str = "") -> None:
        self.assertEqual(answer.status, status, answer)
        self.assertIsInstance(answer.body, dict, "RFC 9457")
        self.assertEqual(answer.body.get("status"), status)
        self.assertIn(words, json.dumps(answer.body))

    def recorded(self, ticket_id: str) -> dict[str, Any]:
        return self.store.central.wait_for("ticket.recorded", lambda d: d["ticket_id"] == ticket_id)["data"]

    def assert_still_takes_tickets(self) -> None:
        self.recorded(self.post(self.sale()).result["ticket_id"])

    # -- who may -------------------------------------------------------------------------------------------------

    def test_signatures(self) -> None:
        body = json.dumps(self.sale()).encode()
        now = int(time.time())
        signed = self.till.headers(body)
        stranger = Till(self.till.port, key=Key("k1", b"another secret")).headers(body)
        unknown = Till(self.till.port, key=Key("k9", POS_KEY.secret)).headers(body)
        refused = {
            "no signature": {},
            "wrong secret": stranger,
            "unknown key": unknown,
            "too old": self.till.headers(body, now - 301),
            "too new": self.till.headers(body, now + 310),
            "another time": {**signed, "X-Pos-Timestamp": str(now - 1)},
            "garbage": {**signed, "X-Pos-Signature": "v1=zz"},
            "no number": {**signed, "X-Pos-Timestamp": "yesterday"},
        }
        for why, headers in refused.items():
            with self.subTest(why):
                self.assertEqual(self.till.post(body, headers=headers).status, 401)
        self.assertEqual(self.till.post(body + b" ", headers=signed).status, 401, "another body")
        self.assertEqual(self.till.post(body, headers=signed).result["status"], "accepted")
        again = self.till.post(body, headers=signed)
        self.assertEqual((again.status, again.result["status"]), (202, "duplicate"))
        self.assertEqual(self.till.post(body).result["status"], "duplicate", "signed anew")
        self.assertEqual(len(self._tickets()), 1)

    def _tickets(self) -> list[dict[str, Any]]:
        return json.loads(self.store.gateway.ctl("tickets", "--json").stdout)["tickets"]

    # -- what is no ticket -----------------------------------------------------------------------------------------

    def test_bad_bodies_name_the_place(self) -> None:
        good = self.sale()
        line = good["lines"][0]
        wrong = {
            "/total": {**good, "total": 49.0},
            "/lines/0/net": {**good, "lines": [{**line, "net": 49}]},
            "/type": {**good, "type": "gift"},
            "/business_day": {**good, "business_day": "2026-13-41"},
            "/workstation": {key: value for key, value in good.items() if key != "workstation"},
        }
        for pointer, ticket in wrong.items():
            with self.subTest(pointer):
                self.assert_problem(self.post(ticket), 400, pointer)
        self.assert_problem(self.till.post(b'{"workstation": "POS1", '), 400)
        self.assert_problem(self.till.post(b""), 400)
        self.assert_problem(self.till.post(b"[1]"), 400)
        self.assert_problem(self.till.post(b"\xff\xfe{}"), 400)
        self.assert_problem(self.till.post(b"[" * 200_000), 400)
        self.assertEqual(self._tickets(), [])
        self.assert_still_takes_tickets()

    def test_problem_media_type(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.till.port, timeout=10)
        self.addCleanup(connection.close)
        body = b"{"
        connection.request(
            "POST", "/v1/pos/tickets", body, {"Content-Type": "application/json", **self.till.headers(body)}
        )
        response = connection.getresponse()
        self.assertEqual((response.status, response.getheader("Content-Type")), (400, "application/problem+json"))

    def test_too_large_and_unknown_kinds(self) -> None:
        try:
            self.assert_problem(self.till.post(b" " * (2 << 20)), 413)
        except ConnectionError:
            self.fail("the answer was lost: the connection was cut while the body was sent")
        self.assert_problem(self.till.post(b"<POSLog/>", "text/xml"), 415)
        self.assert_problem(self.till.post(b"hello", "text/plain"), 415)
        self.assert_still_takes_tickets()

    # -- the same number again ---------------------------------------------------------------------------------------

    def test_duplicates_conflicts_and_revisions(self) -> None:
        first = self.sale()
        accepted = self.post(first)
        self.assertEqual((accepted.status, accepted.result["status"]), (202, "accepted"))
        self.assertEqual(
            self.post({**first, "clerk_note": "unnamed fields do not count"}).result["status"], "duplicate"
        )
        other = {**self.sale(total="10.00"), "sequence": first["sequence"]}
        conflict = self.post(other)
        self.assertEqual((conflict.status, conflict.result["status"]), (409, "quarantined"))
        self.assertTrue(conflict.result["reason"])
        self.assertEqual(conflict.result["ticket_id"], accepted.result["ticket_id"])
        self.assertEqual(self.recorded(accepted.result["ticket_id"])["total_minor"], 4900, "the first one stands")
        revised = self.post({**first, "revision": 1, "lines": [{**first["lines"][0], "sku": "PORT-KNIT-GREY-M"}]})
        self.assertEqual((revised.status, revised.result["status"]), (202, "revised"))
        self.store.central.wait_for("ticket.revised")

    def test_a_batch_answers_each_line(self) -> None:
        known, fresh, broken = self.sale(), self.sale(), self.sale()
        self.post(known)
        conflict = {**self.sale(total="1.00"), "sequence": known["sequence"]}
        body = "\n".join(json.dumps(ticket) for ticket in (known, fresh, conflict)).encode() + b"\n"
        answer = self.till.post(body, _NDJSON)
        self.assertEqual(answer.status, 202)
        self.assertEqual([r["status"] for r in answer.body["results"]], ["duplicate", "accepted", "quarantined"])
        self.recorded(answer.body["results"][1]["ticket_id"])
        bad = json.dumps({**broken, "total": 1}).encode()
        answer = self.till.post(json.dumps(self.sale()).encode() + b"\n" + bad + b"\n", _NDJSON)
        self.assertIn(answer.status, (202, 400))
        self.assertIn("/total", json.dumps(answer.body))

    # -- what a ticket becomes -----------------------------------------------------------------------------------------

    def test_totals_that_do_not_add_up_are_kept(self) -> None:
        ticket_id = self.post(self.sale(total="50.00")).result["ticket_id"]
        self.assertEqual(self.recorded(ticket_id)["checks"]["totals"], "mismatch")
        self.assertTrue(self.store.central.wait_for("dq.alert")["data"]["code"])

    def test_training_and_suspended_are_accepted_without_an_event(self) -> None:
        silent = [self.post(self.sale(training=True)), self.post(self.sale(status="suspended"))]
        self.assertEqual([(a.status, a.result["status"]) for a in silent], [(202, "accepted")] * 2)
        self.recorded(self.post(self.sale()).result["ticket_id"])
        self.assertEqual(len(self.store.central.events("ticket.recorded")), 1)

    def test_old_and_foreign_tickets_are_recorded(self) -> None:
        old = self.post(self.sale(ended_at="2026-01-02T10:00:00+01:00", business_day="2026-01-02"))
        self.assertGreater(self.recorded(old.result["ticket_id"])["late_s"], 30 * 86400)
        foreign = self.post(self.sale(workstation="POS99"))
        self.recorded(foreign.result["ticket_id"])
        self.store.central.wait_for("dq.alert", lambda d: d["workstation"] == "POS99")

    def test_tickets_over_mqtt(self) -> None:
        ticket = self.sale()
        self.store.tablet.link.publish("touchpoint/v1/paris-042/pos/POS1", json.dumps(ticket))
        self.store.central.wait_for("ticket.recorded", lambda d: d["key"]["sequence"] == ticket["sequence"])
        self.assertEqual(self.post(ticket).result["status"], "duplicate", "the same ticket over HTTP")

    def test_a_card_number_is_nowhere(self) -> None:
        spaced = " ".join(_CARD_NUMBER[i : i + 4] for i in range(0, 16, 4))
        ticket = self.sale()
        ticket["lines"][0]["sku"] = _CARD_NUMBER
        ticket["lines"][0]["description"] = f"PAN {_CARD_NUMBER}"
        ticket["tenders"][0]["reference"] = spaced
        ticket["loyalty"] = {"id": _CARD_NUMBER, "entry": "keyed"}
        answer = self.post(ticket)
        self.assertEqual(answer.status, 202)
        recorded = self.recorded(answer.result["ticket_id"])
        self.assertNotIn(_CARD_NUMBER, json.dumps(recorded))
        bad = self.till.post(json.dumps({**self.sale(), "total": 1, "currency": _CARD_NUMBER}).encode())
        self.assertNotIn(_CARD_NUMBER, json.dumps(bad.body))
        secrets = [form.encode() for form in (_CARD_NUMBER, spaced)]
        places = [self.store.gateway.state_directory, self.store.gateway.process.log_path]
        self.assertEqual(list(traces.in_files(secrets, *places)), [])
        self.assertEqual(list(traces.in_messages(secrets, self.store.central.link.messages)), [])


class RestartTest(ShopCase):
    def test_a_replayed_request_is_a_duplicate_after_a_restart(self) -> None:
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        shop.gateway.start()
        body = json.dumps(shop.till.ticket([Line("SCARF", "49.00")])).encode()
        headers = shop.till.headers(body)
        self.assertEqual(shop.till.post(body, headers=headers).result["status"], "accepted")
        shop.gateway.kill()
        shop.gateway.start()
        self.assertEqual(shop.till.post(body, headers=headers).result["status"], "duplicate")
        shop.central.wait_for("ticket.recorded")
        self.assertEqual(len(shop.central.events("ticket.recorded")), 1)

    def test_without_keys_loopback_may(self) -> None:
        shop = self.shop({"radio": {"receivers": []}, "pos": {"http": {"keys": []}}}, radio=FakeRadio)
        shop.gateway.start()
        unsigned = Till(shop.gateway.pos_port)
        self.assertEqual(unsigned.hand_in(unsigned.ticket([Line("SCARF", "49.00")])).status, 202)


if __name__ == "__main__":
    unittest.main()
