"""Calendly (webhooks v2). Quality: complete.

Quirks:
- `Calendly-Webhook-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over `t.body`; older than 180 s is refused.
- The envelope has no id: (event, invitee, updated_at) tells deliveries apart.
- There is no "rescheduled": a move is `invitee.canceled` with `rescheduled: true` and `invitee.created` with
  `old_invitee`, in either order. The cancel alone means nothing yet; if its other half has not come after
  `TWIN_MIN` minutes the appointment counts as cancelled (and revives when the other half comes after all).
- Every invitee of a group event is an appointment of its own here: each gets a ticket. Event guests are not customers.
- The phone is `text_reminder_number`, or only an answer to a question.
- Payloads of 2020 lack `scheduled_event`: the event is asked for where the connection has credentials, else parked.
- Reading back asks for the coming events of `account` (a user's address), and for the invitees of each.
- Failing for 24 h disables the subscription for good: it has to be made again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import LIST_PAGES_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider
from chalicelib.bookings.providers.ending import with_details
from chalicelib.bookings.providers.remote import is_remote_kind
from chalicelib.bookings.providers.signing import (
    bytes_of,
    digest_of,
    hex_hmac,
    is_signed_by_any,
    seconds_are_fresh,
    unix_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading

SIGNATURE = "calendly-webhook-signature"
SIGNED_WITHIN_S = 180  # as the tool's documentation asks
TWIN_MIN = 10  # judgement: by then both halves of a move have come, or one is lost
PHONE_WORDS = ("phone", "mobile", "cell", "téléphone", "telefon", "teléfono", "handy")
FORM_QUESTIONS_MAX = 100
NO_CONSEQUENCE = frozenset({"routing_form_submission.created", "event_type.created", "event_type.updated"})


def signature_parts(raw: Raw) -> dict[str, str]:
    """The parts of the signature header by their names."""
    return dict(part.split("=", 1) for part in raw.headers.get(SIGNATURE, "").split(",") if "=" in part)


def sent_at(raw: Raw) -> datetime | None:
    """The signed time."""
    return unix_time(signature_parts(raw).get("t", ""))


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the body was signed with one of the secrets, just now."""
    parts = signature_parts(raw)
    sent, signature = parts.get("t", ""), parts.get("v1", "")
    signed = is_signed_by_any([signature], keys.secrets, bytes_of(sent) + b"." + raw.body, hex_hmac)
    return signed and seconds_are_fresh(sent, keys.now, SIGNED_WITHIN_S)


def dedupe_key(raw: Raw) -> str:
    """Event, invitee and when it was changed."""
    body = reading.json_object(raw.body)
    changed = reading.text(body, "payload.updated_at") or reading.require_text(body, "created_at")
    return digest_of(reading.require_text(body, "event"), reading.identifier(body, "payload.uri"), changed)


def reports(raw: Raw, context: Context) -> tuple[Report, ...] | Ignored:
    """The report of a delivery about an invitee's appointment."""
    body = reading.json_object(raw.body)
    event = reading.require_text(body, "event")
    if event in NO_CONSEQUENCE:
        return Ignored(f"{event} changes no appointment")
    if not isinstance(body.get("payload"), dict):
        raise Parked("payload is missing")
    if event in {"invitee.created", "invitee.canceled"}:
        return (_appointment(body, context),)
    if event in {"invitee_no_show.created", "invitee_no_show.deleted"}:
        path = "payload.invitee" if isinstance(reading.at(body, "payload.invitee"), str) else "payload.uri"
        order = reading.change_stamp(reading.instant(body, "created_at"), context.received_at)
        absent = () if event.endswith("deleted") else ("*",)
        return (Report(reading.identifier(body, path), order, None, absent=absent),)
    raise Parked(f"event is unknown: {event[: reading.SHOWN_MAX]}")


def _appointment(body: dict[str, Any], context: Context) -> Report:
    payload = body["payload"]
    cancelled = body["event"] == "invitee.canceled" or payload.get("status") == "canceled"
    moved = cancelled and payload.get("rescheduled") is True
    changed = "payload.updated_at" if reading.at(payload, "updated_at") else "created_at"
    essence = Report(
        uid=reading.identifier(body, "payload.uri"),
        order=reading.change_stamp(reading.instant(body, changed), context.received_at),
        status=None if moved else Status.CANCELLED if cancelled else Status.BOOKED,
        moved_from=reading.optional_identifier(payload, "old_invitee"),
        moved_to=reading.optional_identifier(payload, "new_invitee") if moved else None,
        settle_at=context.received_at + timedelta(minutes=TWIN_MIN) if moved else None,
    )
    return with_details(essence, lambda: _details(essence, payload, context))


