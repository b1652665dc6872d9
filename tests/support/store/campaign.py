"""A shop in which everything goes wrong: the daemon is killed at random, both links are cut every few seconds.

Tills and phones feed it meanwhile and write down what they did. `Campaign.complaints` compares that at the end with
what central received, without asking the daemon.
"""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
from datetime import datetime
from typing import Any, Callable, NamedTuple

from .backlog import fill
from .catalogue import Member, coat_lover, member
from .fault_proxy import FaultProxy
from .gateway import POS_KEY
from .processes import wait_until
from .shop import Shop
from .till import Line, Till

PATCH: dict[str, Any] = {
    "presence": {"exit_after_s": 2, "reentry_s": 2, "visit_min_s": 1, "zone_hold_s": 0},
    "radio": {"receivers": [{"id": "rx-till", "remote": True, "zone": "entrance"}]},
    "pos": {"workstations": [{"id": f"POS{number}"} for number in (1, 2, 3)]},
}
_TILLS, _BUYERS = 3, 6
_OWED_S = 1.5  # heard so long by a daemon that was ready, a member has a visit
_SLACK_S = 1.0
_DEAF_S = 1.0  # from a new connection to the local broker until its receivers are heard again, at most
_LOCAL_BACK_S = 15  # longer than the back-off of that link
_SETTLE_S = 300  # a back-off of 60 s, and what waits
_NEAR_DBM = -56


class Pace(NamedTuple):
    """How fast the machine under test is. `patience_s`: so long a till hands a ticket in."""

    life_s: float = 0.5  # from ready to the next kill, in the mean
    start_s: float = 0.4  # within which a start is cut short now and then
    patience_s: float = 30
    walkers: int = 6  # members who come and go


class Span(NamedTuple):
    """Unix seconds."""

    begin: float
    end: float

    def common(self, other: "Span") -> float:
        return min(self.end, other.end) - max(self.begin, other.begin)

    def without(self, holes: list["Span"]) -> list["Span"]:
        """What is left of it, in order; `holes` in order of their begin."""
        left, begin = [], self.begin
        for hole in holes:
            if hole.begin > begin:
                left.append(Span(begin, min(hole.begin, self.end)))
            begin = max(begin, hole.end)
            if begin >= self.end:
                return left
        return [*left, Span(begin, self.end)]


class Visit(NamedTuple):
    """As central understands it."""

    open: Span
    last_sighting: float


class _Worker:
    """A thread that repeats `turn` with a pause of up to `pause_s` until it is stopped."""

    def __init__(self, seed: int, pause_s: tuple[float, float]) -> None:
        self.chance = random.Random(seed)
        self.failures: list[str] = []
        self._pause_s = pause_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.ident:
            self._thread.join(60)

    def pause(self, seconds: float) -> bool:
        """True if it was stopped meanwhile."""
        return self._stopped.wait(seconds)

    def turn(self) -> None:
        raise NotImplementedError

    def _run(self) -> None:
        while not self.pause(self.chance.uniform(*self._pause_s)):
            try:
                self.turn()
            except Exception as trouble:  # a worker that ends unseen would make the campaign an easy one
                self.failures.append(f"{type(self).__name__}: {trouble!r}")


