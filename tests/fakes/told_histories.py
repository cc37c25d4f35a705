"""Histories of one booking as its customer hears of them, and what must hold of the texts that really went out.

Moves, cancellings, nights, corrected numbers, closings, late buses, duplicates, a carrier that is away.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Status
from chalicelib.foundation.ports import Handover, Refused, Unavailable
from chalicelib.outages.outage import Outage, What
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.salon import ADA, HOME, SALON, START, ZONE, Salon, at, booking

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.booking import Booking
    from chalicelib.foundation.ports import Text

BEGIN, END = at("1 10:00"), at("3 20:00")
NUMBERS = ("+12025550123", "+12025550124", "+12025550125")
REFUSED_NUMBER = "+12025550199"
STEP_MIN = 5  # how finely the clock runs: finer changes nothing but the time that it takes
QUIET_ENDS_H, QUIET_BEGINS_H = 8, 21
_OLD_TIME = re.compile(r"not (?:\w+ )+?(\d\d:\d\d)")


@dataclass(frozen=True)
class Heard:
    """One text as it went out, and what stood when it did."""

    moment: datetime
    to: str
    text: str
    start: datetime
    status: Status


@dataclass
class Ear:
    """A `Texts` that remembers what was true when it sent; `away` and `REFUSED_NUMBER` fail."""

    history: History
    heard: list[Heard] = field(default_factory=list)
    away: bool = False

    def send(self, text: Text) -> Handover:
        if self.away:
            raise Unavailable("away")
        if text.to == REFUSED_NUMBER:
            raise Refused(text.to)
        if self.history.salon.business and text.to != self.history.salon.business.phone:
            stands = self.history.stands
            self.heard.append(Heard(self.history.salon.now, text.to, text.text, stands.start, stands.status))
        return Handover(f"text-{len(self.heard)}")


class History:
    """One booking lived through by chance; each step is checked."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.salon, self.done = chance, Salon(), list[str]()
        self.ear, self.corrected = Ear(self), 130
        salon = self.salon
        salon.outbox = salon.outbox_with(salon.documents, salon.queues, self.ear, salon.mail, salon.topic)
        salon.clock.set(BEGIN + timedelta(minutes=chance.randrange(0, 36 * 60)))
        self.ada = replace(ADA, phone=chance.choice(NUMBERS), email=None)
        self.numbers: list[str] = []
        self.stands: Booking = booking(START, self.ada, tool_tells_cancel=False)

    def live(self, steps: int) -> None:
        """So many steps, with time between them."""
        self._report(self.stands)
        for _ in range(steps):
            self._pass(self.chance.choice((1, 1, 2, 6, 30, 100)) * STEP_MIN)
            getattr(self, self.chance.choice(STEPS))()
            self.salon.work()
        self.ear.away = False
        self._pass(14 * 60)

    def move(self) -> None:
        start = START + timedelta(minutes=self.chance.choice((-120, -30, 0, 0, 60, 120, 240)))
        self._report(replace(self.stands, start=start, end=start + timedelta(hours=1)))

    def cancel(self) -> None:
        self._report(replace(self.stands, status=Status.CANCELLED))

    def book_again(self) -> None:
        self._report(replace(self.stands, status=Status.BOOKED))

    def correct_number(self) -> None:
        """To one that was never theirs before, or back to one that was."""
        self.corrected += 1
        assert self.ada.phone
        self.numbers.append(self.ada.phone)
        new = f"+1202555{self.corrected:04}"
        self.ada = replace(self.ada, phone=self.chance.choice((new, REFUSED_NUMBER, self.chance.choice(self.numbers))))
        self._report(replace(self.stands, customers=(self.ada,)))

    def repeat(self) -> None:
        follow_booking(self.salon.services, self.stands, self.salon.now)
        self.done.append("repeat")

    def close(self) -> None:
        now = self.salon.now
        back = now + timedelta(hours=self.chance.randrange(1, 12))
        closing = Outage("o1", "salon", What.BUSINESS, now, back, back + timedelta(hours=1))
        self._outages((closing,), f"close until {back:%d %H:%M}")

    def open(self) -> None:
        self._outages((), "open")

    def set_out_from_home(self) -> None:
        for key in list(self.salon.documents.tables["tickets"]):
            set_origin(self.salon.services, key, HOME, self.salon.now)
        self.done.append("origin")

    def delay_buses(self) -> None:
        hour = self.chance.randrange(12, 17)
        self.salon.town.live = True
        self.salon.town.cancelled = {f"{hour}:{minute:02}" for minute in (0, 15, 30, 45) if self.chance.random() < 0.6}
        self._check("buses")

    def lose_carrier(self) -> None:
        self.ear.away = not self.ear.away
        self.done.append(f"away {self.ear.away}")

    def _outages(self, outages: tuple[Outage, ...], name: str) -> None:
        self.salon.business = replace(SALON, outages=outages)
        self._check(name)

    def _check(self, name: str) -> None:
        for key in list(self.salon.documents.tables["tickets"]):
            check_ticket(self.salon.services, key, self.salon.now)
        self.done.append(name)

    def _report(self, after: Booking) -> None:
        if self.salon.now < self.stands.start and self.salon.now < after.start:
            self.stands = replace(after, version=self.stands.version + 1)
            self.salon.book(self.stands)
            start, status = self.stands.start, self.stands.status.value
            self.done.append(f"{self.salon.now.astimezone(ZONE):%d %H:%M} {status} {start:%H:%M} {self.ada.phone}")

    def _pass(self, minutes: int) -> None:
        until = min(self.salon.now + timedelta(minutes=minutes), END)
        while self.salon.now < until:
            self.salon.clock.advance(minutes=STEP_MIN)
            for _ in range(2):  # what is decided goes out in the same minute
                self.salon.queue_tickets_due(self.salon.now)
                self.salon.outbox.sweep(self.salon.now)
                self.salon.work()
            self.verify()

    def verify(self) -> None:
        """What the person last heard does not contradict what stands, outside quiet hours."""
        self._verify_each()
        now, stands = self.salon.now, self.stands
        local = now.astimezone(ZONE)
        is_quiet = not QUIET_ENDS_H <= local.hour < QUIET_BEGINS_H
        if is_quiet or self.ear.away or self.recently_away() or self.ada.phone == REFUSED_NUMBER:
            return
        mine = [one for one in self.ear.heard if one.to == self.ada.phone]
        last = mine[-1] if mine else None
        if last and now < last.start:
            is_off = "is cancelled" in last.text
            off = stands.status is Status.CANCELLED
            assert is_off == off, f"{local:%d %H:%M} last heard {last.text!r}, and it is {stands.status.value}"
            if not off:
                assert f"{stands.start:%H:%M}" in last.text, f"{local:%d %H:%M} last heard {last.text!r}"
        if last is None and stands.status is Status.BOOKED and now < stands.start - timedelta(minutes=STEP_MIN):
            raise AssertionError(f"{local:%d %H:%M} nobody was told of {stands.start}")

    def recently_away(self) -> bool:
        """A notice waits for a carrier that was away: it is tried again within a quarter of an hour."""
        return any(one.attempts and one.state.value == "due" for one in self.salon.notices())

    def _verify_each(self) -> None:
        """Nobody hears of a time that was never told, or never theirs."""
        told: dict[str, set[str]] = {}
        for one in self.ear.heard:
            known = told.setdefault(one.to, set())
            if one.status is Status.BOOKED:
                assert f"{one.start:%H:%M}" in one.text, f"{one.text!r} while {one.start} stood"
            for old in _OLD_TIME.findall(one.text):
                assert old in known, f"{one.text!r} names {old}, which was never told"
            if "is cancelled" in one.text:
                when = re.search(r"(\d\d:\d\d) is cancelled", one.text)
                assert when, one.text
                assert when[1] in known, f"{one.text!r} names a time that was never told"
            known.update(re.findall(r"\d\d:\d\d", one.text))


STEPS = (
    *("move", "move", "move", "cancel", "cancel", "book_again", "book_again", "correct_number", "repeat"),
    *("close", "open", "open", "set_out_from_home", "delay_buses", "lose_carrier"),
)


def history(number: int) -> int:
    """Lives through the history of that number; how many texts went out."""
    chance = random.Random(number)
    lived = History(chance)
    try:
        lived.live(chance.randrange(1, 10))
    except Exception as error:
        raise AssertionError(f"history {number} ends wrong: {error}: {lived.done}") from error
    return len(lived.ear.heard)
