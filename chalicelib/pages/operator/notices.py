"""A business's notices: what was sent, held, suppressed or failed, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.notices import notice_json
from chalicelib.pages.operator.businesses import known_business

if TYPE_CHECKING:
    from chalicelib.bookings.config import Config
    from chalicelib.notices.repository import Notices


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
