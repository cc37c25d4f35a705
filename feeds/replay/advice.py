"""What was sent, as a line of advice.jsonl and as the advice that a customer follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.tickets.promised_itinerary import rides_of
from chalicelib.tickets.replanning.journeys import Journeys
from chalicelib.tickets.replanning.prepared_days import PreparedDay
from chalicelib.tickets.ticket import TicketStatus
from feeds.replay.scoring.follow import Advice

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.itinerary import Itinerary
    from feeds.replay.play import ReplayDay, SentNotice

ADVICE_KINDS = frozenset({"leave_by", "replan", "late", "on_time_again", "reminder", "arrived", "outage"})


class Messages:
    """One day's messages. Remembers promised itineraries: a message that does not change one has no legs."""

    def __init__(self, day: ReplayDay) -> None:
        self._zone, self._origin = ZoneInfo(day.business.timezone), day.origin
        self._journeys = Journeys(PreparedDay(day.timetable, day.business.change_s))
        self._promised: dict[int, Itinerary] = {}
        self.advices: dict[int, list[Advice]] = {}

    def line(self, sent: SentNotice) -> dict[str, Any] | None:
        """One line of advice.jsonl; None for what is not for the customer."""
        ticket, notice = sent.ticket, sent.notice
        if notice.audience != "customer" or notice.kind not in ADVICE_KINDS:
            return None
        on_the_way = ticket.status is TicketStatus.UNDER_WAY
        itinerary = self._new_itinerary(sent, on_the_way=on_the_way)
        if itinerary is not None:
            self._advise(sent, itinerary, on_the_way=on_the_way)
        leave_by = None if on_the_way or ticket.leave_by is None else ticket.leave_by
        probability = ticket.on_time_probability
        return {
            "at": self._text(sent.at),
            "ticket_id": sent.guest.appointment.ticket_id,
            "kind": notice.kind,
            "leave_by": leave_by and self._text(leave_by),
            "arrive_at": self._text(ticket.arrive_at or ticket.start),
            "probability": None if probability is None else round(probability, 3),
            "legs": [leg.to_json() for leg in itinerary.legs] if itinerary else [],
            "text": notice.text,
        }

    def _new_itinerary(self, sent: SentNotice, *, on_the_way: bool) -> Itinerary | None:
        """The itinerary of a message, None if it is the one that the customer follows already."""
        itinerary, known = sent.ticket.promise.itinerary, self._promised.get(sent.guest.number)
        if itinerary is None:
            return None
        same = known is not None and rides_of(known) == rides_of(itinerary)
        if same and known is not None and (on_the_way or known.leave_at == itinerary.leave_at):
            return None
        self._promised[sent.guest.number] = itinerary
        return itinerary

    def _advise(self, sent: SentNotice, itinerary: Itinerary, *, on_the_way: bool) -> None:
        journey = self._journeys.of(itinerary)
        if journey is None:
            return
        if on_the_way and _is_aboard(sent, itinerary):
            journey = replace(journey, aboard=True)
        leave_s = None if on_the_way else int(itinerary.leave_at.timestamp()) - self._origin
        at_s = int(sent.at.timestamp()) - self._origin
        self.advices.setdefault(sent.guest.number, []).append(Advice(at_s, leave_s, journey))

    def _text(self, instant: datetime) -> str:
        return instant.astimezone(self._zone).isoformat()


def _is_aboard(sent: SentNotice, itinerary: Itinerary) -> bool:
    """Whether the customer sits in the itinerary's first ride; else they wait where it begins."""
    first, underway = itinerary.legs[0], sent.ticket.underway
    if first.ride is None:
        return False
    return first.departs <= sent.at if underway is None else underway.aboard is not None