def _details(essence: Report, payload: dict[str, Any], context: Context) -> Report:
    event = _event_of(payload, context)
    start, end = reading.span(
        reading.instant_of(reading.at(event, "start_time"), "payload.scheduled_event.start_time"),
        reading.instant_of(reading.at(event, "end_time"), "payload.scheduled_event.end_time"),
        "payload.scheduled_event.end_time",
    )
    names = (reading.text(event, "event_type"), reading.text(event, "name"))
    return replace(
        essence,
        start=start,
        end=end,
        timezone=reading.known_zone(payload.get("timezone")),
        customers=(_customer(payload, context),),
        title=reading.text(event, "name"),
        service=reading.text(event, "name"),
        services=tuple(name for name in names if name),
        calendar=reading.text(event, "event_memberships.0.user_email"),
        remote=is_remote_kind(reading.at(event, "location.type"), reading.at(event, "location.location")),
        address=_answer(payload, (context.setting("origin_field"),)),
        cancel_url=reading.web_page(payload, "cancel_url"),
        move_url=reading.web_page(payload, "reschedule_url"),
    )


def _event_of(payload: dict[str, Any], context: Context) -> Any:
    event = payload.get("scheduled_event")
    if isinstance(event, dict):
        return event
    uri = reading.text(payload, "event")
    if uri is None or context.api is None:
        raise Parked("payload.scheduled_event is missing, and the connection names no credentials to ask for it")
    return reading.at(context.api.get(uri), "resource")


def _customer(payload: dict[str, Any], context: Context) -> Customer:
    first_last = f"{reading.text(payload, 'first_name') or ''} {reading.text(payload, 'last_name') or ''}".strip()
    phone = (
        _answer(payload, (context.setting("phone_field"),))
        or reading.text(payload, "text_reminder_number")
        or _answer(payload, PHONE_WORDS)
    )
    return reading.customer(
        reading.text(payload, "name") or first_last or None,
        reading.text(payload, "email"),
        phone,
        None,
        reading.known_zone(payload.get("timezone")),
    )


def _answer(payload: dict[str, Any], words: tuple[str | None, ...]) -> str | None:
    """The answer to the first question that contains one of the words."""
    wanted = [word.casefold() for word in words if word]
    answers = payload.get("questions_and_answers")
    for one in answers[:FORM_QUESTIONS_MAX] if isinstance(answers, list) and wanted else ():
        question = (reading.text(one, "question") or "").casefold()
        if any(word in question for word in wanted) and (answer := reading.text(one, "answer")):
            return answer
    return None


def upcoming(context: Context) -> Reading:
    """The invitees of all coming events of the account. Raises as `Api` does."""
    account = context.setting("account")
    if not account:
        raise Parked("the connection does not say whose events (account: the user's address in the tool's interface)")
    collected = Collected("uri")
    for event in _pages("scheduled_events", {"user": str(account), "min_start_time": context.now.isoformat()}, context):
        uri = reading.require_text(event, "uri")
        for invitee in _pages(f"{uri}/invitees", {}, context):
            collected.add(partial(_report_of_invitee, event=event, context=context), invitee)
    return collected.reading()


def _report_of_invitee(invitee: Any, event: Any, context: Context) -> Report:
    """A report of an invitee as the interface has it, read as if a webhook had brought it."""
    payload = {**invitee, "scheduled_event": event} if isinstance(invitee, dict) else {}
    report = _appointment({"event": "invitee.read", "payload": payload}, context)
    absent = ("*",) if isinstance(payload.get("no_show"), dict) else ()
    return replace(report, absent=absent)


def _pages(path: str, query: dict[str, str], context: Context) -> Iterator[Any]:
    asked: dict[str, str] | None = {**query, "count": "100"}
    for _ in range(LIST_PAGES_MAX):
        page = context.require_api().get(path, asked)
        items = reading.at(page, "collection")
        yield from items if isinstance(items, list) else ()
        following = reading.at(page, "pagination.next_page")
        if not isinstance(following, str) or not following:
            return
        path, asked = following, None


PROVIDER = Provider(
    "calendly",
    "complete",
    verify,
    dedupe_key,
    reports,
    sent_at=sent_at,
    headers=(SIGNATURE,),
    upcoming=upcoming,
    base_url="https://api.calendly.com",
    tells_cancel=True,
)
