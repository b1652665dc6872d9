"""Certificates and passwords that are renewed, that end, or that do not fit; the daemon runs on all the while."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import unittest
from pathlib import Path
from typing import Any

from store.authority import Authority, Identity, replace
from store.case import ShopCase
from store.processes import free_port
from store.radio import FakeRadio
from store.shop import Shop
from store.till import Line

_NOTICED_S = 10


class CertificateCase(ShopCase):
    def files(self, identity: Identity, folder: Path) -> dict[str, str]:
        """The gateway's own copies, which a test replaces."""
        folder.mkdir()
        for name, source in (("cert.pem", identity.certificate), ("key.pem", identity.key)):
            (folder / name).write_bytes(source.read_bytes())
        return {"cert_file": str(folder / "cert.pem"), "key_file": str(folder / "key.pem")}

    def tls_limits(self, server: Identity, authorities: Path) -> tuple[int, str]:
        """A listener of central's broker that knows its clients by their certificates."""
        port = free_port()
        return port, (
            f"listener {port} 127.0.0.1\ncafile {authorities}\ncertfile {server.certificate}\n"
            f"keyfile {server.key}\nrequire_certificate true\nuse_identity_as_username true\n"
        )

    def central(self, shop: Shop) -> dict[str, Any]:
        return json.loads(shop.gateway.ctl("status", "--json").stdout)["links"]["central"]

    def sell(self, shop: Shop) -> None:
        ticket = shop.till.hand_in(shop.till.ticket([Line("SCARF", "49.00")])).result["ticket_id"]
        shop.central.wait_for("ticket.recorded", lambda data: data["ticket_id"] == ticket, 20)

    def warning(self, shop: Shop, words: str) -> list[str]:
        status = json.loads(shop.gateway.ctl("status", "--json").stdout)
        return [c["warning"] for c in status["certificates"] if c["warning"] and words in c["warning"]]

    def connections(self, shop: Shop) -> int:
        """How often it came online, as central saw it."""
        with shop.central.link.waiting:
            return sum(state["state"] == "online" for state in shop.central.states)


class RotationTest(CertificateCase):
    def test_certificate_authority_and_password_are_used_when_they_change(self) -> None:
        folder = self.folder()
        old, new = Authority(folder, "old"), Authority(folder, "new")
        both = folder / "both.pem"
        both.write_bytes(old.certificate.read_bytes() + new.certificate.read_bytes())
        port, listener = self.tls_limits(old.issue("server"), both)
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio, wan_limits=f"log_type notice\n{listener}")
        mine = self.files(old.issue("box-1"), folder / "mine")
        trusted = folder / "trusted.pem"
        trusted.write_bytes(old.certificate.read_bytes())
        shop.gateway.configuration["central"] = {
            "url": f"mqtts://127.0.0.1:{port}", "ca_file": str(trusted), **mine
        }
        shop.gateway.start()
        self.sell(shop)
        self.assertIn("u'box-1'", self.broker_log(shop))
        daemon = shop.gateway.process.pid

        renewed = new.issue("box-2")
        replace(Path(mine["cert_file"]), renewed.certificate)
        self.wait(lambda: self.warning(shop, "does not belong"), _NOTICED_S, "half a renewal is no renewal")
        self.assertEqual(self.connections(shop), 1, "and the connection goes on")
        self.assertTrue(self.central(shop)["up"])
        replace(Path(mine["key_file"]), renewed.key)
        self.wait(lambda: "u'box-2'" in self.broker_log(shop), _NOTICED_S, "the new certificate is shown")
        self.sell(shop)
        self.wait(lambda: not self.warning(shop, ""), _NOTICED_S, "all is well again")

        replace(trusted, new.certificate)
        self.wait(
            lambda: "certificate verify failed" in (self.central(shop)["last_error"] or ""),
            _NOTICED_S,
            "a broker of the old authority is not trusted",
        )
        replace(trusted, both)
        self.sell(shop)
        self.assertEqual(shop.gateway.process.pid, daemon)
        shop.central.assert_promises_kept()

    def test_a_new_password_is_used_and_a_reload_without_news_disturbs_nobody(self) -> None:
        folder = self.folder()
        passwords, mine = folder / "passwords", folder / "mine"
        mine.write_text("first\n")
        self.set_password(passwords, "first")
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio, wan_limits=f"password_file {passwords}")
        shop.gateway.configuration["central"].update({"username": "box", "password_file": str(mine)})
        shop.gateway.start()
        self.sell(shop)
        shop.gateway.reload()
        self.sell(shop)
        self.assertEqual(self.connections(shop), 1)
        mine.write_text("second\n")
        self.wait(lambda: not self.central(shop)["up"], _NOTICED_S, "it is refused: the broker does not know it yet")
        self.set_password(passwords, "second")
        shop.wan.reload()
        self.sell(shop)
        self.assertNotIn("second", shop.gateway.log())

    def set_password(self, passwords: Path, password: str) -> None:
        passwords.write_text("")
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), "box", password], check=True, capture_output=True)

    def broker_log(self, shop: Shop) -> str:
        return (shop.directory / "central-broker.log").read_text()


