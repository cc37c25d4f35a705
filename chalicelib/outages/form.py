"""What an operator may write about an outage, checked by pydantic. Imported only when one is reported."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from chalicelib.foundation.forms import Form, Identifier


def _instant(value: Any) -> Any:
    try:
        found = datetime.fromisoformat(value)
        found.timestamp()
    except (TypeError, ValueError, OverflowError):
        raise ValueError("must be an instant such as 2026-01-31T10:05:00+01:00") from None
    if found.utcoffset() is None:
        raise ValueError("must say its offset, as in 2026-01-31T10:05:00+01:00")
    return found


AwareInstant = Annotated[datetime, BeforeValidator(_instant)]


class OutageForm(Form):
    """PUT /admin/businesses/{business_id}/outages/{outage_id}."""

    since: AwareInstant | None = None
    back_from: AwareInstant | None = None
    back_until: AwareInstant | None = None
    reason: (
        Literal["closed", "staff_ill", "power_cut", "water", "weather", "emergency", "maintenance", "other"] | None
    ) = None  # shown to the operator alone, never to customers
    what: Literal["business", "booking_tool"] = "business"
    connection_id: Identifier | None = None  # which booking tool; None: all of the business
    ended: bool = False
