"""What a ticket's page shows at one moment: decided here, as plain values; `templates/ticket.html` only lays it out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.pages.customer.steps import lines_of, steps_of
from chalicelib.tickets.outage_impact import under_outages
from chalicelib.tickets.plan import UNKNOWN_FEED
from chalicelib.tickets.ticket import TicketStatus

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.pages.customer.steps import ItineraryStep
    from chalicelib.tickets.outage_impact import OutageImpact
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Itinerary

OTHERS_MAX = 4  # itineraries beside the first
LIVE_IS_OLD_S = 300  # live data older than this are shown with a warning
CHANCE_SAID_BELOW = 0.9  # below this, how likely it is to be on time is said


class Scene(StrEnum):
    """The kinds of page."""

    ASK = "ask"  # we do not know where from
    NO_PLAN = "no_plan"
    PLAN = "plan"
    GO = "go"
    MOVING = "moving"
    THERE = "there"
    INSIDE = "inside"
    OVER = "over"
    CANCELLED = "cancelled"
    MISSED = "missed"
    NOT_HELD = "not_held"


SCENE_BY_STATUS = {
    TicketStatus.CANCELLED: Scene.CANCELLED,
    TicketStatus.NO_SHOW: Scene.MISSED,
    TicketStatus.NOT_HELD: Scene.NOT_HELD,
    TicketStatus.DONE: Scene.OVER,
    TicketStatus.IN_SERVICE: Scene.INSIDE,
    TicketStatus.ARRIVED: Scene.THERE,
}
ORIGIN_SCENES = frozenset({Scene.ASK, Scene.NO_PLAN, Scene.PLAN, Scene.GO, Scene.MOVING})
CLOSED_SCENES = frozenset({Scene.OVER, Scene.CANCELLED, Scene.MISSED, Scene.NOT_HELD})
"""Scenes that show nothing personal and accept nothing any more."""

# how near the time to leave is, and after how many seconds an open page then asks again
REFRESH_S = ((timedelta(minutes=30), 30), (timedelta(hours=3), 60), (timedelta(hours=24), 300))
SELDOM_S = 1800  # farther ahead


@dataclass(frozen=True, slots=True)
class ItineraryView:
    """One itinerary as shown. `lines` are the names of the rides' lines."""

    itinerary: Itinerary
    steps: tuple[ItineraryStep, ...]
    lines: tuple[str, ...]
    late_min: int  # minutes after the appointment's start, 0: in time

    @property
    def rental_step(self) -> ItineraryStep | None:
        """The step by a shared bike."""
        return next((step for step in self.steps if step.rental), None)


@dataclass(frozen=True, slots=True)
class PageView:
    """Everything that the page's layout asks about the visit."""

    scene: Scene
    impact: OutageImpact | None  # the outage that the customer should know of
    first: ItineraryView | None
    others: tuple[ItineraryView, ...]
    leave_by: datetime | None
    arrive_at: datetime | None
    next_step: ItineraryStep | None  # under way: the ride they are on, or the next one to board
    leave_now: bool  # the time to leave has passed and we do not know that they have set out
    late_min: int
    chance_of_ten: int | None  # said only where being on time is not sure
    note: str  # why there is no plan
    live_age_min: int | None
    live_is_old: bool
    asks_origin: bool  # the form for the starting point is open
    may_set_origin: bool
    may_be_late: bool  # there is still somebody to tell
    calls_first: bool  # a call is the next thing to do: it is offered in the head of the page
    shows_venue: bool
    refresh_s: int  # 0: this page will not change


def scene_of(ticket: Ticket, now: datetime) -> Scene:
    """The kind of page. A visit whose end has passed is over even if nobody has said so yet."""
    if ticket.status in SCENE_BY_STATUS and ticket.status is not TicketStatus.ARRIVED:
        return SCENE_BY_STATUS[ticket.status]
    if now >= ticket.end:
        return Scene.OVER
    if ticket.status is TicketStatus.ARRIVED:
        return Scene.THERE
    comes_alone = ticket.remote or bool(ticket.said.by)
    if ticket.origin is None and ticket.status is not TicketStatus.UNDER_WAY and not comes_alone:
        return Scene.ASK
    if not ticket.itineraries:
        return Scene.NO_PLAN
    moving = {TicketStatus.UNDER_WAY: Scene.MOVING, TicketStatus.TIME_TO_LEAVE: Scene.GO}
    return moving.get(ticket.status, Scene.PLAN)


