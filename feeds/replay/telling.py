"""What was decided, as the message that is sent: the contract's line, with the hub's own wording."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Customer
from chalicelib.bookings.business import Business
from chalicelib.notices.policy.situation import Say
from chalicelib.notices.wording import worded
from chalicelib.tickets.ticket import Promise, Ticket, TicketStatus
from chalicelib.transit.legs import Teller
from chalicelib.transit.values import Place, Request
from chalicelib.transit.ways import Way
from feeds.replay.play import instant

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.network import Network
    from chalicelib.transit.reliability_watch import Word
    from chalicelib.transit.values import Option
    from feeds.replay.orders import Order
    from feeds.replay.play import Day, Said

PUBLIC_URL = "https://hub.example.com"
APPOINTMENT_MIN = 30


class Messages:
    """One day's words as lines. Remembers each ticket's last way: a message may leave it as it is."""

    def __init__(self, day: Day, name: str = "Your appointment") -> None:
        self._day = day
        self._business = Business("replay", name, day.timetable.meta["timezone"], 0.0, 0.0, "replay")
        self._ways: dict[str, tuple[datetime, datetime, Option]] = {}
        self._first: set[str] = set()

    def line(self, said: Said, network: Network) -> dict[str, Any]:
        """One line of advice.jsonl; `network` is as expected then."""
        word, order = said.word, said.order
        arrive_at = instant(self._day, word.arrive_s)
        legs: list[dict[str, Any]] = []
        leave_at = instant(self._day, word.leave_s if word.leave_s is not None else said.at_s)
        if word.course is not None:
            option = _option(said, self._day, network)
            self._ways[order.ticket_id] = (leave_at, arrive_at, option)
            legs = [leg.to_json() for leg in option.legs]
        return {
            "at": instant(self._day, said.at_s).isoformat(),
            "ticket_id": order.ticket_id,
            "kind": word.kind,
            "leave_by": leave_at.isoformat() if word.leave_s is not None else None,
            "arrive_at": arrive_at.isoformat(),
            "probability": round(word.probability, 3),
            "legs": legs,
            "text": self._text(said, arrive_at),
        }

    def _text(self, said: Said, arrive_at: datetime) -> str:
        order, now = said.order, instant(self._day, said.at_s)
        leave_at, _, option = self._ways[order.ticket_id]
        ticket = _ticket(order, option, leave_at, arrive_at, self._business.timezone)
        under_way = said.word.leave_s is None
        say = Say(said.word.kind, _variant(said.word, under_way=under_way), now, now + timedelta(hours=1), was=leave_at)
        first = order.ticket_id not in self._first
        self._first.add(order.ticket_id)
        return worded(say, ticket, self._business, now, public_url=PUBLIC_URL, first=first).text


def _variant(word: Word, *, under_way: bool) -> str:
    if word.kind in {"late", "replan"} and under_way:
        return "on_the_way"
    return "plain"


def _option(said: Said, day: Day, network: Network) -> Option:
    word, order = said.word, said.order
    course = word.course
    assert course is not None
    timetable = day.timetable
    request = Request(order.origin, order.destination, arrive_by=order.arrive_by)
    leave_s = word.leave_s if word.leave_s is not None else said.at_s
    if word.leave_s is None:
        call = course.rides[0][0] if course.aboard else word.at_call
        request = replace(request, origin=_stop(day, int(timetable.st_stop[call])))
        if course.aboard:
            leave_s = int(network.running.departs[course.rides[0][0]])
    arrive_s = _arrival(network, course.walks_s, course.rides, leave_s)
    return Teller(network).option(Way(leave_s, arrive_s, course.rides), request)


def _arrival(network: Network, walks_s: tuple[int, ...], rides: tuple[tuple[int, int], ...], leave_s: int) -> int:
    """As the legs add up: the last ride's expected arrival and the walk to the door."""
    start = int(network.running.arrives[rides[-1][1]]) if rides else leave_s
    return start + walks_s[-1]


def _stop(day: Day, stop: int) -> Place:
    timetable = day.timetable
    lat, lon = float(timetable.stop_lat[stop]), float(timetable.stop_lon[stop])
    return Place(timetable.text("stop_name", stop), lat, lon, timetable.text("stop_id", stop))


def _ticket(order: Order, option: Option, leave_at: datetime, arrive_at: datetime, zone: str) -> Ticket:
    start = order.arrive_by
    return Ticket(
        ticket_id="t",
        secret="s",  # noqa: S106 - nobody's link
        booking_id="b",
        booking_version=1,
        business_id="replay",
        feed="replay",
        status=TicketStatus.PLANNED,
        start=start,
        end=start + timedelta(minutes=APPOINTMENT_MIN),
        timezone=zone,
        venue=order.destination,
        customer=Customer("c", "Customer"),
        origin=order.origin,
        options=(option,),
        leave_by=leave_at,
        arrive_at=arrive_at,
        promise=Promise(start=start),
    )
