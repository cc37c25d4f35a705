"""What an operator may write about a business and a connection, checked by pydantic.

Imported only when something is configured, so that handling webhooks never pays for it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from chalicelib.bookings.business import (
    CHANGE_S,
    EARLY_MIN,
    LEAD_MIN,
    ON_TIME_TARGET,
    QUIET_FROM,
    QUIET_UNTIL,
    WEEKDAYS,
)
from chalicelib.bookings.limits import LONGEST_APPOINTMENT_MIN
from chalicelib.bookings.phone_numbers import current_number
from chalicelib.foundation.forms import Form, Identifier
from chalicelib.foundation.instants import find_zone
from chalicelib.foundation.locales import DEFAULT_LANGUAGE

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Minutes = Annotated[int, Field(ge=1, le=LONGEST_APPOINTMENT_MIN)]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+$", max_length=254)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=500)]


E164_LENGTHS = range(8, 17)  # with the +


def _zone(value: Any) -> Any:
    if not isinstance(value, str) or find_zone(value) is None:
        raise ValueError("is not an IANA time zone such as Europe/Vilnius")
    return value


def _phone(value: Any) -> Any:
    """Blanks, dots, brackets and dashes are taken out; what is left must be E.164."""
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - pydantic takes only ValueError for a finding
    digits = "".join(c for c in value if c not in " .-()/\u00a0")
    if not (digits.startswith("+") and digits[1:].isascii() and digits[1:].isdigit() and len(digits) in E164_LENGTHS):
        raise ValueError("must be an international number such as +44 20 7946 0000")
    return current_number(digits)


Zone = Annotated[str, BeforeValidator(_zone)]
PhoneNumber = Annotated[str, BeforeValidator(_phone)]


class LocationForm(Form):
    """A point, WGS 84 degrees."""

    lat: float = Field(strict=True, ge=-90, le=90)
    lon: float = Field(strict=True, ge=-180, le=180)


AddressPart = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class AddressForm(Form):
    """Where the door is. A floor or door that is a bare number or letter is named as such; words stay as they are."""

    street: Line
    floor: AddressPart = ""
    door: AddressPart = ""
    postcode: AddressPart = ""
    city: AddressPart = ""


ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Span = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
    ),
]


def _in_turn(hours: dict[str, list[str]]) -> dict[str, list[str]]:
    """Spans of a day follow one another; what lies between them is a break."""
    for day, spans in hours.items():
        edges = [edge for span in spans for edge in span.split("-")]
        if any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"{day}: spans such as 09:00-12:30, 13:30-18:00 follow one another and do not overlap")
    return {day: hours[day] for day in WEEKDAYS if hours.get(day)}


class BusinessForm(Form):
    """PUT /admin/businesses/{business_id}."""

    name: Line
    timezone: Zone
    location: LocationForm
    feed: Identifier | None = None  # None: it plans with none
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")] = DEFAULT_LANGUAGE
    phone: PhoneNumber | None = None
    address: Annotated[
        AddressForm | None,
        BeforeValidator(
            lambda value: {"street": value} if isinstance(value, str) else value,  # a whole address in one line
            json_schema_input_type=AddressForm | Line | None,
        ),
    ] = None
    operator_mail: MailAddress | None = None
    sender: (
        Annotated[str, StringConstraints(pattern=r"^[0-9]{0,10}[A-Za-z][A-Za-z0-9]{0,10}$", max_length=11)] | None
    ) = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    notices: dict[str, bool] = Field(default_factory=dict, max_length=50)
    lead_min: int = Field(default=LEAD_MIN, ge=0, le=240)
    early_min: int = Field(default=EARLY_MIN, ge=0, le=120)
    change_s: int = Field(default=CHANGE_S, ge=0, le=3600)
    on_time_target: float = Field(default=ON_TIME_TARGET, ge=0.5, le=0.99)
    paused: bool = False
    hours: Annotated[
        dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[Span]], AfterValidator(_in_turn)
    ] = Field(default_factory=dict)
    quiet_from: ClockTime = QUIET_FROM
    quiet_until: ClockTime = QUIET_UNTIL
    privacy: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""
    imprint: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class Reach(Form):
    """How somebody is reached: what a test or a first booking is sent to."""

    phone: PhoneNumber | None = None
    mail: MailAddress | None = None


class TrialForm(Reach):
    """A booking to try a business with; `origin` is the name of a stop, "" if the customer is to be asked."""

    name: Line = "Test"
    start: AwareDatetime
    origin: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class VenueForm(LocationForm):
    """Where the appointments of one calendar take place."""

    name: Line


def _expression(value: str) -> str:
    from chalicelib.bookings.providers.mapped_values import check_expression  # noqa: PLC0415 - only mappings pay for it

    check_expression(value)
    return value


def _zone_expression(value: Any) -> Any:
    """A zone's own name ("Europe/Vilnius") stands for itself; as an expression it would be none."""
    is_name = isinstance(value, str) and ("/" in value or value == "UTC") and find_zone(value) is not None
    return f"'{value}'" if is_name else value