def view_of(ticket: Ticket, business: Business, now: datetime) -> PageView:
    """What to show. `now` is aware; all of it follows from the ticket, the business's outages and `now`."""
    ticket, impact = under_outages(ticket, business, now)
    scene = scene_of(ticket, now)
    if scene is Scene.ASK and not business.can_plan:  # nobody is asked where they come from for nothing
        scene = Scene.NO_PLAN
    moving, is_plan_shown = scene is Scene.MOVING, scene in {Scene.PLAN, Scene.GO, Scene.MOVING, Scene.THERE}
    itineraries = _itinerary_views(ticket, now if moving else None) if is_plan_shown else ()
    first = itineraries[0] if itineraries else None
    leave_by = ticket.leave_by or (first.itinerary.leave_at if first else None)
    age_s = (now - ticket.observed_at).total_seconds() if ticket.observed_at and is_plan_shown else None
    chance = ticket.on_time_probability if scene in {Scene.PLAN, Scene.GO} else None
    late_min = _late_min(ticket.arrive_at, ticket.start) if is_plan_shown else 0
    return PageView(
        scene=scene,
        impact=impact,
        first=first,
        others=itineraries[1 : 1 + OTHERS_MAX] if scene is not Scene.THERE else (),
        leave_by=leave_by,
        arrive_at=ticket.arrive_at or (first.itinerary.arrive_at if first else None),
        next_step=next((one for one in first.steps if one.is_to_board), None) if first and moving else None,
        leave_now=bool(scene in {Scene.PLAN, Scene.GO} and leave_by and now >= leave_by + timedelta(minutes=1)),
        late_min=late_min,
        chance_of_ten=int(chance * 10) if chance is not None and chance < CHANCE_SAID_BELOW else None,
        note=("remote" if ticket.remote else ticket.plan_note or UNKNOWN_FEED) if scene is Scene.NO_PLAN else "",
        live_age_min=None if age_s is None else max(0, int(age_s // 60)),
        live_is_old=age_s is not None and age_s > LIVE_IS_OLD_S,
        asks_origin=scene is Scene.ASK,
        may_set_origin=business.can_plan and scene in ORIGIN_SCENES and not ticket.remote,
        may_be_late=scene not in CLOSED_SCENES,
        calls_first=_is_call_next(scene, ticket, late_min),
        shows_venue=scene not in CLOSED_SCENES,
        refresh_s=refresh_s(ticket, scene, now),
    )


def refresh_s(ticket: Ticket, scene: Scene, now: datetime) -> int:
    """After how many seconds an open page asks again: seldom while the day is far away, never once all is over."""
    if scene in CLOSED_SCENES:
        return 0
    ahead = (ticket.leave_by or ticket.start) - now
    return next((every_s for within, every_s in REFRESH_S if ahead <= within), SELDOM_S)


def venue_zone_of(ticket: Ticket) -> ZoneInfo:
    """The venue's zone, in which every time on the page is written."""
    return ZoneInfo(ticket.timezone)


def _is_call_next(scene: Scene, ticket: Ticket, late_min: int) -> bool:
    """Nothing that they can still do brings them there in time."""
    if scene is Scene.NO_PLAN:
        return ticket.plan_note == "no_way"
    return late_min > 0 and scene is not Scene.THERE


def _itinerary_views(ticket: Ticket, now: datetime | None) -> tuple[ItineraryView, ...]:
    """`now`: of somebody who is under way."""
    return tuple(
        ItineraryView(one, steps_of(one, now=now), lines_of(one), _late_min(one.arrive_at, ticket.start))
        for one in ticket.itineraries
    )


def _late_min(arrive_at: datetime | None, start: datetime) -> int:
    return max(0, math.ceil((arrive_at - start).total_seconds() / 60)) if arrive_at else 0
