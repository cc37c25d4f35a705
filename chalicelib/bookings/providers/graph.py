"""Microsoft Graph: Outlook calendars (also those behind Microsoft Bookings' staff). Quality: fetched.

Quirks:
- A new subscription's address is checked by POST with `?validationToken=`: the token comes back as text within 10 s,
  also on the lifecycle address (the same one here).
- Basic notifications are not signed: `clientState` of every item must be the connection's secret.
- One call may hold several notifications, and says too little: everything is read by the calendar view's delta.
- `@removed` is a cancel. HTTP 410 means: forget the delta link and read all, then compare with what is known.
- Lifecycle `missed` and `subscriptionRemoved` mean that changes were lost: read all. `reauthorizationRequired`: renew.
- Times come without an offset beside a zone's name; "UTC" is asked for (`Prefer`). Ids are asked to be immutable.
- A subscription to events lives less than three days (4,230 minutes): it is renewed in its last day.
- `account` of the connection is the mailbox.
"""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.absence import cancel_missing
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Gone, HandshakeAnswer, Parked, Provider
from chalicelib.bookings.providers.people import Attendee, lines_by_label
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import digest_of, is_same
from chalicelib.bookings.providers.visits import Event, Time, Visits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.providers.contract import Context, Ignored, Keys, Raw, Reading

SUBSCRIPTION_LIFE = timedelta(minutes=4200)  # the tool allows 4,230
RENEW_SUBSCRIPTION_BEFORE = timedelta(days=1)
DELTA_PAGES_MAX = 200  # of the delta; they are smaller than other tools' pages
TOKEN_MAX = 2000
CATEGORIES_MAX = 20  # of one event; people use two or three
TIMES = {"free": Time.FREE, "oof": Time.OWN, "workingElsewhere": Time.OWN}
LOST_EVENTS = frozenset({"missed", "subscriptionRemoved"})


def handshake(raw: Raw, _connection: Connection) -> HandshakeAnswer | None:
    """The validation of a new subscription's address."""
    token = raw.query.get("validationToken")
    return None if token is None else HandshakeAnswer(200, html.escape(token[:TOKEN_MAX], quote=False))


