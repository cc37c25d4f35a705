"""Who uses the hub: businesses, and their connections to booking tools, as an operator configured them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.outages.outage import Outage


@dataclass(frozen=True, slots=True)
class Business:
    """A service business. `timezone` is an IANA name; `lat`/`lon` WGS 84 degrees; `phone` E.164 or None."""

    business_id: str
    name: str
    timezone: str
    lat: float
    lon: float
    feed: str
    locale: str = "en"
    phone: str | None = None
    sender: str | None = None  # alphanumeric SMS sender id, where the country allows one
    country: str | None = None  # ISO 3166 alpha-2, for phone numbers without +; None: from `phone`, else refused
    notices: dict[str, bool] = field(default_factory=dict)  # notice kind → switched on; absent: on
    lead_min: int = 15  # "time to leave" is sent this long before leave_by
    early_min: int = 5  # the plan aims to arrive this long before the appointment
    change_s: int = 60  # least time to change vehicles where the feed says nothing
    on_time_target: float = 0.9  # share of customers to be on time, where chances are known; dearer the nearer to 1
    version: int = 0
    outages: tuple[Outage, ...] = ()  # those that are open, or still to come
    operator_mail: str | None = None  # who hears of troubles with the business's booking tools


@dataclass(frozen=True, slots=True)
class Connection:
    """A business's link to one booking tool.

    `secrets` are newest first. The first is always accepted, the others until `previous_secret_until` (rotation);
    `active_secrets` says which.
    """

    connection_id: str
    business_id: str
    provider: str
    secrets: tuple[str, ...] = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    previous_secret_until: datetime | None = None

    def active_secrets(self, now: datetime) -> tuple[str, ...]:
        """The secrets that a signature may be made with at `now`."""
        overlap = self.previous_secret_until is not None and now < self.previous_secret_until
        return self.secrets if overlap else self.secrets[:1]
