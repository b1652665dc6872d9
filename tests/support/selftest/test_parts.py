"""The other parts of the emulated store, each without the gateway."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from store import catalogue, eid, phone, traces
from store.air import Air
from store.broker import Broker
from store.central import Central
from store.link import Link, Message
from store.processes import DeadlineMissed, Process, wait_until
from store.tablet import Tablet
from store.till import Key, Line, Till

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")


class FolderTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class EidTest(unittest.TestCase):
    def test_published_vectors(self) -> None:
        """Vectors of the Eddystone projects and of the contract's profile."""
        other_key = bytes.fromhex("0102030405060708090a111213141516")
        for key, unix_s, exponent, expected in (
            (KEY, 1518080946, 12, "7dd8169dae94258c"),
            (other_key, 0, 10, "a9b76a71c5f89290"),
            (other_key, 1024, 10, "4144413e45fefa58"),
            (other_key, 65536, 10, "396973b40660265b"),
            (KEY, 1699999488, 9, "4173926cc1f1d520"),
            (KEY, 1700000000, 9, "3343935576051e04"),
            (KEY, 1700000512, 9, "f40c5d113884ae5b"),
            (KEY, 1699938303, 9, "88d01d0d55921d88"),
            (KEY, 1699938304, 9, "aa83ec26deea89cd"),
        ):
            self.assertEqual(eid.eid(key, unix_s, exponent).hex(), expected)

    def test_member_payload(self) -> None:
        member = phone.MemberPhone(KEY, random.Random(1))
        self.assertEqual(member.payload(1700000000).hex(), "0303aafe0d16aafe30eb3343935576051e04")

    def test_strangers_fit_a_legacy_advert_and_are_no_members(self) -> None:
        for stranger in phone.one_of_each_stranger(random.Random(1)):
            self.assertLessEqual(len(stranger.payload(0)), 31)


class ProcessTest(FolderTest):
    def test_a_child_that_ends_early_is_reported_with_its_log(self) -> None:
        child = Process("child", ["sh", "-c", "echo the reason; exit 3"], self.folder)
        with self.assertRaisesRegex(DeadlineMissed, "(?s)ended with 3.*the reason"):
            child.wait_ready(lambda: False, 5)

    def test_stop_and_kill_are_harmless_afterwards(self) -> None:
        child = Process("child", ["sleep", "60"], self.folder)
        self.assertEqual(child.stop(), -15)
        child.kill()
        self.assertEqual(child.stop(), -15)


class BrokerTest(FolderTest):
    def setUp(self) -> None:
        super().setUp()
        self.broker = Broker(self.folder)
        self.addCleanup(self.broker.stop)

    def link(self, name: str, *topics: str) -> Link:
        link = Link(self.broker.port, name, topics)
        self.addCleanup(link.stop)
        return link

    def test_a_link_survives_the_death_of_the_broker(self) -> None:
        listener, speaker = self.link("listener", "t/#"), self.link("speaker")
        speaker.publish("t/1", "before")
        listener.wait_for(lambda: listener.messages, 5, "first message")
        self.broker.kill()
        self.broker.start()

        def comes_back() -> bool:
            try:
                speaker.publish("t/2", "after")
            except (DeadlineMissed, ValueError, RuntimeError):
                return False
            return any(message.payload == b"after" for message in listener.messages)

        wait_until(comes_back, 20, "messages flow again", 0.2)

    def test_central_gets_answers_to_its_commands(self) -> None:
        central = Central(self.broker.port, "s")
        self.addCleanup(central.stop)
        gateway = self.link("gateway", "touchpoint/v1/s/command/#")

        def answer() -> None:
            gateway.wait_for(lambda: gateway.messages, 5, "the command")
            command = json.loads(gateway.messages[0].payload)["command_id"]
            for status in ("accepted", "applied"):
                gateway.publish("touchpoint/v1/s/ack/consent", json.dumps({"command_id": command, "status": status}))

        answering = threading.Thread(target=answer)
        answering.start()
        self.assertEqual(central.command("consent", {"member": "m"})["status"], "applied")
        answering.join()

    def test_central_waits_in_vain_for_what_does_not_come(self) -> None:
        central = Central(self.broker.port, "s")
        self.addCleanup(central.stop)
        with self.assertRaises(DeadlineMissed):
            central.wait_for("visit.started", timeout_s=0.1)

    def test_the_tablet_sees_cards_come_and_go_and_acts(self) -> None:
        tablet = Tablet(self.broker.port, "s")
        self.addCleanup(tablet.stop)
        gateway = self.link("gateway", "touchpoint/v1/s/tablet/action/#")
        gateway.publish("touchpoint/v1/s/tablet/card/v1", json.dumps({"visit": "v1"}), retain=True)
        self.assertEqual(tablet.wait_card()["visit"], "v1")
        action = tablet.act("claim", "v1")
        gateway.wait_for(lambda: gateway.messages, 5, "the action")
        self.assertEqual(json.loads(gateway.messages[0].payload)["id"], action)
        gateway.publish("touchpoint/v1/s/tablet/card/v1", "", retain=True)
        tablet.wait_withdrawn("v1")