class BusyTill(_Worker):
    """Sells one ticket, or three in one request, or repeats one that was answered; hands in until it is answered."""

    def __init__(self, seed: int, port: int, workstation: str, buyers: list[Member], patience_s: float) -> None:
        super().__init__(seed, (0.02, 0.15))
        self._patience_s = patience_s
        self.handed_in: set[str] = set()  # sequence numbers
        self.answered: dict[str, tuple[str, int]] = {}  # ticket id -> sequence number, total in cents
        self.repeated = 0
        self.workstation = workstation
        self._till = Till(port, workstation, POS_KEY)
        self._buyers = buyers
        self._last: dict[str, Any] | None = None

    def turn(self) -> None:
        kind = self.chance.random()
        if self._last and kind < 0.1:
            self.repeated += 1
            return self._hand_in([self._last], "duplicate")
        self._hand_in([self._sale() for _ in range(3 if kind > 0.8 else 1)], "accepted", "duplicate")

    def _sale(self) -> dict[str, Any]:
        cents = self.chance.randrange(100, 90_000)
        buyer = self.chance.choice([None, *self._buyers])
        ticket = self._till.ticket([Line("SCARF", f"{cents // 100}.{cents % 100:02d}")], buyer and buyer.loyalty)
        self.handed_in.add(ticket["sequence"])
        return ticket

    def _hand_in(self, tickets: list[dict[str, Any]], *expected: str) -> None:
        body = "\n".join(map(json.dumps, tickets)).encode()
        kind = "application/json" if len(tickets) == 1 else "application/x-ndjson"
        answer = self._till.hand_in_body(body, kind, self._patience_s)
        results = answer.body.get("results", []) if answer.status == 202 else []
        if len(results) != len(tickets) or any(result["status"] not in expected for result in results):
            self.failures.append(f"{self.workstation}: {answer}")
            return
        for ticket, result in zip(tickets, results):
            self.answered[result["ticket_id"]] = (ticket["sequence"], int(ticket["total"].replace(".", "")))
        self._last = tickets[-1]


class Walker(_Worker):
    """A member who comes and goes; each stay and each absence is long enough to be one."""

    def __init__(self, seed: int, shop: Shop, who: Member) -> None:
        super().__init__(seed, (5.5, 9.0))
        self.who = who
        self.stays: list[Span] = []
        self._shop = shop

    def turn(self) -> None:
        phone, begin = self._shop.phone_of(self.who), time.time()
        self._shop.air.put(phone, {self._shop.till_receiver: _NEAR_DBM})
        self.pause(self.chance.uniform(2.0, 8.0))
        self._shop.air.remove(phone)
        self.stays.append(Span(begin, time.time()))


class BadLine(_Worker):
    """Something happens to the central link every few seconds."""

    def __init__(self, seed: int, proxy: FaultProxy) -> None:
        super().__init__(seed, (0.3, 3.0))
        self.faults = 0
        self._proxy = proxy

    def turn(self) -> None:
        self.faults += 1
        fault = self.chance.choice([self._proxy.cut, self._proxy.cut, self._swallow, self._half_close, self._delay])
        fault()

    def _swallow(self) -> None:
        self._proxy.swallow()
        self.pause(self.chance.uniform(0.1, 1.5))
        if self.chance.random() < 0.5:
            self._proxy.cut()
        self._proxy.flow()

    def _half_close(self) -> None:
        self._proxy.half_close(self.chance.choice(["client", "server"]))

    def _delay(self) -> None:
        self._proxy.delay(self.chance.choice([0.0, 0.02, 0.2]))

    def stop(self) -> None:
        super().stop()
        self._proxy.delay(0)
        self._proxy.flow()
        self._proxy.cut()


class BadLocalLine(_Worker):
    """The store's own network fails now and then. What its receivers say meanwhile nobody hears."""

    def __init__(self, seed: int, proxy: FaultProxy) -> None:
        super().__init__(seed, (4.0, 9.0))
        self.faults = 0
        self.deaf: list[Span] = []
        self._proxy = proxy

    def turn(self) -> None:
        begin, connections = time.time(), self._proxy.accepted
        if self.chance.random() < 0.7:
            hit = self._proxy.cut() > 0
        else:
            hit = self._proxy.open_connections > 0
            self._proxy.half_close("client")
        if not hit:
            return  # the daemon was dead
        self.faults += 1
        until_s = time.monotonic() + _LOCAL_BACK_S
        while self._proxy.accepted == connections and time.monotonic() < until_s and not self.pause(0.02):
            pass
        self.deaf.append(Span(begin, time.time() + _DEAF_S))


