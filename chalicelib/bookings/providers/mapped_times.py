"""Times, lengths and orders as tools write them, for provider "json". Pure; what is ambiguous is parked.

Rules:
- Read without being told how: ISO 8601 (also with a blank before the offset, with AM/PM, and 2026/01/05), Unix time in
  seconds (10 digits) or milliseconds (13), dd.mm.yyyy with HH:MM or AM/PM, and RFC 2822 ("5 Jan 2026 10:00 +0100").
- 05/01/2026 is the fifth of January or the first of May: `time_format` of the mapping has to say which.
- A local time needs a zone. A time that the clocks skip is read with the offset before the skip (RFC 5545 §3.3.5).
- A length needs a unit: the field's own (`length_min`, `length_s`), or one within the text (PT1H30M, 1:30:00, 90 min).
- Orders sort as what they are: instants by time, numbers by size, versions such as rev-9 and rev-10 by their number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.limits import LONGEST_APPOINTMENT
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked

if TYPE_CHECKING:
    from datetime import tzinfo

NAMED_FORMATS = ("epoch_s", "epoch_ms", "rfc2822", "iso")
# what may stand in a `time_format`, longest first: dd.mm.yyyy hh:MM AM
CODES = {"yyyy": "%Y", "dd": "%d", "mm": "%m", "HH": "%H", "hh": "%I", "MM": "%M", "SS": "%S", "AM": "%p"}
EPOCH_S = (100_000_000, 10_000_000_000)  # seconds of 1973 to 2286: nothing else has as many digits
LONGEST_BARE_LENGTH = timedelta(hours=24)  # a mere number that makes more is in another unit, or an end's place
NUMBER_MAX = Decimal(10) ** 18
_CODE = re.compile("|".join(CODES))
_HALF = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})[\sT,]+" + _HALF)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})[\sT,]+" + _HALF)
_MAIL = re.compile(
    r"(?:[A-Za-z]{3},\s*)?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(?::\d\d)? "
    r"(?:[+-]\d{4}|GMT|UTC?|Z|[ECMP][SD]T)(?: \([^()]*\))?"
)
_AMBIGUOUS = re.compile(r"\d{1,2}[-/]\d{1,2}[-/]\d{2,4}\b.*")
_ISO_LENGTH = re.compile(
    r"[Pp](?:(?P<w>\d+(?:\.\d+)?)[Ww])?(?:(?P<d>\d+(?:\.\d+)?)[Dd])?"
    r"(?:[Tt](?:(?P<h>\d+(?:\.\d+)?)[Hh])?(?:(?P<m>\d+(?:\.\d+)?)[Mm])?(?:(?P<s>\d+(?:\.\d+)?)[Ss])?)?"
)
_CLOCK_LENGTH = re.compile(r"(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?:\.0+)?")
_PARTS_LENGTH = re.compile(r"(?:\d+(?:\.\d+)?\s*[A-Za-z]+[\s,]*)+")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
UNITS_S = (
    dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1)
    | dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minuten"), 60)
    | dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "stunde", "stunden", "std"), 3600)
    | dict.fromkeys(("d", "day", "days"), 86_400)
)


class NoZone(Parked):
    """A local time whose zone is not known."""


def instant_of(value: Any, name: str, zone: tzinfo | None, time_format: str | None = None) -> datetime:
    """A time as an instant, in UTC; `zone` is for local ones. Parks on what is none, or might be two."""
    when = _parse(value, name, time_format)
    if when.tzinfo is None:
        if zone is None:
            shown = reading.clean(value, reading.SHOWN_MAX)
            raise NoZone(f"{name} has no UTC offset: {shown}")
        when = reading.in_years(when, name).replace(tzinfo=zone)
    return reading.in_years(when, name).astimezone(UTC)


def strptime_format(time_format: str) -> str:
    """A `time_format` as Python knows it: "dd.mm.yyyy HH:MM" is "%d.%m.%Y %H:%M", which may also be written itself."""
    return time_format if "%" in time_format else _CODE.sub(lambda found: CODES[found[0]], time_format)


def check_format(time_format: str) -> None:
    """Raises `ValueError` for a `time_format` that is none, or that leaves the day or the hour open."""
    if time_format in NAMED_FORMATS:
        return
    codes = strptime_format(time_format)
    if not all(any(code in codes for code in needed) for needed in (("%H", "%I"), ("%d",), ("%m", "%b"), ("%Y", "%y"))):
        raise ValueError(f"must be one of {', '.join(NAMED_FORMATS)}, or like dd.mm.yyyy HH:MM or mm/dd/yyyy hh:MM AM")
    if "%I" in codes and "%p" not in codes:
        raise ValueError("has an hour of twelve (hh) without AM")
    try:
        sample = datetime(2026, 1, 5, 10, 30).strftime(codes)  # noqa: DTZ001 - only its form counts
        datetime.strptime(sample, codes)  # noqa: DTZ007 - the same
    except ValueError:
        raise ValueError("is no format of a time") from None


def _parse(value: Any, name: str, time_format: str | None) -> datetime:
    number = number_of(value)
    if number is not None and time_format in {None, "epoch_s", "epoch_ms"}:
        return _unix(number, name, time_format)
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text:
        raise Parked(f"{name} is missing" if value in (None, "") else f"{name} is not a time: {type(value).__name__}")
    shown = reading.clean(text, reading.SHOWN_MAX)
    try:
        if time_format is not None and time_format not in NAMED_FORMATS:
            return datetime.strptime(text, strptime_format(time_format))  # noqa: DTZ007 - the caller knows the zone
        found = _known(text)
    except (ValueError, OverflowError):
        found = None
    if found is not None:
        return found
    if re.fullmatch(r"\d{4}-?\d\d-?\d\d|\d{1,2}\.\d{1,2}\.\d{4}", text):
        raise Parked(f"{name} is a day without a time: {shown}")
    if time_format is None and _AMBIGUOUS.fullmatch(text):
        remedy = "say in the mapping's time_format which comes first, such as dd/mm/yyyy HH:MM"
        raise Parked(f"{name} may be two days: {shown} ({remedy})")
    how = f" (time_format is {time_format[: reading.SHOWN_MAX]})" if time_format else ""
    raise Parked(f"{name} is not a time: {shown}{how}")


def _known(text: str) -> datetime | None:
    """What can be read in one way only. Raises `ValueError`."""
    if match := _DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        return _by_parts(match)
    if _MAIL.fullmatch(text):
        return parsedate_to_datetime(text)
    iso = re.sub(r" ?(?:UTC|GMT)$", "+00:00", re.sub(r" (?=(?:[+-]\d\d:?\d\d|Z)$)", "", text))
    return datetime.fromisoformat(iso) if re.search(r"\d[T ]\d", iso) else None


def _by_parts(match: re.Match[str]) -> datetime:
    hour, half = int(match["hour"]), (match["half"] or "").casefold()
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock's face
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    minute, second = int(match["minute"]), int(match["second"] or 0)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the caller knows the zone


def number_of(value: Any) -> Decimal | None:
    """A number, or a text that is one in plain digits; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip()
    if isinstance(value, str) and not re.fullmatch(r"\d{1,18}(?:\.\d{1,9})?", text):
        return None
    if len(text) > 400:  # noqa: PLR2004 - digits: no time, length or version
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _unix(number: Decimal, name: str, time_format: str | None) -> datetime:
    if time_format == "epoch_ms" or (time_format is None and number >= EPOCH_S[1]):
        number = number / 1000
    if not EPOCH_S[0] <= number < EPOCH_S[1]:
        raise Parked(f"{name} is not a time: {str(number)[:20]} is no Unix time in seconds or milliseconds")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number * 1_000_000))


