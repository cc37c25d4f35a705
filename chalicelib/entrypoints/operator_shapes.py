"""The JSON of keys, health and whatever else only operators ask for, as pydantic models; see `json_shapes`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chalicelib.bookings.access.caller import KeyKind
from chalicelib.bookings.access.keyring import LABEL_MAX
from chalicelib.entrypoints.json_shapes import Business, Closed, Feed, Instant, may_be_absent


class PartHealth(Closed):
    """One part of the hub."""

    ok: bool
    age_s: int = may_be_absent("how long ago it last did something, or how long the oldest waits")
    why: str = may_be_absent()


class Health(Closed):
    """Whether each part of the hub is well."""

    ok: bool
    parts: dict[str, PartHealth]


class KeyForm(BaseModel):
    """What a key is called by who gives it out."""

    label: Annotated[str, Field(max_length=LABEL_MAX)] = may_be_absent("who or what has it")


class NewKey(Closed):
    """A key, this once."""

    key_id: str
    kind: Literal[KeyKind.OPERATOR, KeyKind.BUSINESS]
    business_id: str | None
    key: str
    says: str


class NewStaffLink(Closed):
    """A staff page's address, this once."""

    key_id: str
    kind: Literal[KeyKind.STAFF]
    business_id: str
    staff_link: str = Field(description="the last step of the address")
    url: str
    says: str


class AccessKey(Closed):
    """A key without the key."""

    key_id: str
    kind: KeyKind
    business_id: str | None
    label: str
    created_at: Instant | None = Field(description="null: the first key, which the deployment made")
    last_used_at: Instant | None = Field(description="known to five minutes")


class AccessKeys(Closed):
    """By name."""

    keys: list[AccessKey]


class Revoked(Closed):
    """Nobody gets in with it any more."""

    key_id: str
    revoked: bool


class PageForm(BaseModel):
    """The fields of a form, as its page has them; `csrf` is the session's."""

    csrf: str = may_be_absent("in every form but the one that takes the key")


class ListedBusiness(Business):
    """A business, and how it stands with its feed (`transit/data/feed_health` names the states)."""

    feed_state: str
    feed_ends: str | None = Field(description="the last service day, YYYY-MM-DD")


class Businesses(Closed):
    """By id."""

    businesses: list[ListedBusiness]


class Feeds(Closed):
    """By id."""

    feeds: list[Feed]


class OutboxMessage(Closed):
    """A text or mail as it would have gone out; `at` in UTC."""

    id: int
    at: str
    channel: str
    to: str
    subject: str
    body: str


class Outbox(Closed):
    """The newest first."""

    messages: list[OutboxMessage]


class DeadLetter(Closed):
    """A message that failed too often."""

    id: int
    queue: str
    body: str


class DeadLetters(Closed):
    """The newest first."""

    dead_letters: list[DeadLetter]


class DeadIds(Closed):
    """Which of them."""

    ids: list[int]


class TrialBooked(Closed):
    """The booking; its ticket comes in a moment."""

    uid: str
    booking_id: str
