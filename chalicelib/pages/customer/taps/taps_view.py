"""What the page offers to say, and what it says about what was said. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.pages.customer.taps.strip import strip_of
from chalicelib.pages.customer.view import CLOSED_SCENES, Scene
from chalicelib.tickets.said.choose import MIN_BY_TAP, is_choice_lost
from chalicelib.tickets.said.wish import rides_key, said_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.pages.customer.taps.strip import Strip
    from chalicelib.pages.customer.view import PageView
    from chalicelib.tickets.said.said import Said
    from chalicelib.tickets.ticket import Ticket

LATE_BY_TAP = (5, 10, 20, 30)
SAY_FROM = timedelta(hours=12)  # before the start: who is late, or here, knows it on the day
LANGUAGE_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}  # each as its speakers call it
ON_DAY = frozenset({Scene.ASK, Scene.NO_PLAN, Scene.PLAN, Scene.GO, Scene.MOVING, Scene.THERE})


@dataclass(frozen=True, slots=True)
class TapsView:
    """`says` are sentences: a key of the catalogue with its values. `keys`: what each other itinerary is chosen by."""

    says: tuple[tuple[str, Mapping[str, object]], ...]
    late_min: tuple[int, ...]  # offered; empty: not on this day
    may_be_here: bool
    may_cancel: bool
    cancel_url: str
    move_url: str
    may_come_alone: bool
    by_min: tuple[int, ...]
    said: Said
    keys: tuple[str, ...]
    has_settings: bool
    languages: Mapping[str, str]
    has_both_channels: bool
    has_phone: bool
    strip: Strip | None


def taps_of(ticket: Ticket, view: PageView, now: datetime, *, done: str = "") -> TapsView:
    """`done`: what was said just now ("late")."""
    said, scene = said_of(ticket), view.scene
    is_open = scene not in CLOSED_SCENES
    is_day = scene in ON_DAY and now >= ticket.start - SAY_FROM and view.impact is None
    return TapsView(
        says=tuple(_says(ticket, said, view, done)),
        late_min=LATE_BY_TAP if is_day and scene is not Scene.THERE and not said.here_at else (),
        may_be_here=is_day and not said.here_at,
        may_cancel=is_open and scene is not Scene.INSIDE,
        cancel_url=ticket.cancel_url,
        move_url=ticket.move_url,
        may_come_alone=scene in {Scene.ASK, Scene.NO_PLAN, Scene.PLAN},
        by_min=MIN_BY_TAP,
        said=said,
        keys=tuple(" ".join(rides_key(one.itinerary)) for one in view.others),
        has_settings=is_open,
        languages=LANGUAGE_NAMES,
        has_both_channels=bool(ticket.customer.phone and ticket.customer.email),
        has_phone=bool(ticket.customer.phone),
        strip=strip_of(view.first) if view.first else None,
    )


def _says(ticket: Ticket, said: Said, view: PageView, done: str) -> list[tuple[str, Mapping[str, object]]]:
    """What was said just now comes first; what stands of earlier is said as long as it holds."""
    if view.scene in CLOSED_SCENES:
        return []
    stands: list[tuple[str, Mapping[str, object]]] = []
    if said.late_at and not said.here_at:
        stands.append(("done.late", {"n": said.late_min}) if said.late_min else ("done.late_open", {}))
    if said.here_at:
        stands.append(("done.here", {}))
    if said.cannot_come_at:
        stands.append(("done.cannot_come", {}))
    if said.another_time_at:
        stands.append(("done.another_time", {}))
    if is_choice_lost(ticket):
        stands.append(("choice_lost", {}))
    just_now = {f"done.{done}"} - {key for key, _ in stands}
    known = {"done.choose", "done.by", "done.language", "done.channel", "done.reminder_only"}
    known |= {"done.stop", "done.start", "done.forget", "done.coming"}
    return [*((key, {}) for key in just_now & known), *stands]
