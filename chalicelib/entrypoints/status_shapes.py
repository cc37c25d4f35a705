"""The JSON of outages: a rehearsal, and a business's public status as Statuspage's API v2 has it.

The status adds the range in which an outage will be over.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from chalicelib.entrypoints.json_shapes import Closed, Instant
from chalicelib.notices.notice import NoticeState


class StatusOwner(Closed):
    """Whose status it is."""

    id: str
    name: str
    url: str
    time_zone: str
    updated_at: Instant


class StatusIndicator(Closed):
    """How bad it is, in a word and in a sentence."""

    indicator: Literal["none", "major", "critical"]
    description: str


class StatusComponent(Closed):
    """The business itself, or its online booking."""

    id: Literal["business", "online_booking"]
    name: str
    status: Literal["operational", "major_outage"]


class IncidentUpdate(Closed):
    """What is said of an outage."""

    status: str
    body: str
    created_at: Instant


class StatusIncident(Closed):
    """An outage. The two `expected_…` are null when it is over."""

    id: str
    name: str
    status: Literal["investigating", "scheduled", "resolved"]
    impact: Literal["major", "critical"]
    shortlink: str
    created_at: Instant
    started_at: Instant
    updated_at: Instant
    resolved_at: Instant | None
    expected_back_from: Instant | None
    expected_back_until: Instant | None
    incident_updates: list[IncidentUpdate]


class StatusSummary(BaseModel):
    """What works, what is out of service, and what will be."""

    page: StatusOwner
    status: StatusIndicator
    components: list[StatusComponent]
    incidents: list[StatusIncident]
    scheduled_maintenances: list[StatusIncident]


class RehearsedNotice(Closed):
    """A message that would be sent, or why it would not."""

    ticket_id: str
    name: str
    start: Instant
    kind: str
    channel: str
    to: str
    text: str
    state: Literal[NoticeState.DUE, NoticeState.HELD, NoticeState.SUPPRESSED, NoticeState.FAILED]
    reason: str | None


class Rehearsal(Closed):
    """Whom an outage would tell what."""

    would_tell: list[RehearsedNotice]
