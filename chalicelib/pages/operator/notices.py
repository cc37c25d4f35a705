"""A business's notices: what was sent, held, suppressed or failed, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.foundation.invalid import Invalid
from chalicelib.notices import notice_json
from chalicelib.notices.facts import facts_to_json
from chalicelib.notices.why import why
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.page import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.config import Config
    from chalicelib.notices.repository import Notices

PAGE_MAX = 500  # notices on one page
SHOWN_ID_MAX = 80  # characters of an id that nobody knows, in the answer that says so


def _place(notice: dict[str, Any]) -> str:
    """Where a notice stands among all: by the instant it was made, then by its id."""
    return f"{notice['created_at']} {notice['notice_id']}"


def _day(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and last second of a local date. Raises `Invalid`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("invalid_date", f"day must look like 2026-01-31, not {text[:SHOWN_ID_MAX]!r}.") from None
    return datetime.combine(day, time(), zone), datetime.combine(day, time(23, 59, 59), zone)


@dataclass(frozen=True, slots=True)
class NoticeEndpoints:
    """/admin/businesses/{business_id}/notices, and below it."""

    config: Config
    notices: Notices

    def list(self, business_id: str, query: Mapping[str, str]) -> dict[str, Any]:
        """A business's notices, oldest first, each with its state and reason.

        `query` may hold `day` (a local date), `state`, `kind` and `channel`; with `limit` the newest ones come first,
        and `next` is the `before` of the page after this one. Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        business = known_business(self.config, business_id)
        span = _day(query["day"], ZoneInfo(business.timezone)) if query.get("day") else ()
        wanted = {name: query[name] for name in ("state", "kind", "channel") if query.get(name)}
        found = [notice_json.to_json(notice) for notice in self.notices.of_business(business_id, *span)]
        found = [one for one in found if all(one[name] == value for name, value in wanted.items())]
        if not query.get("limit"):
            return {"notices": found}
        text = query["limit"]
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= PAGE_MAX):
            raise Invalid("invalid_limit", f"limit must be a number from 1 to {PAGE_MAX}.")
        limit = int(text)
        newest = sorted(found, key=_place, reverse=True)
        if before := query.get("before"):
            newest = [one for one in newest if _place(one) < before]
        page = newest[:limit]
        return {"notices": page, "next": _place(page[-1]) if len(newest) > limit else None}

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
