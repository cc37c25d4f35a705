"""Why a notice was sent, as JSON."""

from __future__ import annotations

from pydantic import BaseModel

from chalicelib.entrypoints.json_shapes import Instant, Notice, may_be_absent


class PlanFacts(BaseModel):
    """A plan when a notice was decided. Times and itinerary are erased after the visit."""

    leave_by: Instant = may_be_absent()
    arrive_at: Instant = may_be_absent()
    itinerary: str = may_be_absent("in one line, times in the venue's zone")
    on_time_probability: float = may_be_absent()
    late_probability: float = may_be_absent("of being more than five minutes late")


class OutageFacts(BaseModel):
    """The outage of which a notice tells, as it was known then."""

    outage_id: str
    effect: str = may_be_absent("what it meant for the visit")
    since: Instant
    back_from: Instant
    back_until: Instant


class NoticeFacts(BaseModel):
    """What a notice rested on when it was decided; {} of notices made before this was kept."""

    rule: str = may_be_absent()
    variant: str = may_be_absent()
    because: str = may_be_absent()
    timezone: str = may_be_absent("the venue's")
    status: str = may_be_absent("of the ticket")
    start: Instant = may_be_absent("of the appointment")
    booking_version: int = may_be_absent()
    forecast: PlanFacts = may_be_absent()
    no_plan_because: str = may_be_absent()
    timetable: str = may_be_absent("version of the timetable")
    observed_at: Instant = may_be_absent("of the youngest live data used")
    promised: PlanFacts = may_be_absent("what had been told before")
    promised_start: Instant = may_be_absent()
    promised_at: Instant = may_be_absent()
    outage: OutageFacts = may_be_absent()
    is_erased: bool = may_be_absent("what said where somebody was is gone")
    correlation_id: str = may_be_absent("what set it off: a webhook's event id, or conditions:…, outage:…, clock:…")


class NoticeReasons(BaseModel):
    """Why a notice was sent, or was not."""

    notice: Notice
    why: str
    facts: NoticeFacts
