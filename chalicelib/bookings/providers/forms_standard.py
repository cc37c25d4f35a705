"""Our own booking format, as pydantic checks it and as its JSON schema documents it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.bookings.limits import ATTENDEES_MAX
from chalicelib.bookings.providers.reading import TEXT_MAX, UID_MAX

Text = Annotated[str, StringConstraints(max_length=TEXT_MAX)]
Uid = Annotated[str, StringConstraints(min_length=1, max_length=UID_MAX)]


class Person(BaseModel):
    """Who comes. One of name, email and phone is needed."""

    model_config = ConfigDict(extra="ignore")

    name: Text | None = None
    email: Text | None = None
    phone: Text | None = Field(default=None, description="E.164, or as dialled in the business's country")
    locale: Text | None = Field(default=None, description="BCP 47, such as de or pt-BR")
    timezone: Text | None = Field(default=None, description="An IANA name; one that is none is passed over")
    address: Text | None = Field(default=None, description="Where this customer comes from: a stop, or coordinates")


class Data(BaseModel):
    """The whole appointment, as it is now."""

    model_config = ConfigDict(extra="ignore")

    uid: Uid
    status: Literal["booked", "requested", "cancelled", "rejected", "no_show"]
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    timezone: Text | None = Field(default=None, description="An IANA name; one that is none is passed over")
    version: Annotated[int, Field(ge=0, lt=10**18)] | None = Field(
        default=None, description="Grows with every change; without it the message's timestamp decides"
    )
    customers: list[Person] = Field(default_factory=list, max_length=ATTENDEES_MAX)
    title: Text | None = None
    service: Text | None = None
    calendar: Text | None = None
    moved_from: Uid | None = None
    address: Text | None = Field(default=None, description="Where the only customer comes from, in words")
    remote: bool | None = Field(default=None, description="By telephone or screen: nobody sets out for it")
    location: Text | None = Field(
        default=None, description="Where it takes place, in words; a link or a number means: by screen or telephone"
    )


class Message(BaseModel):
    """One webhook."""

    model_config = ConfigDict(extra="ignore", title="Booking webhook")

    type: Annotated[str, StringConstraints(pattern=r"^booking\.[a-z_.]+$", max_length=60)]
    timestamp: AwareDatetime
    data: Data
