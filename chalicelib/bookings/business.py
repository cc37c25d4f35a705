"""Who uses the hub: businesses, and their connections to booking tools, as an operator configured them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.locales import DEFAULT_LANGUAGE

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.outages.outage import Outage

# What holds for a business that does not say otherwise; its form takes these numbers, too. They are our judgement.
LEAD_MIN = 15  # minutes before leave_by at which "time to leave" is sent: enough to get ready, too short to forget it
EARLY_MIN = 5  # minutes before the appointment that the plan aims to arrive at: the door, the coat, the counter
CHANGE_S = 60  # seconds to change vehicles where the feed says nothing: across a platform, as the planner assumes it
QUIET_FROM, QUIET_UNTIL = "21:00", "08:00"  # local time between which nobody is woken; what must be acted on before is
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ON_TIME_TARGET = 0.9  # share of customers to be on time, where chances are known: nine of ten; dearer the nearer to 1


@dataclass(frozen=True, slots=True)
class StreetAddress:
    """Where a business is found by those who stand in front of it; each part as people there write it, "" if unsaid."""

    street: str = ""  # with the house number; a whole address where it was given as one line
    floor: str = ""
    door: str = ""
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Business:
    """A service business. `timezone` is an IANA name; `lat`/`lon` WGS 84 degrees; `phone` E.164 or None."""

    business_id: str
    name: str
    timezone: str
    lat: float
    lon: float
    feed: str = ""  # "": it plans with none; bookings, reminders and outages work without
    locale: str = DEFAULT_LANGUAGE
    phone: str | None = None
    sender: str | None = None  # alphanumeric SMS sender id, where the country allows one
    country: str | None = None  # ISO 3166 alpha-2, for phone numbers without +; None: from `phone`, else refused
    notices: dict[str, bool] = field(default_factory=dict)  # notice kind → switched on; absent: on
    lead_min: int = LEAD_MIN
    early_min: int = EARLY_MIN
    change_s: int = CHANGE_S
    on_time_target: float = ON_TIME_TARGET
    version: int = 0
    outages: tuple[Outage, ...] = ()  # those that are open, or still to come
    operator_mail: str | None = None  # who hears of troubles with the business's booking tools
    address: StreetAddress | None = None
    paused: bool = False  # nobody is sent anything until it is resumed
    hours: dict[str, tuple[str, ...]] = field(default_factory=dict)  # "mon".."sun" → spans "09:00-12:30"; {}: unsaid
    quiet_from: str = QUIET_FROM
    quiet_until: str = QUIET_UNTIL
    privacy: str = ""  # the privacy notice: its address, or the notice itself
    imprint: str = ""  # who is responsible, as the country's law wants it
    feed_lost: str = ""  # why nothing can be planned with its feed (`transit/data/feed_health`); "": it can

    @property
    def can_plan(self) -> bool:
        """Whether a time to leave may be promised."""
        return bool(self.feed) and not self.feed_lost


@dataclass(frozen=True, slots=True)
class Connection:
    """A business's link to one booking tool.

    `secrets` are newest first. The first is always accepted, each of the others until its own end (`old_secrets_until`,
    in the same order); `active_secrets` says which.
    """

    connection_id: str
    business_id: str
    provider: str
    secrets: tuple[str, ...] = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    old_secrets_until: tuple[datetime, ...] = ()

    def active_secrets(self, now: datetime) -> tuple[str, ...]:
        """The secrets that a signature may be made with at `now`."""
        old = zip(self.secrets[1:], self.old_secrets_until, strict=True)
        return (*self.secrets[:1], *(secret for secret, until in old if now < until))