class _Register(BaseHTTPRequestHandler):
    """Refuses twice with 503, then takes the ticket if it is signed as the contract says."""

    refusals = 2
    bodies: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _Register.bodies.append(body)
        signed = hmac.new(b"secret", self.headers["X-Pos-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        good = self.headers["X-Pos-Signature"] == "v1=" + signed
        status = 503 if len(_Register.bodies) <= self.refusals else 202 if good else 401
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"results":[{"ticket_id":"x","status":"accepted","reason":null}]}')

    def log_message(self, *_: object) -> None:
        pass


class TillTest(unittest.TestCase):
    def test_a_ticket_is_signed_and_repeated_with_the_same_body(self) -> None:
        server = HTTPServer(("127.0.0.1", 0), _Register)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        till = Till(server.server_port, key=Key("k1", b"secret"))
        answer = till.hand_in(till.ticket([Line("SKU", "10.00", 2)], loyalty="299"))
        self.assertEqual((answer.status, answer.result["status"]), (202, "accepted"))
        self.assertEqual(len(set(_Register.bodies)), 1)
        self.assertEqual(len(_Register.bodies), 3)

    def test_a_ticket_adds_up(self) -> None:
        ticket = Till(0).ticket([Line("A", "10.00", 2), Line("B", "4.90")])
        self.assertEqual(
            (ticket["total"], ticket["lines"][0]["net"], ticket["tenders"][0]["amount"]), ("24.90", "20.00", "24.90")
        )


class CatalogueTest(FolderTest):
    def test_a_synthetic_member_is_the_member_of_that_number(self) -> None:
        path = catalogue.write_many_members(self.folder / "profiles.ndjson", 77)
        written = json.loads(path.read_text().splitlines()[-1])
        expected = catalogue.member(77, ["recognition"]).profile
        self.assertEqual(written.keys(), expected.keys())
        for key in ("member", "loyalty"):
            self.assertEqual(written[key], expected[key])
        self.assertEqual(written["keys"][0]["eid_key"], expected["keys"][0]["eid_key"])


class AirTest(unittest.TestCase):
    def test_phones_advertise_until_they_are_removed(self) -> None:
        heard: list[tuple[phone.Phone, int]] = []

        class Ear:
            def hear(self, phones: list) -> None:
                heard.extend(phones)

        air = Air(random.Random(1))
        self.addCleanup(air.stop)
        walker = phone.MemberPhone(KEY, random.Random(1))
        air.put(walker, {Ear(): -60})
        wait_until(lambda: len(heard) >= 2, 5, "two adverts")
        self.assertTrue(all(-62 <= rssi <= -58 for _, rssi in heard))
        air.remove(walker)


class TracesTest(FolderTest):
    def test_a_secret_is_found_in_files_and_messages(self) -> None:
        stranger = phone.UnknownEidPhone(random.Random(3))
        secrets = stranger.secrets(1700000000)
        (self.folder / "clean").write_bytes(b"nothing")
        self.assertEqual(list(traces.in_files(secrets, self.folder)), [])
        (self.folder / "dirty").write_bytes(b"x" + stranger.token(1700000000) + b"y")
        self.assertEqual(len(list(traces.in_files(secrets, self.folder))), 1)
        said = Message("a/b", stranger.address.encode(), False, 0, 0.0, None, None, [])
        self.assertEqual(len(list(traces.in_messages(secrets, [said]))), 1)


if __name__ == "__main__":
    unittest.main()
