"""Tickets in the tills' own dialects: over HTTP, as files in a folder and over MQTT, to the event and to the disk."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from pathlib import Path
from typing import Any

from store import poslog, traces
from store.case import ShopCase
from store.radio import FakeRadio, program_directory
from store.till import Line

_XML = "application/xml"
_SCARF = Line("SCARF", "49.00")
_COAT = Line("GATE-COAT-NAVY-42", "249.00", 2)


class PoslogTest(ShopCase):
    def setUp(self) -> None:
        self.inbox = self.folder() / "inbox"
        patch = {"radio": {"receivers": []}, "pos": {"inbox": {"directory": str(self.inbox)}}}
        self.store = self.shop(patch, radio=FakeRadio)
        self.store.gateway.start()
        self.till = self.store.till

    def recorded(self, sequence: str) -> dict[str, Any]:
        return self.store.central.wait_for("ticket.recorded", lambda d: d["key"]["sequence"] == sequence)["data"]

    def assert_nothing_private(self) -> None:
        places = [self.store.gateway.state_directory, self.store.gateway.process.log_path]
        self.assertEqual(list(traces.in_files(poslog.PRIVATE, *places)), [])
        self.assertEqual(list(traces.in_messages(poslog.PRIVATE, self.store.central.link.messages)), [])

    # -- HTTP ------------------------------------------------------------------------------------------------------

    def test_a_bulk_of_ncr_tickets(self) -> None:
        body = poslog.document(poslog.ncr([_COAT, _SCARF], "115"), poslog.ncr([_SCARF], "116"))
        answer = self.till.post(body, _XML)
        self.assertEqual((answer.status, [r["status"] for r in answer.body["results"]]), (202, ["accepted"] * 2), answer)
        ticket = self.recorded("115")
        self.assertEqual(ticket["checks"]["totals"], "ok")
        self.assertEqual(ticket["total_minor"], 2 * 24900 + 4900 - 100)
        self.assertEqual([line["net_minor"] for line in ticket["lines"]], [2 * 24900 - 100, 4900])
        self.assertEqual(ticket["ended_at"], "2026-11-21T14:04:05.000Z", "local time of the store's zone")
        again = self.till.post(body, _XML)
        self.assertEqual([r["status"] for r in again.body["results"]], ["duplicate"] * 2)
        self.assert_nothing_private()

    def test_other_encodings_and_dialects(self) -> None:
        latin = poslog.document(poslog.futura(_SCARF, "7", "T220001293"), vendor="fu", encoding="ISO-8859-1")
        self.assertEqual(self.till.post(latin, _XML).result["status"], "accepted")
        wide = poslog.document(poslog.futura(_SCARF, "8", "T220001293"), vendor="fu", encoding="UTF-16")
        self.assertEqual(self.till.post(wide, _XML).result["status"], "accepted")
        self.assertTrue(self.recorded("7")["loyalty_present"])
        self.assertEqual(self.recorded("8")["checks"]["totals"], "ok")
        self.assertEqual(self.till.post(poslog.receipt(_SCARF, 9)).result["status"], "accepted", "by its members")
        asked = {**self.till.headers(poslog.receipt(_SCARF, 10)), "X-Pos-Dialect": "kivra"}
        self.assertEqual(self.till.post(poslog.receipt(_SCARF, 10), headers=asked).result["status"], "accepted")
        self.assertEqual(self.recorded("10")["total_minor"], 4900)
        self.assert_nothing_private()

    def test_what_cannot_be_understood_is_answered_and_never_stored(self) -> None:
        good = poslog.document(poslog.ncr([_SCARF], "1"))
        hostile = {
            "cut": good[:-20],
            "entities": b'<!DOCTYPE x [<!ENTITY a "b">]><POSLog>&a;</POSLog>',
            "deep": b"<a>" * 5000 + b"</a>" * 5000,
            "nothing": b"",
            "no dialect": b"<Receipt/>",
            "no ticket": b"<POSLog/>",
            "no amount": good.replace(b"<ExtendedAmount>49.00", b"<ExtendedAmount>" + poslog.CARD[:3].encode() + b"x"),
        }
        for why, body in hostile.items():
            with self.subTest(why):
                answer = self.till.post(body, _XML)
                self.assertEqual(answer.status, 400, answer)
                self.assertTrue(answer.body["detail"])
        self.assertIn("/ExtendedAmount", self.till.post(hostile["no amount"], _XML).body["detail"])
        alert = self.store.central.wait_for("dq.alert", lambda d: d["code"] == "dialect_error")["data"]
        self.assertTrue(alert["detail"])
        headers = {**self.till.headers(good), "X-Pos-Dialect": "babel"}
        self.assertIn("ncr-acs-2.1", self.till.post(good, _XML, headers=headers).body["detail"])
        self.assertEqual(json.loads(self.store.gateway.ctl("tickets", "--json").stdout)["tickets"], [])
        self.assertEqual(len(self.store.central.events("dq.alert")), 1, "a broken till is no flood")
        self.assert_nothing_private()

    # -- the folder ------------------------------------------------------------------------------------------------

    def put(self, name: str, content: bytes) -> Path:
        """As careful senders do: written beside, then renamed."""
        part = self.inbox / f".{name}"
        part.write_bytes(content)
        return part.rename(self.inbox / name)

    def wait_gone(self, path: Path) -> None:
        self.wait(lambda: not path.exists(), 30, f"{path.name} was not taken")

    def test_files_end_in_done_or_in_bad_with_a_reason(self) -> None:
        self.wait(self.inbox.is_dir, 10, "the folder is made")
        files = {
            "one.xml": poslog.document(poslog.ncr([_SCARF], "21")),
            "two.ndjson": "\n".join(json.dumps(self.till.ticket([_SCARF])) for _ in range(120)).encode(),
            "again.xml": poslog.document(poslog.ncr([_SCARF], "21")),
        }
        taken = [self.put(name, content) for name, content in files.items()]
        broken = self.put("broken.xml", files["one.xml"][:-30])
        conflict = self.put("conflict.xml", poslog.document(poslog.ncr([_COAT], "21")))
        growing = self.inbox / "growing.xml"
        with growing.open("wb") as slow:
            slow.write(files["one.xml"][:100])
            slow.flush()
            for path in taken:
                self.wait_gone(path)
            self.assertTrue(growing.exists(), "half a file is left alone")
            slow.write(files["one.xml"][100:].replace(b">21<", b">22<"))
        self.recorded("21")
        self.recorded("22")
        self.wait_gone(growing)
        self.wait_gone(conflict)
        self.wait_gone(broken)
        done = sorted(path.name for path in (self.inbox / "done").iterdir())
        self.assertEqual(done, ["again.xml", "growing.xml", "one.xml", "two.ndjson"])
        bad = {path.name for path in (self.inbox / "bad").iterdir()}
        self.assertEqual(bad, {"broken.xml", "broken.xml.reason", "conflict.xml", "conflict.xml.reason"})
        self.assertIn("conflict", (self.inbox / "bad/conflict.xml.reason").read_text())
        self.assertTrue((self.inbox / "bad/broken.xml.reason").read_text().strip())
        self.assert_nothing_private()

    def test_files_that_need_not_be_kept_are_deleted(self) -> None:
        self.store.gateway.stop()
        self.store.gateway.configuration["pos"]["inbox"]["keep_h"] = 0
        self.store.gateway.start()
        good = self.put("good.xml", poslog.document(poslog.ncr([_SCARF], "51")))
        bad = self.put("bad.xml", poslog.document(poslog.ncr([_COAT], "51")))
        self.wait_gone(good)
        self.wait_gone(bad)
        left = [self.inbox / folder for folder in ("done", "bad")]
        self.wait(lambda: not any(any(folder.iterdir()) for folder in left), 15, "done/ and bad/ are empty")

    # -- MQTT ------------------------------------------------------------------------------------------------------

    def test_a_dialect_over_mqtt(self) -> None:
        self.store.tablet.link.publish("touchpoint/v1/paris-042/pos/POS1", poslog.document(poslog.ncr([_SCARF], "31")))
        self.assertEqual(self.recorded("31")["total_minor"], 4800)

    # -- the workstation's dialect, a dialect of the shop --------------------------------------------------------------

    def test_a_profile_of_the_shop_for_one_workstation(self) -> None:
        folder = self.folder()
        (folder / "corner-shop.json").write_text(json.dumps(_CORNER_SHOP))
        self.store.gateway.stop()
        pos = self.store.gateway.configuration["pos"]
        pos["dialect_dir"] = str(folder)
        pos["workstations"] = [{"id": "POS1", "dialect": "corner-shop"}]
        self.store.gateway.start()
        body = b'<bons><bon no="5"><workstation>POS1</workstation><at>2026-11-21 15:04:05</at><sum>12,50</sum></bon></bons>'
        self.assertEqual(self.till.post(body, _XML).result["status"], "accepted")
        self.assertEqual(self.recorded("5")["total_minor"], 1250)

    def test_ticket_check_needs_no_daemon(self) -> None:
        path = self.folder() / "file.xml"
        path.write_bytes(poslog.document(poslog.ncr([_SCARF], "41")))
        program = program_directory() / "touchpointctl"
        check = [program, "--json", "ticket", "check", "--dialect", "ncr-acs-2.1", path]
        done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["tickets"][0]["checks"]["totals"], "ok")
        self.assertIn("/POSLog/Transaction/OperatorID/@OperatorName", [n["path"] for n in report["ignored"]])
        for private in (poslog.NAME, poslog.CARD, poslog.BIRTH_DATE):
            self.assertNotIn(private, done.stdout)
        path.write_bytes(b"<POSLog>")
        bad = subprocess.run(check, capture_output=True, text=True, check=False, timeout=30)
        self.assertEqual((bad.returncode, bad.stdout), (1, ""))
        self.assertIn(os.fspath(path), bad.stderr)
        usage = subprocess.run([program, "ticket", "check"], capture_output=True, text=True, check=False, timeout=30)
        self.assertEqual(usage.returncode, 2)

    def test_ticket_check_shows_the_others_of_a_day_and_names_each_that_is_bad(self) -> None:
        path = self.folder() / "day.xml"
        bad = [poslog.ncr([_SCARF], n).replace("<ExtendedAmount>49.00", "<ExtendedAmount>forty", 1) for n in ("42", "44")]
        path.write_bytes(poslog.document(poslog.ncr([_SCARF], "41"), bad[0], poslog.ncr([_SCARF], "43"), bad[1]))
        command = [program_directory() / "touchpointctl", "--json", "ticket", "check", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        self.assertEqual(done.returncode, 1)
        report = json.loads(done.stdout)
        self.assertEqual([t["key"]["sequence"] for t in report["tickets"]], ["41", "43"])
        self.assertEqual([p["transaction"] for p in report["problems"]], [2, 4])
        self.assertIn("transaction 4: ", done.stderr)


_CORNER_SHOP = {
    "schema": 1,
    "name": "corner-shop",
    "format": "xml",
    "transactions": "bons/bon",
    "amounts": "comma",
    "ticket": {
        "workstation": "workstation",
        "sequence": "@no",
        "ended_at": "at",
        "currency": {"otherwise": "EUR"},
        "total": "sum",
        "lines": [{"each": ".", "sku": {"otherwise": "BON"}, "net": "sum"}],
        "tenders": [{"each": ".", "kind": {"otherwise": "cash"}, "amount": "sum"}],
    },
}


if __name__ == "__main__":
    unittest.main()
