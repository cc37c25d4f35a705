"""What an operator may write about a business and a connection, checked by pydantic.

Imported only when something is configured, so that handling webhooks never pays for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from chalicelib.bookings.providers.reading import SHOWN_MAX, known_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Minutes = Annotated[int, Field(ge=1, le=31 * 24 * 60)]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+$", max_length=254)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=500)]


E164_LENGTHS = range(8, 17)  # with the +


def _zone(value: Any) -> Any:
    if not isinstance(value, str) or known_zone(value) is None:
        raise ValueError("is not an IANA time zone such as Europe/Vilnius")
    return value


def _phone(value: Any) -> Any:
    """Blanks, dots, brackets and dashes are taken out; what is left must be E.164."""
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - pydantic takes only ValueError for a finding
    digits = "".join(c for c in value if c not in " .-()/\u00a0")
    if not (digits.startswith("+") and digits[1:].isascii() and digits[1:].isdigit() and len(digits) in E164_LENGTHS):
        raise ValueError("must be an international number such as +44 20 7946 0000")
    return digits


Zone = Annotated[str, BeforeValidator(_zone)]
Phone = Annotated[str, BeforeValidator(_phone)]


class Form(BaseModel):
    """What the form does not know is named by `unknown_fields`; NaN and infinity are no numbers here."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class LocationForm(Form):
    """A point, WGS 84 degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class BusinessForm(Form):
    """PUT /admin/businesses/{business_id}."""

    name: Line
    timezone: Zone
    location: LocationForm
    feed: Identifier
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")] = "en"
    phone: Phone | None = None
    operator_mail: MailAddress | None = None
    sender: (
        Annotated[str, StringConstraints(pattern=r"^[0-9]{0,10}[A-Za-z][A-Za-z0-9]{0,10}$", max_length=11)] | None
    ) = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    notices: dict[str, bool] = Field(default_factory=dict, max_length=50)
    lead_min: int = Field(default=15, ge=0, le=240)
    early_min: int = Field(default=5, ge=0, le=120)
    change_s: int = Field(default=60, ge=0, le=3600)
    on_time_target: float = Field(default=0.9, ge=0.5, le=0.99)


class VenueForm(LocationForm):
    """Where the appointments of one calendar take place."""

    name: Line


def _expression(value: Any) -> Any:
    import jmespath  # noqa: PLC0415 - only mappings pay for it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - the same

    try:
        jmespath.compile(value)
    except (JMESPathError, AttributeError, TypeError):
        raise ValueError("is not a JMESPath expression (jmespath.org)") from None
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
    status: Expression | None = None
    statuses: dict[str, Literal["booked", "requested", "cancelled", "rejected", "no_show"] | None] = Field(
        default_factory=dict, max_length=100
    )
    order: Expression | None = None
    timezone: Expression | None = None
    name: Expression | None = None
    email: Expression | None = None
    phone: Expression | None = None
    locale: Expression | None = None
    title: Expression | None = None
    service: Expression | None = None
    calendar: Expression | None = None
    moved_from: Expression | None = None
    address: Expression | None = None


class SignatureForm(Form):
    """How the calls of provider "json" are signed."""

    scheme: Literal["hex", "base64", "token"]
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$", max_length=80)]
    prefix: Annotated[str, StringConstraints(max_length=20)] = ""


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
    tool_reminds: bool = False  # the booking tool already reminds its customers
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


def findings(error: ValidationError) -> str:
    """All that is wrong, in one line, without repeating values (they may be personal or secret)."""
    parts = []
    for one in error.errors(include_input=False, include_url=False)[:5]:
        where = ".".join(str(step) for step in one["loc"])[:SHOWN_MAX] or "the body"
        parts.append(f"{where}: {one['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)


def unknown_fields(form: type[Form], body: dict[str, Any], path: str = "") -> tuple[str, ...]:
    """Names in a body that mean nothing to the form ("location.height"): most often a slip of the pen."""
    found = [f"{path}{name}" for name in body if name not in form.model_fields]
    for name, field in form.model_fields.items():
        for key, value, inner in _inside(field.annotation, body.get(name)):
            found += unknown_fields(inner, value, f"{path}{name}.{key}")
    return tuple(sorted(found))


def _inside(annotation: Any, value: Any) -> Iterator[tuple[str, dict[str, Any], type[Form]]]:
    """The forms within a field's value: (path below the field, value, form)."""
    kinds = (annotation, *get_args(annotation))
    inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Form)), None)
    if inner is None or not isinstance(value, dict):
        return
    if get_origin(annotation) is dict:
        yield from ((f"{key}.", one, inner) for key, one in value.items() if isinstance(one, dict))
    else:
        yield "", value, inner
