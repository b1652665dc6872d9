"""The life of a ticket at the doors of the daemon: three channels, a death before the answer, training, a bad one among
good ones, keys that are turned over, files that are hard to take (decision 0020)."""

from __future__ import annotations

import json
import os
import socket
import unittest
from pathlib import Path
from typing import Any

from store import poslog, traces
from store.case import ShopCase
from store.gateway import POS_KEY
from store.radio import FakeRadio
from store.till import Key, Line, Ticket, Till

_SCARF = Line("SCARF", "49.00")
_LOYALTY = "2990007654321"
_NEXT = Key("k2", b"the secret that comes after")


class TicketLifeTest(ShopCase):
    def setUp(self) -> None:
        self.inbox = self.folder() / "inbox"
        patch = {"radio": {"receivers": []}, "pos": {"inbox": {"directory": str(self.inbox)}}}
        self.store = self.shop(patch, radio=FakeRadio)
        self.store.gateway.start()
        self.till = self.store.till

    def recorded(self, sequence: str) -> dict[str, Any]:
        return self.store.central.wait_for("ticket.recorded", lambda d: d["key"]["sequence"] == sequence)["data"]

    def tickets(self) -> list[dict[str, Any]]:
        return json.loads(self.store.gateway.ctl("tickets", "--json").stdout)["tickets"]

    def put(self, name: str, content: bytes) -> Path:
        self.wait(self.inbox.is_dir, 10, "the folder is made")
        part = self.inbox / f".{name}"
        part.write_bytes(content)
        return part.rename(self.inbox / name)

    def test_one_ticket_over_three_channels_is_one_row(self) -> None:
        ticket = self.till.ticket([_SCARF])
        path = self.put("one.json", json.dumps(ticket).encode())
        self.store.tablet.link.publish("touchpoint/v1/paris-042/pos/POS1", json.dumps(ticket))
        self.assertIn(self.till.hand_in(ticket).result["status"], ("accepted", "duplicate"))
        self.wait(lambda: not path.exists(), 30, "the file is taken")
        self.recorded(ticket["sequence"])
        self.assertTrue((self.inbox / "done" / "one.json").exists())
        self.assertEqual(len(self.tickets()), 1)
        repeated = 'tickets_total{result="duplicate"}'
        self.wait(lambda: self.store.gateway.metric(repeated) == 2, 10, "two duplicates are counted")
        self.assertEqual(len(self.store.central.events("ticket.recorded")), 1)

    def test_killed_between_commit_and_answer(self) -> None:
        ticket = self.till.ticket([_SCARF])
        body = json.dumps(ticket).encode()
        fields = {"Host": "till", "Content-Type": "application/json", "Content-Length": len(body)}
        head = "".join(f"{name}: {value}\r\n" for name, value in {**fields, **self.till.headers(body)}.items())
        with socket.create_connection(("127.0.0.1", self.till.port), timeout=10) as silent:
            silent.sendall(f"POST /v1/pos/tickets HTTP/1.1\r\n{head}\r\n".encode() + body)
            self.recorded(ticket["sequence"])  # committed; the till has read no answer
            self.store.gateway.kill()
        self.store.gateway.start()
        self.assertEqual(self.till.hand_in(ticket).result["status"], "duplicate")
        self.assertEqual(len(self.store.central.events("ticket.recorded")), 1)

    def test_of_a_training_ticket_nothing_is_on_disk(self) -> None:
        training = self.till.ticket([Line("TRAINING-SKU-77", "1234.56")], loyalty=_LOYALTY, training=True)
        answers = [self.till.hand_in(training).result["status"] for _ in range(2)]
        self.assertEqual(answers, ["accepted", "duplicate"])
        after = self.till.ticket([_SCARF])
        self.till.hand_in(after)
        self.recorded(after["sequence"])
        counted = 'tickets_total{result="training"}'
        self.wait(lambda: self.store.gateway.metric(counted) == 1, 10, "the training ticket is counted")
        self.store.gateway.stop()
        secrets = [_LOYALTY.encode(), b"TRAINING-SKU-77"]
        self.assertEqual(list(traces.in_files(secrets, self.store.gateway.state_directory)), [])
        self.store.gateway.start()

    def test_a_bad_one_among_good_ones(self) -> None:
        bad = poslog.ncr([_SCARF], "72").replace("<ExtendedAmount>49.00", "<ExtendedAmount>none")
        body = poslog.document(poslog.ncr([_SCARF], "71"), bad, poslog.ncr([_SCARF], "73"))
        answer = self.till.post(body, "application/xml")
        self.assertEqual(answer.status, 202, answer)
        statuses = [(r["status"], r["ticket_id"] is None) for r in answer.body["results"]]
        self.assertEqual(statuses, [("accepted", False), ("quarantined", True), ("accepted", False)])
        self.assertIn("ExtendedAmount", answer.body["results"][1]["reason"])
        self.recorded("71")
        self.recorded("73")
        alert = self.store.central.wait_for("dq.alert", lambda d: d["code"] == "dialect_error")["data"]
        self.assertIn("ticket 2", alert["detail"])
        path = self.put("bulk.xml", body)
        self.wait(lambda: not path.exists(), 30, "the file is put away")
        self.assertIn("ticket 2", (self.inbox / "bad" / "bulk.xml.reason").read_text())

    def test_a_return_before_its_sale_and_a_void_afterwards(self) -> None:
        sale = self.till.ticket([_SCARF])
        link = {key: sale[key] for key in ("workstation", "business_day", "sequence")}
        back: Ticket = self.till.ticket([Line("SCARF", "-49.00")], type="return", links={"returns": link})
        back["lines"][0].update(kind="return", qty="-1")
        for ticket in (back, sale):
            self.assertEqual(self.till.hand_in(ticket).result["status"], "accepted")
        self.assertEqual(self.recorded(back["sequence"])["links"]["returns"]["sequence"], sale["sequence"])
        self.assertEqual(self.recorded(sale["sequence"])["checks"]["totals"], "ok")
        void = self.till.ticket([], type="void", total="0.00", tenders=[], links={"voids": link})
        self.till.hand_in(void)
        voided = self.store.central.wait_for("ticket.voided")["data"]
        self.assertEqual((voided["key"]["sequence"], voided["by"]["sequence"]), (sale["sequence"], void["sequence"]))

    def test_a_key_that_is_turned_over(self) -> None:
        secret = self.folder() / "next"
        secret.write_bytes(_NEXT.secret)
        self.store.gateway.stop()
        keys = self.store.gateway.configuration["pos"]["http"]["keys"]
        keys.append({"id": _NEXT.id, "secret_file": str(secret)})
        self.store.gateway.start()
        for key in (POS_KEY, _NEXT):
            till = Till(self.till.port, key=key, workstation=f"POS-{key.id}")
            self.assertEqual(till.hand_in(till.ticket([_SCARF])).result["status"], "accepted", key.id)
        self.store.gateway.stop()
        del keys[0]
        self.store.gateway.start()
        self.assertEqual(self.till.post(json.dumps(self.till.ticket([_SCARF])).encode()).status, 401, "the old one")

    def test_files_that_are_hard_to_take(self) -> None:
        document = poslog.document(poslog.ncr([_SCARF], "91"))
        first = self.put("first.xml", document).rename(self.inbox / "second.xml").rename(self.inbox / "third.xml")
        again = self.put("same-content.xml", document)
        locked = self.put("locked.xml", poslog.document(poslog.ncr([_SCARF], "92")))
        locked.chmod(0)
        for path in (first, again, locked):
            self.wait(lambda p=path: not p.exists(), 30, f"{path.name} is put away")
        self.recorded("91")
        self.assertEqual(len(self.store.central.events("ticket.recorded")), 1 + (os.geteuid() == 0))
        done = {path.name for path in (self.inbox / "done").iterdir()}
        self.assertLessEqual({"third.xml", "same-content.xml"}, done)
        if os.geteuid() != 0:  # root reads everything
            self.assertTrue((self.inbox / "bad" / "locked.xml.reason").exists())


if __name__ == "__main__":
    unittest.main()