def length_of(value: Any, name: str, unit_s: int | None) -> timedelta:
    """A length of time; `unit_s`: what a mere number counts, None: it counts nothing. Parks on what is none."""
    number = number_of(value)
    shown = reading.clean(value, reading.SHOWN_MAX)
    seconds: Decimal | None
    if number is not None:
        if unit_s is None:
            raise Parked(f"{name} has no unit: {shown} (map it as length_min or length_s, or send 30 min or PT30M)")
        seconds = number * unit_s
        if seconds > LONGEST_BARE_LENGTH.total_seconds():
            unit = "minutes" if unit_s == UNITS_S["min"] else "seconds"
            other = "length_s" if unit_s == UNITS_S["min"] else "end"
            raise Parked(
                f"{name} is {shown} {unit}, more than a day: is it {other}? (longer ones need a text such as PT48H)"
            )
    else:
        seconds = _seconds_of(value.strip()) if isinstance(value, str) else None
    if seconds is None or not 0 < seconds <= LONGEST_APPOINTMENT.total_seconds():
        raise Parked(f"{name} is not a length of time: {shown}")
    return timedelta(seconds=float(seconds))


def _seconds_of(text: str) -> Decimal | None:
    """The seconds of a text that holds its own units."""
    if len(text) > reading.SHOWN_MAX:
        return None
    if match := _ISO_LENGTH.fullmatch(text):
        parts = {"w": 7 * 86_400, "d": 86_400, "h": 3600, "m": 60, "s": 1}
        return Decimal(sum(Decimal(match[part] or 0) * unit_s for part, unit_s in parts.items()))
    if match := _CLOCK_LENGTH.fullmatch(text):
        return Decimal(int(match["h"]) * 3600 + int(match["m"]) * 60 + int(match["s"]))
    if _PARTS_LENGTH.fullmatch(text):
        found = [(Decimal(number), UNITS_S.get(unit.casefold())) for number, unit in _PART.findall(text)]
        return Decimal(sum(number * unit_s for number, unit_s in found if unit_s)) if all(u for _, u in found) else None
    return None


def order_of(value: Any, zone: tzinfo | None, time_format: str | None, received_at: datetime) -> str | None:
    """A text that sorts as the value does; None without one. Parks on what cannot be compared.

    Instants are written as the time of receipt is, which stands in where there is no order. Numbers sort after all that
    was stored before they were compared as numbers (":" comes after every digit).
    """
    if value is None or value == "":
        return None
    number = number_of(value)
    if number is not None and not is_unix_time(number):
        if not 0 <= number < NUMBER_MAX:
            raise Parked(f"order is not a number that can be compared: {str(value)[: reading.SHOWN_MAX]}")
        return f":{number:030.9f}"
    try:
        return reading.change_stamp(instant_of(value, "order", zone or UTC, time_format), received_at)
    except Parked:
        text = reading.clean(value)
        if text is not None and _AMBIGUOUS.fullmatch(text):
            raise
    if text is None:
        raise Parked(f"order is neither a time, a number nor a text: {type(value).__name__}")
    counted = re.fullmatch(r"(\D*)(\d{1,18})(\D*)", text)
    return f"{counted[1]}{int(counted[2]):020}{counted[3]}" if counted else text


def is_unix_time(number: Decimal) -> bool:
    """Whether a number is taken for a Unix time, in seconds or milliseconds."""
    return EPOCH_S[0] <= number < EPOCH_S[1] or EPOCH_S[0] * 1000 <= number < EPOCH_S[1] * 1000
