"""A notice as an operator sees it: the contract's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.notices.notice import Notice


def to_json(notice: Notice) -> dict[str, Any]:
    """The contract's Notice; instants in UTC or the zone they were recorded in."""
    return {
        "notice_id": notice.notice_id,
        "ticket_id": notice.ticket_id,
        "kind": notice.kind,
        "channel": notice.channel,
        "to": notice.to,
        "text": notice.text,
        "state": notice.state.value,
        "reason": notice.reason,
        "created_at": notice.created_at.isoformat(),
        "sent_at": notice.sent_at.isoformat() if notice.sent_at else None,
        "send_at": notice.send_at.isoformat(),
        "business_id": notice.business_id,
        "audience": notice.audience,
        "locale": notice.locale,
        "subject": notice.subject,
        "carrier": notice.carrier,
        "sender": notice.sender,
        "delivery": {
            "state": notice.delivery.state.value,
            "at": notice.delivery.at.isoformat(),
            "why": notice.delivery.why or None,
        }
        if notice.delivery
        else None,
    }