def _items(raw: Raw) -> list[Any]:
    items = reading.json_object(raw.body).get("value")
    return items if isinstance(items, list) else []


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether every notification carries the secret."""
    try:
        states = [reading.at(item, "clientState") for item in _items(raw)]
    except Parked:
        return False
    known = [
        any([is_same(state, secret) for secret in keys.secrets if secret]) if isinstance(state, str) else False  # noqa: C419 - every secret is compared
        for state in states
    ]
    return bool(known) and all(known)


def without_secret(body: bytes) -> bytes:
    """The notifications without what proves them."""
    try:
        notified = reading.json_object(body)
        items = [
            {name: one for name, one in item.items() if name != "clientState"} if isinstance(item, dict) else item
            for item in notified.get("value") or ()
        ]
        return json.dumps({**notified, "value": items}).encode()
    except (Parked, TypeError, RecursionError):
        return body  # what has no notifications has no proof in them


def dedupe_key(raw: Raw) -> str:
    """The body; two changes may look the same, which `alike` says."""
    return digest_of(raw.body)


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """What changed since the last reading; everything, where changes were lost."""
    lost = any(reading.text(item, "lifecycleEvent") in LOST_EVENTS for item in _items(raw))
    link = context.cursor.get("delta_link")
    if link and not lost:
        try:
            return _read(str(link), None, context)
        except Gone:
            pass  # the link has expired: read all
    return upcoming(context)


def upcoming(context: Context) -> Reading:
    """All up to the horizon, and cancels of what is known but not there any more."""
    account = context.setting("account")
    if not account:
        raise Parked("the connection does not say whose calendar (account)")
    query = {
        "startDateTime": context.now.astimezone(UTC).isoformat(timespec="seconds"),
        "endDateTime": (context.now + HORIZON).astimezone(UTC).isoformat(timespec="seconds"),
    }
    found = _read(f"users/{quote(str(account), safe='@')}/calendarView/delta", query, context)
    return cancel_missing(found, context)


def _read(path: str, query: dict[str, str] | None, context: Context) -> Reading:
    collected, visits = Collected(), Visits(context)
    for _ in range(DELTA_PAGES_MAX):
        page = context.require_api().get(path, query)
        collected.add_page(lambda item: _report(item, visits), page, "value")
        following = page.get("@odata.nextLink") if isinstance(page, dict) else None
        if not isinstance(following, str) or not following:
            link = page.get("@odata.deltaLink") if isinstance(page, dict) else None
            return collected.reading({"delta_link": link} if isinstance(link, str) else None)
        path, query = following, None
    raise Parked(f"the calendar has more than {DELTA_PAGES_MAX} pages of changes")


def _report(item: Any, visits: Visits) -> Report | None:
    """An event as a report; None for series as such (their occurrences come too) and for what is no visit."""
    context = visits.context
    uid = reading.identifier(item, "id")
    changed = reading.at(item, "lastModifiedDateTime")
    when = reading.instant_of(changed, "lastModifiedDateTime") if changed else context.now
    order = reading.change_stamp(when, context.now)
    if (isinstance(item, dict) and "@removed" in item) or reading.at(item, "isCancelled") is True:
        return Report(uid, order, Status.CANCELLED)
    if reading.at(item, "type") == "seriesMaster" or reading.at(item, "isAllDay") is True:
        return visits.no_visit(uid, order)
    start, end = reading.span(_time(item, "start", context), _time(item, "end", context), "end.dateTime")
    title, organizer = reading.text(item, "subject"), reading.text(item, "organizer.emailAddress.address")
    shown_as, named = reading.text(item, "showAs") or "", reading.at(item, "categories")
    core = Report(
        uid=uid,
        order=order,
        status=Status.REQUESTED if shown_as == "tentative" else Status.BOOKED,
        start=start,
        end=end,
        title=title,
        service=title,
        services=tuple(filter(None, map(reading.clean, named[:CATEGORIES_MAX] if isinstance(named, list) else ()))),
        calendar=organizer,
        remote=is_remote(reading.at(item, "location.displayName")),
    )
    lines = lines_by_label(reading.at(item, "body.content") or reading.at(item, "bodyPreview"))
    declined = reading.text(item, "responseStatus.response") == "declined"
    time = TIMES.get(shown_as, Time.TAKEN)
    partial = not isinstance(reading.at(item, "attendees") or [], list)
    return visits.report(Event(core, _attendees(item), (organizer,), lines, time, declined, partial))


def _time(item: Any, name: str, context: Context) -> datetime:
    """{"dateTime": "2026-01-05T10:00:00.0000000", "timeZone": "UTC"} as an instant."""
    zone = reading.text(item, f"{name}.timeZone")
    if zone is None:
        raise Parked(f"{name}.timeZone is missing")
    known = reading.zone_of(zone, context.setting("zones"))
    value = reading.at(item, f"{name}.dateTime")
    try:
        local = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        local = None
    if local is None:
        raise Parked(f"{name}.dateTime is not a time")
    if local.tzinfo is None and known is None:
        raise Parked(reading.unknown_zone(f"{name}.timeZone", zone, context))
    when = local if local.tzinfo else local.replace(tzinfo=known)
    return reading.in_years(when, f"{name}.dateTime").astimezone(UTC)


def _attendees(item: Any) -> tuple[Attendee, ...]:
    people = reading.at(item, "attendees")
    return tuple(
        Attendee(
            reading.text(one, "emailAddress.name"),
            reading.text(one, "emailAddress.address"),
            is_guest=reading.at(one, "type") != "resource",
            declined=reading.at(one, "status.response") == "declined",
        )
        for one in (people if isinstance(people, list) else [])
    )


def renew(context: Context, address: str) -> Mapping[str, Any] | None:
    """Makes the subscription, or prolongs it where it ends within `RENEW_SUBSCRIPTION_BEFORE`; None where it lasts."""
    ends, known = context.cursor.get("subscription_ends"), context.cursor.get("subscription")
    if known and ends and datetime.fromisoformat(str(ends)) - context.now > RENEW_SUBSCRIPTION_BEFORE:
        return None
    until = (context.now + SUBSCRIPTION_LIFE).astimezone(UTC).isoformat(timespec="seconds")
    if known:
        try:
            context.require_api().send("PATCH", f"subscriptions/{known}", {"expirationDateTime": until})
        except Gone:
            pass  # it has ended: make a new one
        else:
            return {"subscription_ends": until}
    body = {
        "changeType": "created,updated,deleted",
        "notificationUrl": address,
        "lifecycleNotificationUrl": address,
        "resource": f"users/{context.setting('account')}/events",
        "expirationDateTime": until,
        "clientState": context.connection.secrets[0],
    }
    made = context.require_api().send("POST", "subscriptions", body)
    return {"subscription": reading.require_text(made, "id"), "subscription_ends": until}


PROVIDER = Provider(
    "graph",
    "fetched",
    verify,
    dedupe_key,
    reports,
    alike=True,
    without_secret=without_secret,
    handshake=handshake,
    upcoming=upcoming,
    renew=renew,
    base_url="https://graph.microsoft.com/v1.0",
    api_headers={"Prefer": 'outlook.timezone="UTC", IdType="ImmutableId"'},
)
