"""The status as a page: readable without JavaScript, nothing loaded from elsewhere, nothing about any one person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.pages.customer.links import phone_text, tel_link
from chalicelib.pages.page import Page
from chalicelib.pages.status.status import ended_at
from chalicelib.pages.templates import inline_asset, templates_in

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.pages.customer.wording import Wording
    from chalicelib.pages.status.status import Status

TEMPLATES_FOLDER = Path(__file__).parent / "templates"
SHARED_FOLDER = TEMPLATES_FOLDER.parents[1] / "customer" / "templates"  # the frame and the style of every page
AGAIN_S = 60  # an open page asks again after this long
PUBLIC = {
    "Cache-Control": f"public, max-age={AGAIN_S // 2}",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""On every answer about a business's status: it is for everybody."""


def status_page(status: Status, words: Wording, address: str) -> Page:
    """The page in the reader's language; `address` is its own, without a slash at the end."""
    business = status.business
    return _html(
        200,
        "status.html",
        words,
        status=status,
        business=business,
        ended_at=ended_at,
        until=until,
        address=address,
        again_s=AGAIN_S,
        phone=phone_text(business.phone) if business.phone else "",
        tel_href=tel_link(business.phone) if business.phone else "",
    )


def until(words: Wording, since: datetime, instant: datetime) -> str:
    """An instant that follows another: the time alone where it is on the same day."""
    is_same_day = instant.astimezone(words.now.tzinfo).date() == since.astimezone(words.now.tzinfo).date()
    return words.leaving(instant) if is_same_day else words.full(instant)


def unknown_page(words: Wording) -> Page:
    """For the status of a business that is not there."""
    return _html(404, "unknown.html", words)


def _html(code: int, template: str, words: Wording, **values: object) -> Page:
    css, style = inline_asset(SHARED_FOLDER / "ticket.css")
    policy = f"default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    body = templates_in(TEMPLATES_FOLDER, SHARED_FOLDER).get_template(template).render(css=css, w=words, **values)
    kind = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Vary": "Accept-Language"}
    return Page(code, {**PUBLIC, **kind}, body.encode("utf-8", "replace"))
