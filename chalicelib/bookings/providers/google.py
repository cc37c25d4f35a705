"""Google Calendar by watch channels. Quality: fetched.

Quirks:
- A push has headers and no body. The channel's token is the connection's secret, and the only proof.
- Push or not, everything is read by `events.list`: from the sync token on, or all up to the horizon without one.
- The sync token comes on the last page only. HTTP 410 means: forget it and read all; that reading holds no
  tombstones, so what is known and not in it was cancelled.
- A cancelled event may be an id and nothing else. A move keeps the id. `updated` says which of two is newer.
- With `singleEvents` the tool expands series itself. All-day events have `date` instead of `dateTime`.
- A channel ends by itself: it is opened again before that (`renew`), under a new id; the old one is left to end.
- `account` of the connection is the calendar's id.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import CHANGE_PAGES_MAX, HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.absence import cancel_missing
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Gone, Parked, Provider
from chalicelib.bookings.providers.people import Attendee, lines_by_label
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import digest_of, is_same
from chalicelib.bookings.providers.visits import Event, Time, Visits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.providers.contract import Context, Ignored, Keys, Raw, Reading

TOKEN, CHANNEL, NUMBER, STATE = (
    "x-goog-channel-token",
    "x-goog-channel-id",
    "x-goog-message-number",
    "x-goog-resource-state",
)
CHANNEL_LIFE = timedelta(days=7)
RENEW_CHANNEL_BEFORE = timedelta(days=2)
STATUSES = {"confirmed": Status.BOOKED, "tentative": Status.REQUESTED, "cancelled": Status.CANCELLED}
TIMES = {"focusTime": Time.OWN, "outOfOffice": Time.OWN, "workingLocation": Time.NONE, "birthday": Time.NONE}


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the push carries the channel's token."""
    given = raw.headers.get(TOKEN, "")
    matches = [is_same(given, secret) for secret in keys.secrets if secret]
    return any(matches)


def dedupe_key(raw: Raw) -> str:
    """Channel and message number."""
    return digest_of(raw.headers.get(CHANNEL, ""), raw.headers.get(NUMBER, ""), raw.headers.get(STATE, ""))


def reports(_raw: Raw, context: Context) -> Reading | Ignored:
    """What changed since the last reading."""
    token = context.cursor.get("sync_token")
    if token:
        try:
            return _read({"syncToken": str(token)}, context)
        except Gone:
            pass  # the token has expired: read all
    return upcoming(context)


def upcoming(context: Context) -> Reading:
    """All up to the horizon, and cancels of what is known but not there any more."""
    query = {
        "timeMin": context.now.astimezone(UTC).isoformat(timespec="seconds"),
        "timeMax": (context.now + HORIZON).astimezone(UTC).isoformat(timespec="seconds"),
    }
    found = _read(query, context)
    return cancel_missing(found, context)


def _calendar(context: Context) -> str:
    account = context.setting("account")
    if not account:
        raise Parked("the connection does not say whose calendar (account)")
    return quote(str(account), safe="")


def _read(query: dict[str, str], context: Context) -> Reading:
    collected, visits = Collected(), Visits(context)
    query = {**query, "singleEvents": "true", "maxResults": "2500"}
    for _ in range(CHANGE_PAGES_MAX):
        page = context.require_api().get(f"calendars/{_calendar(context)}/events", query)
        collected.add_page(lambda item: _report(item, visits), page, "items")
        following = reading.at(page, "nextPageToken")
        if not isinstance(following, str) or not following:
            token = reading.at(page, "nextSyncToken")
            return collected.reading({"sync_token": token} if isinstance(token, str) else None)
        query = query | {"pageToken": following}
    raise Parked(f"the calendar has more than {CHANGE_PAGES_MAX} pages of changes")


def _report(item: Any, visits: Visits) -> Report | None:
    """An event as a report; None for what is no visit, as what lasts all day."""
    uid = reading.identifier(item, "id")
    state = reading.text(item, "status") or "confirmed"
    updated = reading.at(item, "updated")
    now = visits.context.now
    order = reading.change_stamp(reading.instant_of(updated, "updated") if updated else now, now)
    if state == "cancelled":
        return Report(uid, order, Status.CANCELLED)
    if state not in STATUSES:
        raise Parked(f"status is unknown: {state[: reading.SHOWN_MAX]}")
    if reading.at(item, "start.date"):
        return visits.no_visit(uid, order)
    start, end = reading.span(
        reading.instant(item, "start.dateTime"), reading.instant(item, "end.dateTime"), "end.dateTime"
    )
    title, organizer = reading.text(item, "summary"), reading.text(item, "organizer.email")
    core = Report(
        uid=uid,
        order=order,
        status=STATUSES[state],
        start=start,
        end=end,
        timezone=reading.known_zone(reading.at(item, "start.timeZone")),
        title=title,
        service=title,
        calendar=organizer,
        remote=is_remote(reading.at(item, "location")),
    )
    free = Time.FREE if reading.at(item, "transparency") == "transparent" else Time.TAKEN
    time = TIMES.get(reading.text(item, "eventType") or "", free)
    lines = lines_by_label(reading.at(item, "description"))
    omitted = reading.at(item, "attendeesOmitted") is True or not isinstance(reading.at(item, "attendees") or [], list)
    return visits.report(Event(core, _attendees(item), (organizer,), lines, time, _is_declined(item), omitted))


def _attendees(item: Any) -> tuple[Attendee, ...]:
    people = reading.at(item, "attendees")
    return tuple(
        Attendee(
            reading.text(one, "displayName"),
            reading.text(one, "email"),
            is_guest=not any(reading.at(one, name) is True for name in ("self", "organizer", "resource")),
            declined=reading.text(one, "responseStatus") == "declined",
        )
        for one in (people if isinstance(people, list) else [])
    )


def _is_declined(item: Any) -> bool:
    """Whether the calendar's own owner declined."""
    people = reading.at(item, "attendees")
    return isinstance(people, list) and any(
        reading.at(one, "self") is True and reading.text(one, "responseStatus") == "declined" for one in people
    )


def renew(context: Context, address: str) -> Mapping[str, Any] | None:
    """Opens a new channel where there is none or it ends within `RENEW_CHANNEL_BEFORE`; None where it lasts."""
    ends = context.cursor.get("channel_ends")
    if ends and datetime.fromisoformat(str(ends)) - context.now > RENEW_CHANNEL_BEFORE:
        return None
    until = context.now + CHANNEL_LIFE
    channel = {
        "id": digest_of(context.connection.connection_id, reading.stamp(context.now)),
        "type": "web_hook",
        "address": address,
        "token": context.connection.secrets[0],
        "expiration": str(int(until.timestamp() * 1000)),
    }
    answer = context.require_api().send("POST", f"calendars/{_calendar(context)}/events/watch", channel)
    expiration = reading.text(answer, "expiration")
    if expiration and expiration.isdigit() and len(expiration) < 15:  # noqa: PLR2004 - milliseconds that are a date
        until = datetime.fromtimestamp(int(expiration) / 1000, UTC)
    return {"channel": channel["id"], "channel_ends": until.isoformat()}


PROVIDER = Provider(
    "google",
    "fetched",
    verify,
    dedupe_key,
    reports,
    headers=(CHANNEL, NUMBER, STATE, "x-goog-resource-id", "x-goog-channel-expiration"),
    upcoming=upcoming,
    renew=renew,
    base_url="https://www.googleapis.com/calendar/v3",
)
