"""What an operator reports about an outage: it begins, its range changes, it is over. Pure but for an import."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.invalid import Invalid, check_identifier
from chalicelib.outages.outage import Outage, What

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.outages.form import OutageForm

LONGEST_OUTAGE = timedelta(days=31)  # longer, a business is closed: its bookings are to be cancelled
SINCE_AHEAD_MAX = timedelta(days=60)  # as far as bookings are known
SINCE_BACK_MAX = timedelta(days=31)  # longer ago is a slip of the pen
NARROWEST_RANGE = timedelta(minutes=5)  # narrower would be a point, which nobody knows

FOUND_BY_HUB = "The hub found this outage itself; it ends when the tool answers again."


def parse_outage_form(outage_id: str, body: Any) -> OutageForm:
    """The body as an `OutageForm`. Raises `Invalid`."""
    from chalicelib.foundation.forms import validate  # noqa: PLC0415 - only reporting pays for pydantic
    from chalicelib.outages.form import OutageForm  # noqa: PLC0415 - the same

    check_identifier("outage", outage_id)
    return validate(OutageForm, body, "invalid_outage")


def outage_from_form(
    stored: Outage | None, business_id: str, outage_id: str, form: OutageForm, now: datetime
) -> Outage:
    """The outage as its operator reports it, `stored` being what was known. Raises `Invalid`."""
    if stored is not None and stored.detected:
        raise Invalid("detected_outage", FOUND_BY_HUB)
    if form.back_from is None or form.back_until is None:
        raise Invalid("invalid_outage", "back_from and back_until are needed: between when and when it will be over.")
    goes_on = stored is not None and stored.is_open(now)
    since = form.since or (stored.since if stored and goes_on else now)
    _check_range(since, form.back_from, form.back_until, now)
    return Outage(
        outage_id,
        business_id,
        What(form.what),
        since,
        form.back_from,
        form.back_until,
        reason=form.reason or (stored.reason if stored and goes_on else "other"),
        connection_id=form.connection_id,
        opened_at=stored.opened_at if stored and goes_on else now,
        spell=stored.spell + (not goes_on) if stored else 1,
    )


def end_outage(stored: Outage, now: datetime) -> Outage | None:
    """The outage, over now; None: it is over already. Raises `Invalid` for one that the hub found itself."""
    if not stored.is_open(now):
        return None
    if stored.detected:
        raise Invalid("detected_outage", FOUND_BY_HUB)
    return replace(stored, ended_at=now)


def _check_range(since: datetime, back_from: datetime, back_until: datetime, now: datetime) -> None:
    least_min, is_narrow = NARROWEST_RANGE.seconds // 60, back_until - back_from < NARROWEST_RANGE
    days, too_long = LONGEST_OUTAGE.days, back_until - max(since, now) > LONGEST_OUTAGE
    wrong = {
        "back_until is in the past: an outage that is over need not be reported; DELETE ends one.": back_until <= now,
        "back_until is before back_from: write them the other way round.": back_until < back_from,
        f"back_from to back_until must be a range of {least_min} minutes or more: nobody knows a point.": is_narrow,
        "since is after back_from: it cannot be over before it begins.": since > back_from,
        f"since is more than {SINCE_AHEAD_MAX.days} days ahead: report it later.": since - now > SINCE_AHEAD_MAX,
        f"since is more than {SINCE_BACK_MAX.days} days ago: check the date.": now - since > SINCE_BACK_MAX,
        f"It would last more than {days} days: cancel those bookings in the booking tool instead.": too_long,
    }
    for sentence, is_so in wrong.items():
        if is_so:
            raise Invalid("invalid_outage", sentence)
