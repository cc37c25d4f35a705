"""A small world of a business's day: customers, staff and a clock, seeded; it asks a player and does as it is told.

Used by the properties of `visits`: who decides is the code that the hub runs, all else is played here.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chalicelib.visits.promises import CHANGE_BEFORE_S
from chalicelib.visits.ripple import EVERY_S, GAIN_MIN

if TYPE_CHECKING:
    from infra.play.day import Player

OPEN_AT = 1_900_000_800  # a day's announcement; its doors open an hour later
TRAVEL_S = 1200


@dataclass
class Person:
    """A customer as the world knows them."""

    visit: str
    slot: int | None
    joined: int
    staff: str | None
    service: str
    length_s: int
    late_s: int
    comes: bool
    arrived: int | None = None
    started: int | None = None
    version: int = 0
    come_at: int | None = None
    said: list[dict[str, Any]] = field(default_factory=list)


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


class World:
    """Plays one day. `answers` holds every line with its answer."""

    def __init__(self, player: Player, seed: int, people_max: int) -> None:
        draw = random.Random(seed)
        self.player, self.day = player, f"day-{seed}"
        self.staff = [f"m{number}" for number in range(draw.choice((1, 1, 2, 3)))]
        self.services = {"short": 20, "long": 60}
        self.people: dict[str, Person] = {}
        self.answers: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.serving: dict[str, Person] = {}
        self._queue: list[tuple[int, int, int, str, str, int]] = []
        self._count = 0
        for number in range(draw.randint(1, people_max)):
            service = draw.choice(("short", "short", "long"))
            slot = OPEN_AT + 3600 + 600 * draw.randrange(48) if draw.random() < 0.7 else None
            joined = OPEN_AT if slot else OPEN_AT + 3600 + draw.randrange(28800)
            length_s = int(60 * self.services[service] * draw.lognormvariate(0, 0.3))
            staff = draw.choice([*self.staff, None]) if slot else None
            late_s = int(draw.triangular(-2400, 900, -300)) if slot else draw.choice((0, 600, 1200))
            one = Person(f"v{number}", slot, joined, staff, service, length_s, late_s, draw.random() < 0.9)
            self.people[one.visit] = one

    def play(self) -> World:
        self._send(OPEN_AT, "open", venue="venue", day=self.day, staff=self.staff, services=self.services)
        for one in self.people.values():
            if one.slot:
                self._send(
                    OPEN_AT, "booked", visit=one.visit, staff=one.staff, service=one.service, slot=stamp(one.slot)
                )
                self._plan(one)
            else:
                self._push(one.joined, 2, "walk_in", one.visit)
        self._push(OPEN_AT, 5, "tick", "")
        while self._queue:
            at, _, _, what, visit, version = heapq.heappop(self._queue)
            if what == "tick":
                self._send(at, "tick")
                if self._queue or at < OPEN_AT + 3600:
                    self._push(at + 60, 5, "tick", "")
            elif version == self.people[visit].version or what in {"walk_in", "ended"}:
                self._happen(at, what, self.people[visit])
            self._offer(at)
        return self

    def _happen(self, at: int, what: str, one: Person) -> None:
        if what == "walk_in":
            self._send(at, "walk_in", visit=one.visit, service=one.service)
            one.comes = True
            if one.late_s:
                self._push(max(one.come_at or 0, at + one.late_s), 1, "arrived", one.visit)
                return
            what = "arrived"
        if what == "arrived":
            one.arrived = at
            self._send(at, "arrived", visit=one.visit)
        elif what == "no_show":
            one.started = at
            self._send(at, "no_show", visit=one.visit)
        elif what == "ended":
            self.serving = {member: other for member, other in self.serving.items() if other is not one}
            self._send(at, "ended", visit=one.visit)

    def _plan(self, one: Person) -> None:
        one.version += 1
        due = one.come_at or one.slot or one.joined
        if one.comes:
            self._push(due + one.late_s, 1, "arrived", one.visit)
        else:
            self._push(due + 1800, 1, "no_show", one.visit)

    def _offer(self, at: int) -> None:
        if at < OPEN_AT + 3600:
            return
        for member in self.staff:
            here = {
                one.visit: one
                for one in self.people.values()
                if one.arrived is not None and one.started is None and one.staff in {None, member}
            }
            if member in self.serving or not here:
                continue
            chosen = self._send(at, "free", staff=member)["next"]
            one = here[chosen] if chosen else min(here.values(), key=lambda one: one.slot or one.joined)
            one.started = at
            self.serving[member] = one
            self._push(at + one.length_s, 0, "ended", one.visit)
            self._send(at, "started", visit=one.visit, staff=member)

    def _send(self, at: int, what: str, **more: object) -> dict[str, Any]:
        line: dict[str, Any] = {"type": what, "at": stamp(at), **more}
        answer: dict[str, Any] = self.player.answer(line)
        self.answers.append((line, answer))
        for said in answer["say"]:
            one = self.people[said["visit"]]
            one.said.append({"at": at, **said})
            come_at = seconds(said["come_at"]) if said["come_at"] else None
            if come_at is None:
                continue
            if one.slot is None:
                one.come_at = come_at
            elif one.arrived is None and one.started is None:
                due = (one.come_at or one.slot) + one.late_s
                if not one.comes or at <= due - TRAVEL_S:
                    one.come_at = come_at
                    self._plan(one)
        return answer

    def _push(self, at: int, order: int, what: str, visit: str) -> None:
        self._count += 1
        version = self.people[visit].version if visit else 0
        heapq.heappush(self._queue, (at, order, self._count, what, visit, version))


def hold(world: World) -> None:
    """Everything that must be so after a day."""
    assert all(one.started is not None for one in world.people.values())  # nobody is lost
    for line, answer in world.answers:
        if answer["next"]:
            _is_fairly_next(world.people[answer["next"]], seconds(line["at"]))
        for said in answer["say"]:
            assert seconds(line["at"]) <= seconds(said["seen_until"])
            assert said["seen_from"] <= said["seen_until"]
    for one in world.people.values():
        _is_told_consistently(world, one)


def _is_fairly_next(one: Person, at: int) -> None:
    assert one.arrived is not None
    assert one.arrived <= at  # nobody is called who is not there


def _is_told_consistently(world: World, one: Person) -> None:
    texts = [said for said in one.said if said["kind"] != "forecast"]
    if one.slot is None:
        assert not texts
        return
    assert len({said["come_at"] for said in texts}) <= 1  # one cause, one time to come at
    for said in texts:
        assert seconds(said["come_at"]) >= one.slot + GAIN_MIN * 60
        assert seconds(said["seen_until"]) >= seconds(said["come_at"])
    for first, second in pairwise(texts):  # a promise is replaced only in its last moments, and not by an earlier one
        left_s = seconds(first["seen_until"]) - second["at"]
        assert CHANGE_BEFORE_S - 1 <= left_s <= CHANGE_BEFORE_S + EVERY_S  # told to the second
    assert world.player.day is not None
    told = world.player.day.visits[one.visit].told
    assert [seconds(said["come_at"]) for said in texts[:1]] == [round(each.come_at) for each in told]
