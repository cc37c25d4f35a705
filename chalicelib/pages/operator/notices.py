"""A business's notices: what was sent, held, suppressed or failed, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.notices import notice_json
from chalicelib.notices.facts import facts_to_json
from chalicelib.notices.why import why
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.page import NotFound

if TYPE_CHECKING:
    from chalicelib.bookings.config import Config
    from chalicelib.notices.repository import Notices

SHOWN_ID_MAX = 80  # characters of an id that nobody knows, in the answer that says so


@dataclass(frozen=True, slots=True)
class NoticeEndpoints:
    """/admin/businesses/{business_id}/notices, and below it."""

    config: Config
    notices: Notices

    def list(self, business_id: str) -> dict[str, Any]:
        """A business's notices, oldest first, each with its state and reason. Raises `NotFound`, `Unavailable`."""
        known_business(self.config, business_id)
        notices = self.notices.of_business(business_id)
        return {"notices": [notice_json.to_json(notice) for notice in notices]}

    def get(self, business_id: str, notice_id: str) -> dict[str, Any]:
        """A notice, why it was sent (or not) in one paragraph, and the facts behind it.

        Raises `NotFound` (also for another business's notice), `Unavailable`.
        """
        known_business(self.config, business_id)
        notice = self.notices.load(notice_id)
        if notice is None or notice.business_id != business_id:
            raise NotFound(f"Business {business_id} has no notice {notice_id[:SHOWN_ID_MAX]!r}.")
        others = self.notices.of_ticket(notice.ticket_id) if notice.ticket_id else []
        facts = facts_to_json(notice.facts) if notice.facts else {}
        if notice.correlation_id:
            facts["correlation_id"] = notice.correlation_id
        return {"notice": notice_json.to_json(notice), "why": why(notice, others), "facts": facts}
