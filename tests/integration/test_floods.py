"""More than the box can hold: commands without end, a message that is too large, no memory left."""

from __future__ import annotations

import json
import subprocess
import unittest
from pathlib import Path

from store.case import LONG, ShopCase
from store.catalogue import days_ago, member
from store.radio import FakeRadio
from store.till import Line
from store.visitor import Visitor

_COMMANDS = 5_000
_MAY_GROW_KIB = 16 * 1024
_TOO_LARGE = 4_500_000


def _of_status(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field + ":"))


class FloodTest(ShopCase):
    def setUp(self) -> None:
        self.camille = member(1)
        self.store = self.shop(LONG, radio=FakeRadio, wan_limits="max_queued_messages 0")
        self.store.open([self.camille])
        self.guest = Visitor(self.store, self.camille)
        self.guest.come_in()

    def kibibytes(self) -> int:
        return _of_status(self.store.gateway.process.pid, "VmRSS")

    def test_five_thousand_commands_are_answered_and_the_withdrawal_among_them_acts(self) -> None:
        central, before = self.store.central, self.kibibytes()
        for number in range(_COMMANDS):
            kind = number % 3
            name = ("consent", "no-such-command", "profiles.delta")[kind]
            payload = ({"member": "who", "purpose": "recognition"}, {}, {"from_revision": 77, "to_revision": 78})[kind]
            central.send_command(name, {"command_id": f"flood-{number}", **payload})
        central.command(
            "consent",
            {"member": self.camille.id, "purpose": "recognition", "status": "revoked", "at": days_ago(0), "version": "v"},
            timeout_s=60,
        )
        self.guest.wait_ended()
        self.wait(lambda: len(self.answered()) == _COMMANDS, 60, "each is answered")
        self.assertLess(self.kibibytes() - before, _MAY_GROW_KIB)

    def answered(self) -> set[str]:
        acks = list(self.store.central.acknowledgements)
        return {ack["command_id"] for ack in acks if str(ack["command_id"]).startswith("flood-")}

    def test_a_message_that_is_too_large_disturbs_nobody(self) -> None:
        central = self.store.central
        since = len(central.states)
        for link in (central.link, self.store.tablet.link):
            link.publish(f"{central.base}/command/profiles.snapshot", json.dumps({"profiles": "x" * _TOO_LARGE}))
            link.publish(f"{central.base}/tablet/action/t1", json.dumps({"v": "x" * _TOO_LARGE}))
        answer = central.command("no-such-command", {})
        self.assertEqual(answer["status"], "rejected")
        self.assertEqual(len(central.states), since, "the link stayed")


class NoMemoryTest(ShopCase):
    expects_end = True

    def test_a_daemon_that_gets_no_memory_ends_and_loses_no_ticket(self) -> None:
        store = self.shop({"radio": {"receivers": []}}, radio=FakeRadio, durable_wan=True)
        store.gateway.start()
        store.central.wait_state("online")
        process = store.gateway.process
        limit = (_of_status(process.pid, "VmSize") + 2048) * 1024
        subprocess.run(["prlimit", "--pid", str(process.pid), f"--as={limit}"], check=True)
        sold = [store.till.hand_in(store.till.ticket([Line("SCARF", "49.00")])).result["ticket_id"] for _ in range(20)]
        profiles = [member(number).profile for number in range(1, 3_000)]
        store.central.send_command(
            "profiles.snapshot", {"snapshot": "S1", "revision": 1, "part": 1, "parts": 1, "profiles": profiles}
        )
        self.wait(lambda: not process.running, 20, "it ends rather than go on without memory")
        store.gateway.start()

        def recorded() -> list[str]:
            return [event["data"]["ticket_id"] for event in store.central.events("ticket.recorded")]

        self.wait(lambda: len(recorded()) >= len(sold), 20, "every ticket arrives")
        self.assertEqual(recorded(), sold)
        store.central.assert_promises_kept()


if __name__ == "__main__":
    unittest.main()
