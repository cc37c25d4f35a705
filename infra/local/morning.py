"""The script of the demo: what the booking tool, the customers and the clock do from one afternoon to the next noon.

Everything goes through the hub's own doors over HTTP; what customers do, they do with the link in their text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from infra.local.booking_tool import Appointment, send, signed, webhook

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from zoneinfo import ZoneInfo

    import httpx

    from infra.local.cast import Cast, Customer
    from infra.local.operator_feed import OperatorFeed
    from infra.local.teller import Teller

LINK = re.compile(r"https?://[^\s/]+(?:/[^\s/]+)*?/t/(?P<token>[A-Za-z0-9_-]+)")
ANSWERS_AFTER = timedelta(minutes=4)  # so long after the first text a customer says where she comes from
TROUBLE_AFTER = timedelta(minutes=2)  # so long after a text the ride that it named is cancelled, or late
LATE = timedelta(minutes=45)
STUCK_AFTER = timedelta(minutes=2)  # so long after somebody has boarded it her vehicle breaks down
SECRET = "the demo's own secret"  # noqa: S105 - it protects nothing
STARTS = ("10:00", "08:45", "09:35", "11:00", "10:30", "09:15", "11:15", "10:15")  # in the order of the cast


class StepClock:
    """A clock that stands still until the play moves it."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        """Where it was put."""
        return self.at


@dataclass
class Morning:
    """One play.

    `step` does all that is due at the clock's time; `heard` gives what was published since;
    `report` is the operator's door for the salon's outage of the day;
    `next_due` is when the hub next has something to do by itself, so that nobody watches an empty clock.
    """

    client: httpx.Client
    webhook_url: str
    zone: ZoneInfo
    day: date
    cast: Cast
    clock: StepClock
    step: Callable[[], None]
    heard: Callable[[], list[dict[str, Any]]]
    next_due: Callable[[], datetime | None]
    teller: Teller
    operator: OperatorFeed
    report: Callable[[dict[str, Any]], None]
    script: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    booked: dict[str, Appointment] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # ticket_id → customer
    statuses: list[int] = field(default_factory=list)

    def at(self, clock: str, *, eve: bool = False) -> datetime:
        """A time of the day, or of the day before."""
        day = self.day - timedelta(days=1) if eve else self.day
        return datetime.combine(day, time.fromisoformat(clock), self.zone)

    def write(self) -> None:
        """Fills the script."""
        eve = ("09:05", "09:12", "09:20", "09:40", "10:05", "10:20", None, "19:00")
        for customer, start, booking in zip(self.cast.customers, STARTS, eve, strict=True):
            when = self.at(booking, eve=True) if booking else self.at("08:10")
            self.script.append((when, lambda c=customer, s=start: self.books(c, self.at(s))))  # type: ignore[misc]  # defaults bind the loop's values
        _, bruno, _, deniz, elif_, *_ = self.cast.customers
        self.script += [
            (self.at("09:13", eve=True), lambda: self.repeats(bruno)),
            (self.at("09:14", eve=True), lambda: self.forges(bruno)),
            (self.at("09:16", eve=True), self.garbles),
            (self.at("18:10", eve=True), lambda: self.moves(elif_, self.at("11:30"))),
            (self.at("08:05"), lambda: self.cancels(deniz)),
            (self.at("09:50"), lambda: self.closes("10:20", "10:40")),
            (self.at("10:25"), self.opens),
        ]

    def play(self, until: datetime) -> None:
        """Moves the clock from one full minute in which something happens to the next, and carries out the script."""
        while self.clock.at < until:
            for entry in sorted([one for one in self.script if one[0] <= self.clock.at], key=lambda one: one[0]):
                self.script.remove(entry)
                entry[1]()
            self.step()
            for notice in self.heard():
                self.hears(notice)
            self.clock.at = self._next_minute(until)

    def _next_minute(self, until: datetime) -> datetime:
        minute = timedelta(minutes=1)
        soon = self.clock.at + minute
        due = [when for when, _ in self.script] + [when for when in (self.next_due(),) if when]
        following = min((when for when in due if when > self.clock.at), default=until)
        whole = following - timedelta(seconds=following.second, microseconds=following.microsecond)
        return max(soon, whole if whole == following else whole + minute)

    def _send(self, event: dict[str, Any], what: str) -> None:
        answer = send(self.client, self.webhook_url, SECRET, event)
        self.statuses.append(answer.status_code)
        said = answer.json()
        outcome = "duplicate, nothing to do" if said.get("duplicate") else "stored"
        self.teller.line(self.clock.at, f"webhook: {what} -> {answer.status_code} {outcome}")

    def books(self, customer: Customer, start: datetime) -> None:
        """A customer books."""
        booked = Appointment(
            customer.name,
            start,
            customer.phone,
            timezone=self.zone.key,
            uid=re.sub(r"\W", "", f"{customer.name}{start:%H%M}"),
        )
        self.booked[customer.name] = booked
        self._send(webhook("BOOKING_CREATED", booked, self.clock.at), f"{customer.name} books {start:%a %H:%M}")

    def repeats(self, customer: Customer) -> None:
        """The tool sends a webhook a second time."""
        booked = self.booked[customer.name]
        self._send(
            webhook("BOOKING_CREATED", booked, self.at("09:12", eve=True)), f"the same booking of {customer.name} again"
        )

    def forges(self, customer: Customer) -> None:
        """Somebody without the secret pretends to be the tool."""
        body = json.dumps(webhook("BOOKING_CANCELLED", self.booked[customer.name], self.clock.at)).encode()
        answer = self.client.post(self.webhook_url, content=body, headers=signed(body, "a guess"))
        self.statuses.append(answer.status_code)
        self.teller.line(
            self.clock.at, f"webhook: a forged cancellation -> {answer.status_code} {answer.json()['error']['code']}"
        )

    def garbles(self) -> None:
        """The tool sends something that is no booking; it is signed all the same."""
        event = webhook("BOOKING_CREATED", next(iter(self.booked.values())), self.clock.at)
        del event["payload"]["startTime"]
        event["payload"]["uid"] = "without-a-time"
        self._send(event, "a booking without a start time")

    def moves(self, customer: Customer, start: datetime) -> None:
        """A customer moves her booking; the tool gives it a new uid."""
        old = self.booked[customer.name]
        moved = Appointment(customer.name, start, customer.phone, timezone=old.timezone, uid=f"{old.uid}moved")
        self.booked[customer.name] = moved
        event = webhook("BOOKING_RESCHEDULED", moved, self.clock.at, moved=old)
        self._send(event, f"{customer.name} moves to {start:%a %H:%M}")

    def cancels(self, customer: Customer) -> None:
        """A customer cancels."""
        booked = self.booked.pop(customer.name)
        self._send(webhook("BOOKING_CANCELLED", booked, self.clock.at), f"{customer.name} cancels")

    def hears(self, notice: dict[str, Any]) -> None:
        """A notice arrives: it is told, and after the first one its customer opens the link."""
        by_phone = {customer.phone: customer for customer in self.cast.customers}
        customer = by_phone.get(notice["to"])
        self.teller.notice(self.clock.at, notice, customer.name if customer else "the salon")
        link = LINK.search(notice["text"])
        if customer and link and notice["kind"] == "leave_by":
            self.troubles(customer, link["token"])
        if customer and link and notice["ticket_id"] not in self.names:
            self.names[notice["ticket_id"]] = customer.name
            if customer.home:
                when = self.clock.at + ANSWERS_AFTER
                self.script.append((when, lambda: self.answers(customer, link["token"])))

    def answers(self, customer: Customer, token: str) -> None:
        """A customer opens her link and says where she will come from."""
        assert customer.home is not None
        spot = {"lat": customer.home.lat, "lon": customer.home.lon}
        answer = self.client.post(f"/t/{token}/origin", json=spot)
        ticket = answer.json()
        leave_by = datetime.fromisoformat(ticket["leave_by"]) if ticket.get("leave_by") else None
        plan = f"leave by {leave_by.astimezone(self.zone):%a %H:%M}" if leave_by else "no plan yet"
        self.teller.line(
            self.clock.at, f"link: {customer.name} will come from {customer.home.name} -> {answer.status_code} {plan}"
        )

    def troubles(self, customer: Customer, token: str) -> None:
        """Three of those who have just been told when to leave have bad luck with their first ride."""
        _, _, clara, _, elif_, _, greta, _ = self.cast.customers
        if customer not in {clara, elif_, greta}:
            return
        legs = self.client.get(f"/t/{token}.json").json()["options"][0]["legs"]
        ride = next((leg for leg in legs if "trip_id" in leg), None)
        if ride and customer is elif_:
            boards = datetime.fromisoformat(ride["departs"])
            self.script.append((boards + STUCK_AFTER, lambda: self.is_stuck(customer, ride)))
        elif ride:
            happens = self.is_cancelled if customer is greta else self.is_late
            self.script.append((self.clock.at + TROUBLE_AFTER, lambda: happens(customer, ride)))

    def is_cancelled(self, customer: Customer, ride: dict[str, Any]) -> None:
        """The operator takes a ride out of service."""
        self.operator.cancelled.add(ride["trip_id"])
        self._tell_ride("is cancelled", customer, ride)

    def is_late(self, customer: Customer, ride: dict[str, Any]) -> None:
        """The operator says that a ride runs late."""
        self.operator.late[ride["trip_id"]] = (ride["from"]["stop_sequence"], int(LATE.total_seconds()))
        self._tell_ride(f"runs {int(LATE.total_seconds() / 60)} min late", customer, ride)

    def is_stuck(self, customer: Customer, ride: dict[str, Any]) -> None:
        """The vehicle that she sits in breaks down: nobody can bring her there in time any more."""
        self.operator.late[ride["trip_id"]] = (ride["from"]["stop_sequence"] + 1, int(LATE.total_seconds()))
        self._tell_ride(f"stands still, {int(LATE.total_seconds() / 60)} min late from here", customer, ride, "is on")

    def closes(self, back_from: str, back_until: str) -> None:
        """The salon has to close for a while, and says so."""
        self.report({"back_from": self.at(back_from).isoformat(), "back_until": self.at(back_until).isoformat()})
        self.teller.line(self.clock.at, f"the salon: no power, back between {back_from} and {back_until}")

    def opens(self) -> None:
        """The salon is back."""
        self.report({"ended": True})
        self.teller.line(self.clock.at, "the salon: open again")

    def _tell_ride(self, what: str, customer: Customer, ride: dict[str, Any], has: str = "is to take") -> None:
        departs = datetime.fromisoformat(ride["departs"]).astimezone(self.zone)
        which = f"{ride['mode']} {ride['route_name']} {departs:%H:%M} at {ride['from']['name']}"
        self.teller.line(self.clock.at, f"live feed: {which}, which {customer.name} {has}, {what}")
