"""The page behind a ticket's link: server-rendered, useful without JavaScript, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.foundation.locales import language_of
from chalicelib.pages.customer.links import geo_link, map_link, phone_text, tel_link
from chalicelib.pages.customer.view import CLOSED_SCENES, Scene, venue_zone_of, view_of
from chalicelib.pages.customer.wording import Wording
from chalicelib.pages.page import html_page
from chalicelib.tickets.outage_impact import hold, impact_on, is_held

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import jinja2

    from chalicelib.bookings.business import Business
    from chalicelib.pages.customer.links import TicketLinks
    from chalicelib.pages.page import Page
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place

BUSY_S = 10  # until a page that could not be made is asked for again
TEMPLATES_FOLDER = Path(__file__).parent / "templates"


@cache
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 - only pages need it: other doors start without

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _inline_asset(name: str) -> tuple[str, str]:
    """A style sheet or script as it goes into the page, and its source expression for the policy."""
    import markupsafe  # noqa: PLC0415 - comes with jinja2

    text = (TEMPLATES_FOLDER / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return markupsafe.Markup(text), f"'sha256-{digest}'"  # noqa: S704 - our own file


@cache
def _policy() -> str:
    """Content-Security-Policy: exactly our style and script, requests and forms only to ourselves."""
    _, style = _inline_asset("ticket.css")
    _, script = _inline_asset("ticket.js")
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _render(status: int, template: str, **values: object) -> Page:
    css, _ = _inline_asset("ticket.css")
    js, _ = _inline_asset("ticket.js")
    return html_page(status, _templates().get_template(template).render(css=css, js=js, **values), _policy())


def ticket_page(
    ticket: Ticket,
    business: Business,
    now: datetime,
    *,
    links: TicketLinks,
    query: str = "",
    found: Sequence[Place] | None = None,
    trouble: str = "",
    checked_at: datetime | None = None,
    accept_language: str = "",
) -> Page:
    """The ticket as one page. `now` is aware.

    `found` are the stops for `query` (None: nothing was searched). `trouble` is a code of `origin.BadOrigin`; codes
    without a sentence in the catalogue are ignored. `checked_at` is when the timetable was last known to be current.
    """
    if is_held(ticket, business, now):  # perhaps nobody has looked at it yet
        ticket = hold(ticket)
    zone = venue_zone_of(ticket)
    words = Wording(language_of(ticket.customer.locale, accept_language, business.locale), now.astimezone(zone))
    view = view_of(ticket, now)
    first = view.way.itinerary if view.way else None
    note = f"no_plan.{view.note}"
    closed = view.scene in CLOSED_SCENES
    impact = None if closed else impact_on(ticket, business, now)
    return _render(
        200,
        "ticket.html",
        w=words,
        view=view,
        impact=impact,
        business=business,
        links=links,
        venue=None if closed else ticket.venue,
        origin=ticket.origin if view.may_set_origin else None,
        assumed=ticket.origin_assumed,
        start_at=ticket.start,
        end_at=ticket.end,
        leave_by=ticket.leave_by or (first.leave_at if first else None),
        arrive_at=ticket.arrive_at or (first.arrive_at if first else None),
        elsewhere=bool(ticket.customer.timezone and ticket.customer.timezone != ticket.timezone),
        note_key=note if words.has(note) else "no_plan.unknown",
        query=query,
        found=found if view.may_set_origin else None,
        asking=found is not None or bool(trouble) or view.scene is Scene.ASK,
        trouble=words.say(f"trouble.{trouble}") if words.has(f"trouble.{trouble}") else "",
        checked_at=checked_at,
        map_href=map_link(ticket.venue),
        geo_href=geo_link(ticket.venue),
        phone=phone_text(business.phone) if business.phone else "",
        tel_href=tel_link(business.phone) if business.phone else "",
    )


def no_ticket_page(now: datetime, accept_language: str = "") -> Page:
    """For every address that leads to no ticket; it is the same whether there ever was one."""
    return _plain(404, "gone", now, accept_language)


def busy_page(now: datetime, accept_language: str = "") -> Page:
    """For when the ticket cannot be read just now; it tries again by itself."""
    return _plain(503, "busy", now, accept_language, again_s=BUSY_S)


def _plain(status: int, what: str, now: datetime, accept_language: str, again_s: int = 0) -> Page:
    page = _render(status, "plain.html", w=Wording(language_of(accept_language), now), what=what, again_s=again_s)
    return replace(page, headers={**page.headers, "Retry-After": str(again_s)}) if again_s else page
