"""The rows of GBFS files that we use, as their publishers write them; what does not fit is counted, never guessed.

Specification: github.com/MobilityData/gbfs, gbfs.md, versions 1.1 to 3.0. What differs between them: flags are 0/1 in
1.x; `bike` became `vehicle` and texts became arrays of {"text", "language"} in 3.0; instants are POSIX seconds up to
2.3 and RFC 3339 in 3.0. A row whose optional field is broken is read without it; one whose required field is missing
or broken is left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
    model_validator,
)

from feeds.realtime.decode import MILLISECONDS_FROM

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from pydantic import ValidatorFunctionWrapHandler

ROWS_MAX = 50_000  # of one file; what is beyond is counted as rejected
COUNT_MAX = 10_000  # vehicles or docks of one station: more is a mistake
RANGE_MAX_M = 1_000_000  # of one charge: more is a mistake
GBFS_NAME_MAX = 120  # characters: a line on a telephone


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def posix_of(value: Any) -> int:
    """An instant as POSIX seconds; 0 where none is said or it cannot be read."""
    if isinstance(value, str):
        try:
            said = datetime.fromisoformat(value)
            return max(0, int((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()))
        except (ValueError, OverflowError, OSError):
            value = int(value) if value.isdecimal() and len(value) < len(str(MILLISECONDS_FROM)) + 3 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < MILLISECONDS_FROM * 1000:
        return 0
    return int(value / 1000) if value >= MILLISECONDS_FROM else int(value)


def _text(value: Any) -> Any:
    """A text, or the first of a localised array."""
    if isinstance(value, list):
        texts = (one.get("text") for one in value if isinstance(one, dict))
        value = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    return " ".join(value.split())[:GBFS_NAME_MAX] if isinstance(value, str) else value


PlainText = Annotated[str, BeforeValidator(_text), WrapValidator(lambda value, read: _or_none(value, read) or "")]
Timestamp = Annotated[int, BeforeValidator(posix_of)]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]
GbfsId = Annotated[str, Field(min_length=1, max_length=256)]


class GbfsRow(BaseModel):
    """What all rows have: unknown fields are ignored, numbers serve as texts."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False)


class Placed(GbfsRow):
    """Somewhere. Nowhere on earth are bikes shared at 0/0: that is a position that was not known."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]

    @model_validator(mode="after")
    def _somewhere(self) -> Placed:
        if self.lat == 0 and self.lon == 0:
            raise ValueError("0/0")
        return self


class StationInformation(Placed):
    """Of station_information."""

    station_id: GbfsId
    name: PlainText = ""
    capacity: Annotated[Count | None, WrapValidator(_or_none)] = None


class OfType(GbfsRow):
    """How many of one type of vehicle."""

    vehicle_type_id: GbfsId
    count: Count


class DocksFor(GbfsRow):
    """How many docks take these types of vehicle."""

    vehicle_type_ids: list[GbfsId]
    count: Count


class StationStatus(GbfsRow):
    """Of station_status."""

    station_id: GbfsId
    vehicles: Count = Field(validation_alias=AliasChoices("num_vehicles_available", "num_bikes_available"))
    disabled: Annotated[Count | None, WrapValidator(_or_none)] = Field(
        None, validation_alias=AliasChoices("num_vehicles_disabled", "num_bikes_disabled")
    )
    docks: Count | None = Field(None, validation_alias="num_docks_available")
    is_installed: bool = True
    is_renting: bool
    is_returning: bool
    last_reported: Timestamp = 0
    by_type: Annotated[list[OfType] | None, Field(validation_alias="vehicle_types_available")] = None
    docks_by_type: Annotated[list[DocksFor] | None, Field(validation_alias="vehicle_docks_available")] = None


class VehicleType(GbfsRow):
    """Of vehicle_types."""

    vehicle_type_id: GbfsId
    form_factor: str
    return_constraint: Annotated[str | None, WrapValidator(_or_none)] = None


class Vehicle(Placed):
    """Of free_bike_status (up to 2.3) or vehicle_status (3.0)."""

    vehicle_id: GbfsId = Field(validation_alias=AliasChoices("vehicle_id", "bike_id"))
    is_reserved: bool
    is_disabled: bool
    vehicle_type_id: Annotated[GbfsId | None, WrapValidator(_or_none)] = None
    range_m: Annotated[float | None, Field(ge=0, le=RANGE_MAX_M), WrapValidator(_or_none)] = Field(
        None, validation_alias="current_range_meters"
    )


class SystemInformation(GbfsRow):
    """system_information; its timetable of opening hours and its prices are the operator's own matter."""

    name: PlainText = ""
    url: PlainText = ""


AnyRow = TypeVar("AnyRow", bound=GbfsRow)


def read_rows(kind: type[AnyRow], rows: Any, rejected: Counter[str]) -> Iterator[AnyRow]:
    """The readable rows of a list; the others are counted by field and fault. What is no list has no rows."""
    name = kind.__name__
    if not isinstance(rows, list):
        rejected[f"{name}: no list"] += 1
        return
    if len(rows) > ROWS_MAX:
        rejected[f"{name}: more than {ROWS_MAX}"] += len(rows) - ROWS_MAX
    for raw in rows[:ROWS_MAX]:
        try:
            yield kind.model_validate(raw)
        except ValidationError as reason:
            fault = reason.errors(include_url=False, include_context=False, include_input=False)[0]
            field = next((str(step) for step in fault["loc"] if isinstance(step, str)), "row")
            rejected[f"{name}: {field} {fault['type']}"] += 1
