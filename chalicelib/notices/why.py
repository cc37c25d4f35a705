"""Why a notice was sent, as one plain paragraph for the operator, from what is stored with it. Pure.

It says nothing about the person beyond what the notice says itself; times are in the venue's zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation import causes
from chalicelib.notices.notice import NoticeState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.notices.facts import Facts, PlanFacts
    from chalicelib.notices.notice import Notice


def why(notice: Notice, others: Sequence[Notice] = ()) -> str:
    """The paragraph. `others` are the ticket's notices, among which stands how the promise before was told."""
    zone = ZoneInfo(notice.facts.timezone) if notice.facts else ZoneInfo("UTC")
    say = _Times(notice.created_at.astimezone(zone))
    if notice.facts is None:
        first = f"The rule {notice.kind} spoke at {say.at(notice.created_at)} UTC; what it rested on was not kept then."
        return " ".join([first, *_fate(notice, say)])
    return " ".join(
        [
            *_rule(notice, notice.facts, say),
            *_promise(notice, notice.facts, others, say),
            *_forecast(notice.facts, say),
            *_ground(notice.facts, say),
            *_cause(notice, say),
            *_fate(notice, say),
        ]
    )


class _Times:
    """How times are said: on the day of the notice by the clock alone, else with the date."""

    def __init__(self, local: datetime) -> None:
        self.local = local

    def at(self, instant: datetime, form: str = "%H:%M") -> str:
        there = instant.astimezone(self.local.tzinfo)
        return f"{there:{form}}" if there.date() == self.local.date() else f"{there:%Y-%m-%d {form}}"


def _rule(notice: Notice, facts: Facts, say: _Times) -> Iterator[str]:
    yield f"The rule {facts.rule} ({facts.variant}) spoke at {say.at(notice.created_at)} because {facts.because}."
    if facts.start:
        yield (
            f"The appointment starts at {say.at(facts.start)} (version {facts.booking_version} of the booking);"
            f" the ticket's status was {facts.status}."
        )
    if outage := facts.outage:
        back = f"between {say.at(outage.back_from)} and {say.at(outage.back_until)}"
        yield f"The outage {outage.outage_id} lasts since {say.at(outage.since)} and was expected to end {back}."
        if outage.effect:
            yield f"For this visit it meant: {outage.effect.replace('_', ' ')}."


def _promise(notice: Notice, facts: Facts, others: Sequence[Notice], say: _Times) -> Iterator[str]:
    if facts.promised_at is None:
        if facts.start:
            yield "Nothing had been promised before."
        return
    told = max(
        (one for one in others if one.audience == "customer" and one.sent_at and one.sent_at <= notice.created_at),
        key=lambda one: one.decision if one.decision < notice.decision else -1,
        default=None,
    )
    how = f"decided at {say.at(facts.promised_at)}, not sent by then"
    if told and told.sent_at and told.decision < notice.decision:
        how = f"told at {say.at(told.sent_at)} by {told.channel}"
    what = [f"the appointment at {say.at(facts.promised_start)}"] if facts.promised_start else []
    what += _plan(facts.promised, say) if facts.promised else []
    yield f"The promise before was: {', '.join(what) or 'no time'} ({how})."


def _forecast(facts: Facts, say: _Times) -> Iterator[str]:
    if facts.forecast and (plan := _plan(facts.forecast, say)):
        yield f"The forecast was: {', '.join(plan)}."
    elif facts.no_plan_because:
        yield f"There was no plan: {facts.no_plan_because.replace('_', ' ')}."
    if facts.is_erased:
        yield "What says where somebody was has been erased since."


def _plan(plan: PlanFacts, say: _Times) -> list[str]:
    """A plan's parts, as far as they are known."""
    return [
        *([f"leave by {say.at(plan.leave_by)}"] if plan.leave_by else []),
        *([f"arrive at {say.at(plan.arrive_at)}"] if plan.arrive_at else []),
        *([f"on time with {plan.on_time_probability:.0%}"] if plan.on_time_probability is not None else []),
        *([f"over five minutes late with {plan.late_probability:.0%}"] if plan.late_probability is not None else []),
        *([f"with the itinerary {plan.itinerary}"] if plan.itinerary else []),
    ]


def _ground(facts: Facts, say: _Times) -> Iterator[str]:
    on = [f"timetable {facts.timetable}"] if facts.timetable else []
    if facts.observed_at:
        age_s = round((say.local - facts.observed_at).total_seconds())
        on.append(f"conditions published {say.at(facts.observed_at, '%H:%M:%S')} ({age_s} s old)")
    if on:
        yield f"It rested on {' and '.join(on)}."


def _cause(notice: Notice, say: _Times) -> Iterator[str]:
    if not notice.correlation_id:
        return
    kind, detail = causes.kind_of(notice.correlation_id), causes.detail_of(notice.correlation_id)
    yield f"It was caused by {_named(kind, detail, say)}, correlation id {notice.correlation_id}."


def _named(kind: str, detail: str, say: _Times) -> str:
    if kind == causes.CONDITIONS:
        feed_id, _, published = detail.rpartition(":")
        at = say.at(datetime.fromtimestamp(int(published), UTC), "%H:%M:%S")
        return f"the live data of feed {feed_id} published at {at}"
    return {
        "event": f"booking event {detail}",
        causes.TIMETABLE: f"a new timetable ({detail})",
        causes.OUTAGE: f"a change of outage {detail.rpartition(':')[2]}",
        causes.CLOCK: "the clock",
        causes.PAGE: "the customer, on the ticket's page",
    }.get(kind, kind)


def _fate(notice: Notice, say: _Times) -> Iterator[str]:
    reason = f" ({notice.reason.replace('_', ' ')})" if notice.reason else ""
    if notice.state is NoticeState.SENT and notice.sent_at:
        id_ = f"; the channel accepted it as {notice.message_id}" if notice.message_id else ""
        yield f"It was sent by {notice.channel} at {say.at(notice.sent_at)}{id_}."
        return
    yield {
        NoticeState.DUE: f"It is to be sent by {notice.channel} at {say.at(notice.send_at)}{reason}.",
        NoticeState.HELD: f"It is held until {say.at(notice.send_at)}{reason}.",
        NoticeState.SENDING: f"It is being sent by {notice.channel}.",
        NoticeState.SUPPRESSED: f"It was not sent{reason}.",
        NoticeState.EXPIRED: f"It was not sent: it was good until {say.at(notice.expires_at)}{reason}.",
        NoticeState.FAILED: f"The channel {notice.channel} reported that it cannot be sent{reason}.",
        NoticeState.DOUBTFUL: f"Nobody knows whether {notice.channel} sent it{reason}.",
        NoticeState.SENT: f"It was sent by {notice.channel}.",
    }[notice.state]
