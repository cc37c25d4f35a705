"""The JSON of what a customer says on their page: where they come from, and whatever else; as pydantic models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from chalicelib.entrypoints.json_shapes import Instant, Latitude, Longitude, Ticket, may_be_absent
from chalicelib.notices.rendering.texts import WORDS_LENGTH
from chalicelib.pages.customer.origin import STOP_ID_MAX
from chalicelib.tickets.origin import MINUTES_TO_STOP_MAX
from chalicelib.tickets.said.wish import BY_MIN_MAX, LATE_MIN_MAX


class OriginForgotten(BaseModel):
    """The starting point is to be deleted, whatever else is sent."""

    forget: Literal[True]


class OriginPoint(BaseModel):
    """A place on earth; minutes on foot are said of stops only."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["minutes"]}})

    lat: Latitude
    lon: Longitude
    stop_id: None = may_be_absent()
    forget: Literal[False] | None = may_be_absent()


class OriginStop(BaseModel):
    """A stop of the timetable, as …/places gives it."""

    stop_id: Annotated[str, Field(min_length=1, max_length=STOP_ID_MAX)]
    minutes: Annotated[int, Field(ge=0, le=MINUTES_TO_STOP_MAX)] = may_be_absent("on foot to it; 3 unless it is said")
    lat: None = may_be_absent()
    lon: None = may_be_absent()
    forget: Literal[False] | None = may_be_absent()


class Origin(RootModel[OriginForgotten | OriginPoint | OriginStop]):
    """Where the customer comes from: one of a point, a stop, and nothing any more. Other members are ignored."""


class Heard(BaseModel):
    """What now happens, in the customer's language, and the ticket as it then is."""

    answer: str
    ticket: Ticket


class SaidLate(BaseModel):
    """They will be late by so many minutes."""

    what: Literal["late"]
    minutes: Annotated[int, Field(ge=1, le=LATE_MIN_MAX)]


class SaidBy(BaseModel):
    """They come by themselves, in so many minutes."""

    what: Literal["by"]
    value: Literal["car", "foot", "bike"]
    minutes: Annotated[int, Field(ge=1, le=BY_MIN_MAX)]


class SaidChoice(BaseModel):
    """They take this one of the options: its trip_ids in order, a space between; "walk" where there are none."""

    what: Literal["choose"]
    value: Annotated[str, Field(min_length=1, max_length=400)]


class SaidLanguage(BaseModel):
    """The language that they want to be spoken to."""

    what: Literal["language"]
    value: Literal["en", "de", "fr", "es"]


class SaidChannel(BaseModel):
    """By which channel they want to hear."""

    what: Literal["channel"]
    value: Literal["sms", "mail"]


class SaidPlain(BaseModel):
    """What needs no more words."""

    what: Literal["here", "coming", "cannot_come", "another_time", "reminder_only", "stop", "start", "forget"]


class Say(RootModel[SaidLate | SaidBy | SaidChoice | SaidLanguage | SaidChannel | SaidPlain]):
    """One thing that the customer says. Other members are ignored."""


class Message(BaseModel):
    """What a customer wrote, in their words."""

    message_id: str
    ticket_id: str
    name: str
    text: str
    at: Instant
    language: str
    answered_at: Instant | None


class Messages(BaseModel):
    """Oldest first."""

    messages: list[Message]


class Answered(BaseModel):
    """The message as it is then."""

    message: Message


class Answer(BaseModel):
    """What is sent to the customer; nothing is, where it is left out."""

    text: Annotated[str, Field(max_length=WORDS_LENGTH)] = may_be_absent()
