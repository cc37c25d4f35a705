"""What was sent, as the contract's line, and as the advice that a customer follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.tickets.promised import rides_of
from chalicelib.tickets.replanning.courses import Journeys
from chalicelib.tickets.replanning.prepared import PreparedDay
from chalicelib.tickets.ticket import TicketStatus
from feeds.replay.scoring.follow import Advice

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.itinerary import Itinerary
    from feeds.replay.play import ReplayDay, SentNotice

ADVICE_KINDS = frozenset({"leave_by", "replan", "late", "on_time_again", "reminder", "arrived", "outage"})


class Messages:
    """One day's messages. Remembers each customer's last way: a message that leaves it as it is has no legs."""

    def __init__(self, day: ReplayDay) -> None:
        self._zone, self._origin = ZoneInfo(day.business.timezone), day.origin
        self._journeys = Journeys(PreparedDay(day.timetable, day.business.change_s))
        self._told: dict[int, Itinerary] = {}
        self.advices: dict[int, list[Advice]] = {}

    def line(self, sent: SentNotice) -> dict[str, Any] | None:
        """One line of advice.jsonl; None for what is not for the customer."""
        ticket, notice = sent.ticket, sent.notice
        if notice.audience != "customer" or notice.kind not in ADVICE_KINDS:
            return None
        on_the_way = ticket.status is TicketStatus.UNDER_WAY
        way = self._new_itinerary(sent, on_the_way=on_the_way)
        if way is not None:
            self._advise(sent, way, on_the_way=on_the_way)
        leave_by = None if on_the_way or ticket.leave_by is None else ticket.leave_by
        probability = ticket.on_time_probability
        return {
            "at": self._text(sent.at),
            "ticket_id": sent.guest.order.ticket_id,
            "kind": notice.kind,
            "leave_by": leave_by and self._text(leave_by),
            "arrive_at": self._text(ticket.arrive_at or ticket.start),
            "probability": None if probability is None else round(probability, 3),
            "legs": [leg.to_json() for leg in way.legs] if way else [],
            "text": notice.text,
        }

    def _new_itinerary(self, sent: SentNotice, *, on_the_way: bool) -> Itinerary | None:
        """The way that a message tells, if it is not the one that the customer follows already."""
        way, known = sent.ticket.promise.itinerary, self._told.get(sent.guest.number)
        if way is None:
            return None
        same = known is not None and rides_of(known) == rides_of(way)
        if same and known is not None and (on_the_way or known.leave_at == way.leave_at):
            return None
        self._told[sent.guest.number] = way
        return way

    def _advise(self, sent: SentNotice, way: Itinerary, *, on_the_way: bool) -> None:
        journey = self._journeys.of(way)
        if journey is None:
            return
        if on_the_way and _is_aboard(sent, way):
            journey = replace(journey, aboard=True)
        leave_s = None if on_the_way else int(way.leave_at.timestamp()) - self._origin
        at_s = int(sent.at.timestamp()) - self._origin
        self.advices.setdefault(sent.guest.number, []).append(Advice(at_s, leave_s, journey))

    def _text(self, instant: datetime) -> str:
        return instant.astimezone(self._zone).isoformat()


def _is_aboard(sent: SentNotice, way: Itinerary) -> bool:
    """Whether she sits in the first ride of a way told on the way; else she stands where it begins, and waits."""
    first, underway = way.legs[0], sent.ticket.underway
    if first.ride is None:
        return False
    return first.departs <= sent.at if underway is None else underway.aboard is not None