class Campaign:
    """Runs on `shop`, whose gateway was not started yet and has PATCH; from the main thread only.

    With `waiting`, so many events wait from the beginning, and the WAN swallows everything until the shop closes.
    """

    def __init__(self, shop: Shop, seed: int, waiting: int = 0, pace: Pace = Pace()) -> None:
        self.shop, self._waiting, self._pace = shop, waiting, pace
        self.chance = random.Random(seed)
        self.lives: list[Span] = []  # of the daemon, from /readyz to its death
        self.starts_s: list[float] = []
        self.proxy = FaultProxy(shop.wan.port)
        shop.gateway.configuration["central"]["url"] = self.proxy.url
        self.local_proxy = FaultProxy(shop.local.port)
        shop.gateway.configuration["local"]["url"] = self.local_proxy.url
        self._walkers = [coat_lover(number) for number in range(1, pace.walkers + 1)]
        self._absent = member(900)
        buyers = [member(500 + number) for number in range(_BUYERS)]
        self.members = [*self._walkers, *buyers, self._absent]
        self.tills = [
            BusyTill(seed + n, shop.gateway.pos_port, f"POS{n}", buyers, pace.patience_s)
            for n in range(1, _TILLS + 1)
        ]
        self.walkers = [Walker(seed + 10 + n, shop, who) for n, who in enumerate(self._walkers)]
        self.line = BadLine(seed + 100, self.proxy)
        self.local_line = BadLocalLine(seed + 200, self.local_proxy)

    def run(self, kills: int, progress: Callable[[int], None] = lambda done: None) -> None:
        """Opens the shop, kills the daemon so many times, closes the shop and waits until nothing is under way."""
        if self._waiting:
            self.proxy.swallow()
            self.shop.gateway.start()
            self.shop.gateway.stop()
            fill(self.shop.gateway.state_directory / "facts.db", self._waiting)
        self.shop.open(self.members)
        born = time.time()
        workers: list[_Worker] = [*self.tills, *self.walkers, self.local_line]
        if not self._waiting:
            workers.append(self.line)
        for worker in workers:
            worker.start()
        for done in range(kills):
            born = self._kill_and_start(born)
            progress(done + 1)
        for worker in (*workers, self.line):
            worker.stop()
        self._settle()
        self.lives.append(Span(born, time.time()))

    def _kill_and_start(self, born: float) -> float:
        """Now and then before it is ready. Returns when it became ready again."""
        self._moment(self.chance.expovariate(1 / self._pace.life_s))
        self.lives.append(Span(born, time.time()))
        self.shop.gateway.kill()
        while self.chance.random() < 0.2:
            self.shop.gateway.start(ready=False)
            self._moment(self.chance.uniform(0, self._pace.start_s))
            self.shop.gateway.kill()
        started_s = time.monotonic()
        self.shop.gateway.start()
        self.starts_s.append(time.monotonic() - started_s)
        return time.time()

    def _moment(self, seconds: float) -> None:
        """A random instant from now on: the randomness is what is tested."""
        until_s = time.monotonic() + seconds
        wait_until(lambda: time.monotonic() >= until_s, seconds + 1, "a moment later", 0.001)

    def _settle(self) -> None:
        def quiet() -> bool:
            waiting = self.shop.gateway.ctl("outbox", "--json")
            inside = self.shop.gateway.ctl("visits", "--json")
            if waiting.returncode or inside.returncode:
                return False
            return json.loads(waiting.stdout)["depth"] == 0 and not json.loads(inside.stdout)["visits"]

        wait_until(quiet, _SETTLE_S, "all visits end and everything is delivered", 0.1)
        newest = json.loads(self.shop.gateway.ctl("status", "--json").stdout)["outbox"]["last_sequence"]
        consumer = self.shop.central.consumer
        self.shop.central.link.wait_for(
            lambda: consumer.events and max(int(e["sequence"]) for e in consumer.events[-1000:]) >= newest,
            _SETTLE_S,
            "what the broker took reaches central",
        )

    def stop(self) -> None:
        """Harmless after `run`."""
        for worker in self._workers():
            worker.stop()
        self.proxy.stop()
        self.local_proxy.stop()

    def _workers(self) -> list[_Worker]:
        return [*self.tills, *self.walkers, self.line, self.local_line]

    # -- the verdict -----------------------------------------------------------------------------------------------

    def complaints(self) -> list[str]:
        """What central was promised and did not get, or got and was not owed."""
        failures = [failure for worker in self._workers() for failure in worker.failures]
        with self.shop.central.link.waiting:
            return [
                *failures,
                *self.shop.central.consumer.check_complete(),
                *self._ticket_complaints(),
                *self._visit_complaints(),
            ]

    def _ticket_complaints(self) -> list[str]:
        said: list[str] = []
        recorded: dict[str, dict[str, Any]] = {}
        for event in self.shop.central.consumer.of_type("ticket.recorded"):
            data = event["data"]
            if data["ticket_id"] in recorded:
                said.append(f"ticket {data['key']} is recorded twice")
            recorded[data["ticket_id"]] = data
        for till in self.tills:
            for ticket, (sequence, total) in till.answered.items():
                data = recorded.get(ticket)
                if data is None:
                    said.append(f"{till.workstation} {sequence} was answered and never arrived")
                elif (data["key"]["workstation"], data["key"]["sequence"]) != (till.workstation, sequence):
                    said.append(f"{till.workstation} {sequence} arrived as {data['key']}")
                elif data["total_minor"] != total:
                    said.append(f"{till.workstation} {sequence} was {total} and arrived as {data['total_minor']}")
        handed_in = {(till.workstation, sequence) for till in self.tills for sequence in till.handed_in}
        arrived = {(data["key"]["workstation"], data["key"]["sequence"]) for data in recorded.values()}
        return said + [f"{workstation} {sequence} was never sold" for workstation, sequence in arrived - handed_in]

    def _visit_complaints(self) -> list[str]:
        visits = self._visits()
        listening = [part for life in self.lives for part in life.without(self.local_line.deaf)]
        ended = {event["data"]["visit_id"] for event in self.shop.central.consumer.of_type("visit.ended")}
        said = [
            f"{event['subject']} never ended"
            for event in self.shop.central.consumer.of_type("visit.started")
            if event["data"]["visit_id"] not in ended
        ]
        for walker in self.walkers:
            seen = visits.get(walker.who.id, [])
            for stay in walker.stays:
                owed = any(stay.common(part) >= _OWED_S for part in listening)
                if owed and not any(stay.common(visit.open) > 0 for visit in seen):
                    said.append(f"{walker.who.id} was inside and has no visit: {stay}")
            around = [Span(stay.begin - _SLACK_S, stay.end + _SLACK_S) for stay in walker.stays]
            for visit in seen:
                for what, at in (("began", visit.open.begin), ("was last seen", visit.last_sighting)):
                    if not any(stay.begin <= at <= stay.end for stay in around):
                        said.append(f"{walker.who.id} {what} at {at} and was not inside")
        return said + [f"{self._absent.id} was never there: {visit}" for visit in visits.get(self._absent.id, [])]

    def _visits(self) -> dict[str, list[Visit]]:
        """By member. A visit may bridge an absence: each start of the daemon gives the open ones more time."""
        ends = {event["data"]["visit_id"]: event for event in self.shop.central.consumer.of_type("visit.ended")}
        out: dict[str, list[Visit]] = {}
        for event in self.shop.central.consumer.of_type("visit.started"):
            data = event["data"]
            end = ends.get(data["visit_id"])
            if end is None:
                continue  # a complaint of its own
            visit = Visit(
                Span(_unix(data["detected_at"]), _unix(end["recordedtime"])), _unix(end["data"]["ended_at"])
            )
            out.setdefault(data["member"], []).append(visit)
        return out

    def figures(self) -> str:
        consumer = self.shop.central.consumer
        answered = sum(len(till.answered) for till in self.tills)
        starts = sorted(self.starts_s) or [0.0]
        return (
            f"{len(starts)} kills, {self.line.faults} faults of the central line, {self.local_line.faults} of the local one, "
            f"{self.proxy.accepted} connections to central\n"
            f"{answered} tickets answered, {sum(t.repeated for t in self.tills)} repeated, "
            f"{sum(len(w.stays) for w in self.walkers)} stays, {sum(map(len, self._visits().values()))} visits\n"
            f"{len(consumer.events)} events, {consumer.redelivered} delivered again; "
            f"start to /readyz: median {statistics.median(starts):.2f} s, slowest {starts[-1]:.2f} s"
        )


def _unix(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
