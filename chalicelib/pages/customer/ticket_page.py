"""The page behind a ticket's link: server-rendered, useful without JavaScript, nothing loaded from elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.foundation.locales import language_of
from chalicelib.notices.rendering.street_address import address_lines
from chalicelib.pages.customer.links import geo_link, map_link, phone_text, tel_link
from chalicelib.pages.customer.origin import OriginSearch
from chalicelib.pages.customer.taps.taps_view import taps_of
from chalicelib.pages.customer.wording import Wording
from chalicelib.pages.page import Page, html_page
from chalicelib.pages.templates import inline_asset, templates_in

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.pages.customer.ticket_request import TicketRequest
    from chalicelib.pages.customer.view import PageView

MINUTES_OFFERED = (0, 3, 5, 10)  # to the stop that the customer named
BUSY_S = 10  # until the script of a page that could not be made asks again
TEMPLATES_FOLDER = Path(__file__).parent / "templates"
NOTHING_SEARCHED = OriginSearch()


@cache
def _policy(script: str) -> str:
    """Content-Security-Policy: exactly our style and script, requests and forms only to ourselves."""
    _, style = inline_asset(TEMPLATES_FOLDER / "ticket.css")
    _, source = inline_asset(TEMPLATES_FOLDER / script)
    return (
        f"default-src 'none'; style-src {style}; script-src {source}; connect-src 'self'; img-src data:; "
        "form-action 'self'; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _render(status: int, template: str, script: str, **values: object) -> Page:
    css, _ = inline_asset(TEMPLATES_FOLDER / "ticket.css")
    js, _ = inline_asset(TEMPLATES_FOLDER / script)
    body = templates_in(TEMPLATES_FOLDER).get_template(template).render(css=css, js=js, **values)
    return html_page(status, body, _policy(script))


def ticket_page(
    request: TicketRequest,
    view: PageView,
    search: OriginSearch = NOTHING_SEARCHED,
    current_as_of: datetime | None = None,
    done: str = "",
) -> Page:
    """The ticket as one page. `current_as_of`: when the timetable was last known to be current.

    A trouble without a sentence in the catalogue is not shown.
    """
    ticket, business, words = request.ticket, request.business, request.words
    note, trouble = f"no_plan.{view.note}", f"trouble.{search.trouble}"
    return _render(
        200,
        "ticket.html",
        "ticket.js",
        w=words,
        view=view,
        taps=taps_of(ticket, view, request.now, done=done),
        business=business,
        links=request.links,
        venue=ticket.venue if view.shows_venue else None,
        origin=ticket.origin if view.may_set_origin else None,
        assumed=ticket.origin_assumed,
        minutes_to_stop=MINUTES_OFFERED,
        start_at=ticket.start,
        end_at=ticket.end,
        elsewhere=bool(ticket.customer.timezone and ticket.customer.timezone != ticket.timezone),
        note_key=note if words.has(note) else "no_plan.unknown",
        query=search.query,
        found=search.found if view.may_set_origin else None,
        asking=search.found is not None or bool(search.trouble) or view.asks_origin,
        trouble=words.say(trouble) if words.has(trouble) else "",
        current_as_of=current_as_of,
        address=address_lines(ticket, business, words.language),
        map_href=map_link(ticket.venue),
        geo_href=geo_link(ticket.venue),
        phone=phone_text(business.phone) if business.phone else "",
        tel_href=tel_link(business.phone) if business.phone else "",
    )


def service_worker() -> Page:
    """The script that keeps the last plan readable offline."""
    headers = {"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache"}
    return Page(200, headers, (TEMPLATES_FOLDER / "sw.js").read_bytes())


def with_etag(page: Page, seen: str) -> Page:
    """The page under its name; nothing but the name to who has it (`seen`: their If-None-Match)."""
    etag = f'"{hashlib.sha256(page.body).hexdigest()[:24]}"'
    named = replace(page, headers={**page.headers, "ETag": etag})
    return replace(named, status=304, body=b"") if etag in seen else named


def erase_kept(page: Page) -> Page:
    """The page of a visit that is over: what the browser kept of it is erased."""
    return replace(page, headers={**page.headers, "Clear-Site-Data": '"cache", "storage"'})


def no_ticket_page(now: datetime, accept_language: str = "") -> Page:
    """For every address that leads to no ticket; it is the same whether there ever was one."""
    return _plain(404, "gone", now, accept_language)


def busy_page(now: datetime, accept_language: str = "") -> Page:
    """For when the ticket cannot be read just now; it tries again by itself."""
    return _plain(503, "busy", now, accept_language, again_s=BUSY_S)


def _plain(status: int, what: str, now: datetime, accept_language: str, again_s: int = 0) -> Page:
    page = _render(
        status, "plain.html", "again.js", w=Wording(language_of(accept_language), now), what=what, again_s=again_s
    )
    return replace(page, headers={**page.headers, "Retry-After": str(again_s)}) if again_s else page