class ServerTest(CertificateCase):
    """Tills and tablets see a renewed certificate at their next connection; the one they have goes on."""

    def connect(self, port: int, trusted: Path) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=10, context=ssl.create_default_context(cafile=str(trusted))
        )
        self.addCleanup(connection.close)
        connection.connect()
        return connection

    def shown(self, connection: http.client.HTTPSConnection) -> str:
        return dict(pair for names in connection.sock.getpeercert()["subject"] for pair in names)["commonName"]

    def serves(self, connection: http.client.HTTPSConnection) -> bool:
        connection.request("GET", "/no-such-page")
        answer = connection.getresponse()
        answer.read()
        return answer.status == 404

    def test_a_renewed_certificate_is_shown_without_a_restart(self) -> None:
        folder = self.folder()
        authority = Authority(folder)
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio)
        files = {name: self.files(authority.issue(f"{name}-1"), folder / name) for name in ("pos", "tablet")}
        shop.gateway.configuration["pos"]["http"]["tls"] = files["pos"]
        shop.gateway.configuration["tablet"]["tls"] = files["tablet"]
        shop.gateway.start()
        for name, port in (("pos", shop.gateway.pos_port), ("tablet", shop.gateway.tablet_port)):
            with self.subTest(name):
                before = self.connect(port, authority.certificate)
                self.assertEqual(self.shown(before), f"{name}-1")
                renewed = authority.issue(f"{name}-2")
                replace(Path(files[name]["cert_file"]), renewed.certificate)
                self.wait(lambda: self.warning(shop, "does not belong"), _NOTICED_S, "half a renewal")
                self.assertEqual(self.shown(self.connect(port, authority.certificate)), f"{name}-1")
                replace(Path(files[name]["key_file"]), renewed.key)
                before = self.connect(port, authority.certificate)
                self.wait(
                    lambda n=name, p=port, b=before: self.serves(b)
                    and self.shown(self.connect(p, authority.certificate)) == f"{n}-2",
                    _NOTICED_S,
                    "the new one is shown",
                )
                self.assertTrue(self.serves(before))
                self.assertEqual(self.shown(before), f"{name}-1")


class EndTest(CertificateCase):
    def test_an_end_that_is_near_and_one_that_is_over_are_told(self) -> None:
        folder = self.folder()
        authority = Authority(folder)
        port, listener = self.tls_limits(authority.issue("server"), authority.certificate)
        shop = self.shop({"radio": {"receivers": []}}, radio=FakeRadio, wan_limits=listener)
        mine = self.files(authority.issue("box-far", 100), folder / "mine")
        shop.gateway.configuration["central"] = {
            "url": f"mqtts://127.0.0.1:{port}", "ca_file": str(authority.certificate), **mine
        }
        shop.gateway.start()
        self.sell(shop)
        self.assertIn("certificates: 2 files", shop.gateway.ctl("doctor").stdout)
        for days, told in (
            (6.9, "ends in 6 d"),
            (-0.1, "has ended"),
        ):
            with self.subTest(told):
                renewed = authority.issue(f"box-{days}", days)
                replace(Path(mine["cert_file"]), renewed.certificate)
                replace(Path(mine["key_file"]), renewed.key)
                wanted = f"central.cert_file {told}"
                self.wait(lambda w=wanted: w in shop.gateway.ctl("status").stdout, _NOTICED_S, wanted)
                self.assertIn(wanted, shop.gateway.ctl("doctor").stdout)
                self.assertIn(wanted, shop.gateway.log())
                status = json.loads(shop.gateway.ctl("status", "--json").stdout)
                self.assertEqual(status["ready"]["parts"]["certificates"]["state"], "degraded")
                self.assertTrue(status["ready"]["ready"], "the shop works")
        ends = shop.gateway.metric('certificate_ends_seconds{key="central.cert_file"}')
        self.assertLess(ends, shop.gateway.metric('certificate_ends_seconds{key="central.ca_file"}'))
        self.wait(lambda: not self.central(shop)["up"], _NOTICED_S, "the broker refuses what has ended")
        renewed = authority.issue("box-again", 365)
        replace(Path(mine["cert_file"]), renewed.certificate)
        replace(Path(mine["key_file"]), renewed.key)
        self.sell(shop)


if __name__ == "__main__":
    unittest.main()