def _time_format(value: str) -> str:
    from chalicelib.bookings.providers.mapped_times import check_format  # noqa: PLC0415 - only mappings pay for it

    check_format(value)
    return value


def _public_key(value: str) -> str:
    from chalicelib.bookings.providers.rs256 import public_key  # noqa: PLC0415 - only connections of this kind pay for it

    public_key(value)
    return value


Expression = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_expression)]


class MappingForm(Form):
    """Where provider "json" finds things; see its module."""

    model_config = ConfigDict(extra="forbid")

    uid: Expression
    start: Expression
    items: Expression | None = None
    end: Expression | None = None
    length_min: Expression | None = None
    length_s: Expression | None = None
    length: Expression | None = None
    status: Expression | None = None
    statuses: dict[str, Literal["booked", "requested", "cancelled", "rejected", "no_show"] | None] = Field(
        default_factory=dict, max_length=100
    )
    order: Expression | None = None
    timezone: Annotated[Expression | None, BeforeValidator(_zone_expression)] = None
    customers: Expression | None = None
    name: Expression | None = None
    email: Expression | None = None
    phone: Expression | None = None
    locale: Expression | None = None
    title: Expression | None = None
    service: Expression | None = None
    calendar: Expression | None = None
    moved_from: Expression | None = None
    address: Expression | None = None
    remote: Expression | None = None
    location: Expression | None = None
    body: Literal["json", "form", "xml", "jwt"] | None = None  # None: by the Content-Type
    time_format: Annotated[str, StringConstraints(max_length=60), AfterValidator(_time_format)] | None = None


ZONES_MAX = 50  # names of zones that a connection knows


class ZoneNameForm(Form):
    """What one name of a time zone stands for at a connection: a TZID of a calendar, a Windows or Rails name."""

    name: Line
    zone: Zone


class SignatureForm(Form):
    """How the calls of provider "json" are signed."""

    scheme: Literal["hex", "base64", "token", "rs256"]
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$", max_length=80)] | None = None
    prefix: Annotated[str, StringConstraints(max_length=20)] = ""
    key: Annotated[str, StringConstraints(max_length=4000), AfterValidator(_public_key)] | None = None  # of rs256: PEM

    @model_validator(mode="after")
    def _needs(self) -> SignatureForm:
        """A token is the body, unless a header is named; every other signature stands in a header."""
        if self.scheme == "rs256" and self.key is None:
            raise ValueError("needs key: the tool's public key as PEM")
        if self.scheme != "rs256" and self.header is None:
            raise ValueError("needs header: the one that holds the signature")
        return self


class ConnectionForm(Form):
    """PUT /admin/businesses/{business_id}/connections/{conn_id}. Everything but provider and secret is a setting."""

    provider: str
    secret: Secret | None = None
    overlap_h: float | None = Field(default=None, ge=0, le=24 * 30)  # how long the previous secret stays valid
    event_types: tuple[Line, ...] = Field(default=(), max_length=200)  # ids, slugs or titles that count; empty: all
    calendars: dict[str, VenueForm] = Field(default_factory=dict, max_length=200)
    length_min: dict[str, Minutes] = Field(default_factory=dict, max_length=200)  # event type ("*": any) → its length
    phone_field: Line | None = None  # name of the form's field that holds the customer's phone
    origin_field: Line | None = None  # name of the form's field that says where the customer comes from
    visit_needs: tuple[Literal["reachable", "busy"], ...] | None = None  # what makes a visit; see `providers/visits`
    tool_reminds: bool = False  # the booking tool already reminds its customers
    tool_tells_cancel: bool | None = None  # it tells them of a cancelling itself; None: as tools of its kind do
    notification_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)] | None = None
    feed_url: Annotated[str, StringConstraints(pattern=r"^(https?|webcal)://\S+$", max_length=1000)] | None = None
    credentials: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@-]+$", max_length=300)] | None = (
        None  # a secret's *name*
    )
    account: Line | None = None  # whose calendar, site or business the tool is to be asked about
    mapping: MappingForm | None = None  # of provider "json"
    signature: SignatureForm | None = None  # of provider "json"
    api_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=300)] | None = None
    timezone: Zone | None = None  # of times that the tool sends without one
    zones: dict[Line, Zone] = Field(
        default_factory=dict, max_length=ZONES_MAX
    )  # what the tool's own zone names stand for
