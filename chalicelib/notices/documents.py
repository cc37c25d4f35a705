"""Notices as documents. What is not finished is in the index "due" under the time when somebody has to check it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.instants import optional_instant, optional_text
from chalicelib.foundation.keys import due_keys, utc_key
from chalicelib.foundation.ports import Write
from chalicelib.notices.facts import facts_from_json, facts_to_json, without_location
from chalicelib.notices.notice import Delivery, Notice, NoticeState

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Document

QUEUE_GRACE = timedelta(minutes=2)  # a queue delivers within seconds: after this somebody checks whether it lost it
DOUBT_AFTER = timedelta(minutes=10)  # whoever claimed a notice has sent it by then, or nobody knows
KEEP_NOTICE = timedelta(days=30)  # as long as its ticket; after it was made or was to be sent, whichever is later
_OPEN = (NoticeState.DUE, NoticeState.HELD, NoticeState.SENDING)
_INSTANTS = ("created_at", "send_at", "expires_at", "sent_at")
_LATER = ("about", "correlation_id", "carrier", "sender")  # texts, left out where empty, as in older documents
_OTHERWISE = ("state", "version", "facts", "delivery")  # written in forms of their own
_PLAIN = tuple(f.name for f in fields(Notice) if f.name not in {*_INSTANTS, *_LATER, *_OTHERWISE})


def forget_location(notice: Notice) -> Notice:
    """The notice without its text, which names the stop near which somebody lives, and without facts of that kind."""
    return replace(notice, text="", facts=without_location(notice.facts) if notice.facts else None)


def is_unfinished(notice: Notice) -> bool:
    """Somebody still has to do something about it."""
    return notice.state in _OPEN or (notice.state is NoticeState.SENT and not notice.published)


def notice_write(notice: Notice, expects: int | None) -> Write:
    """The write that stores the notice, `notice.version` being its new version."""
    return Write("notices", to_document(notice), expects)


def to_document(notice: Notice) -> Document:
    """The notice as JSON with its index keys; a notice about no ticket is in no ticket's index."""
    due_shard, swept_at = due_keys(notice.notice_id, _swept_at(notice))
    return {
        "notice_id": notice.notice_id,
        "version": notice.version,
        "expires_at": int((max(notice.created_at, notice.send_at) + KEEP_NOTICE).timestamp()),
        "due_shard": due_shard,
        "send_at": swept_at,
        "business_id": notice.business_id,
        "ticket_id": notice.ticket_id,
        "created_at": utc_key(notice.created_at),
        "notice": {name: getattr(notice, name) for name in _PLAIN}
        | {name: optional_text(getattr(notice, name)) for name in _INSTANTS}
        | {"state": notice.state.value}
        | {name: value for name in _LATER if (value := getattr(notice, name))}
        | ({"delivery": notice.delivery.to_json()} if notice.delivery else {}),
        **({"why": facts_to_json(notice.facts)} if notice.facts else {}),
    }


def _swept_at(notice: Notice) -> datetime | None:
    """When somebody has to check whether it was lost on the way; None: it is finished.

    What a ticket causes and is due when it is made is in the queue already, and gets its time there. Claimed within
    that time it stays where it is in the index: who finds it early leaves it (`send_at`), and the entry costs nothing.
    """
    if not is_unfinished(notice):
        return None
    in_queue_until = notice.created_at + QUEUE_GRACE
    if notice.state is NoticeState.SENDING and notice.ticket_id and not notice.attempts:
        return in_queue_until if notice.send_at - DOUBT_AFTER <= in_queue_until else notice.send_at
    made_due = notice.state is NoticeState.DUE and not notice.attempts and notice.send_at <= notice.created_at
    return notice.send_at + QUEUE_GRACE * bool(made_due and notice.ticket_id)


def from_document(document: Document) -> Notice:
    """Inverse of `to_document`; reads what older versions wrote, without facts."""
    known, why = document["notice"], document.get("why")
    instants: dict[str, Any] = {name: optional_instant(known[name]) for name in _INSTANTS}
    return Notice(
        **{name: known[name] for name in _PLAIN},
        **{name: known.get(name, "") for name in _LATER},
        **instants,
        state=NoticeState(known["state"]),
        facts=facts_from_json(why) if why else None,
        delivery=Delivery.from_json(known["delivery"]) if known.get("delivery") else None,
        version=document["version"],
    )
