"""Whether an appointment takes place by telephone or screen: then nobody sets out for it, and no journey is told."""

from __future__ import annotations

import re
from typing import Any

from chalicelib.bookings.providers import reading

_LINK = re.compile(r"(https?://|integrations:|conferencing$|link$)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d\s()./-]{6,}$")
_BY_NAME = re.compile(
    r"(microsoft teams|zoom|google meet|webex|gotomeeting|skype|cal video|jitsi|whereby|facetime"
    r"|userphone|attendeephone|phone|phone call|telephone|telefon)\b(?!.*\d{1,4}\s+\w)",
    re.IGNORECASE,
)
KINDS = frozenset({"zoom", "google_meet", "webex", "microsoft_teams", "gotomeeting"})  # beside …_call and …_conference


def is_remote(location: Any) -> bool | None:
    """Whether a place, as a tool words it, is a link, a number or a service to call; None without a place."""
    place = reading.clean(location)
    if place is None:
        return None
    return any(pattern.match(place) for pattern in (_LINK, _NUMBER, _BY_NAME))


def is_remote_kind(kind: Any, location: Any = None) -> bool | None:
    """The same for a kind of place, such as Calendly's ("zoom", "outbound_call", "physical"); else by the place."""
    name = (reading.clean(kind) or "").casefold()
    if name in KINDS or name.endswith(("_call", "_conference")):
        return True
    return False if name == "physical" else is_remote(location)
