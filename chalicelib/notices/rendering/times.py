"""How instants are said: by the clock, in the venue's zone and the receiver's language; never "in 10 minutes"."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.rendering import gsm7
from chalicelib.notices.rendering.phrases import word, words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

TIMES_NAMED = 3  # times in one text where there are more than one beside them: who has more looks them up
NEAR_DAYS = 6  # further ahead a weekday alone could be taken for that of this week


def when(instant: datetime, now: datetime, zone: ZoneInfo, locale: str) -> str:
    """An instant with its day: "Thu 14:30"; further away, or past, "Thu 12 Mar 14:30"."""
    local = instant.astimezone(zone)
    distance = local.date() - now.astimezone(zone).date()
    is_near = timedelta(0) <= distance <= timedelta(days=NEAR_DAYS)
    parts = {
        "weekday": words(locale, "weekdays")[local.weekday()],
        "day": str(local.day),
        "month": words(locale, "months")[local.month - 1],
        "time": f"{local:%H:%M}",
    }
    return gsm7.plain(word(locale, "near" if is_near else "far").format_map(parts))


def in_a_row(instants: Sequence[datetime], now: datetime, zone: ZoneInfo, locale: str) -> str:
    """Several instants in order, each day named once: "Thu 10:00, 10:20 and Fri 9:30"; beyond a few, how many more."""
    named, last = list[str](), None
    count = len(instants) if len(instants) <= TIMES_NAMED + 1 else TIMES_NAMED
    for instant in instants[:count]:
        local = instant.astimezone(zone)
        named.append(f"{local:%H:%M}" if local.date() == last else when(instant, now, zone, locale))
        last = local.date()
    if count < len(instants):
        named.append(word(locale, "more").format(n=len(instants) - count))
    *before, end = named
    return f"{', '.join(before)} {word(locale, 'and')} {end}" if before else end


def on_the_clock(instant: datetime, now: datetime, zone: ZoneInfo, locale: str) -> str:
    """An instant of today as "14:30", of another day as `when` says it."""
    local = instant.astimezone(zone)
    is_today = local.date() == now.astimezone(zone).date()
    return clock(instant, zone, locale, "by") if is_today else when(instant, now, zone, locale)


def clock(instant: datetime, zone: ZoneInfo, locale: str, form: str) -> str:
    """A time alone: "at" which something is, or, with the article of the language ("antes de las 14:30"), "by"."""
    return word(locale, form).format(time=f"{instant.astimezone(zone):%H:%M}")


def up_to_the_minute(instant: datetime) -> datetime:
    """The minute at whose end something is over: an arrival at 09:30:34 is not one at 09:30.

    What one has to leave by or catch is cut to the minute before instead, by not asking for this.
    """
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + timedelta(minutes=1)
