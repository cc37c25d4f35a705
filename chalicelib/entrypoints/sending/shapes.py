"""JSON shapes of gateways and of test messages; those of all else are in `json_shapes`."""

from __future__ import annotations

import typing
from typing import Literal

from pydantic import BaseModel, Field

from chalicelib.entrypoints.json_shapes import Notice, Remarks, may_be_absent


class TriedMessage(BaseModel):
    """A test message, and what became of it."""

    notice: Notice
    says: str = Field(description="in one sentence, with the carrier's words")


class TestMessageForm(BaseModel):
    """To whom: a phone number or a mail address; the business's own where it is left out."""

    to: str = may_be_absent()


class Gateway(Remarks):
    """A gateway without its secret."""

    gateway_id: str
    business_id: str | None = Field(description="null: the operator's, for businesses that have none of their own")
    provider: str
    takes: Literal["text", "mail"]
    credentials: str | None = Field(description="the name of its secret")
    settings: dict[str, typing.Any]
    per_s: float | None = Field(description="texts a second at most")
    inbound_url: str | None = Field(description="where it has to send reports and inbound texts")
    hears: str | None = Field(description="whether its calls can be checked, and what to do where not")
    version: int


class Gateways(BaseModel):
    """By id."""

    gateways: list[Gateway]
