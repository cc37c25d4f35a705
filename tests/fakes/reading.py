"""Reads a page as a person or a screen reader would: visible text, links, forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from chalicelib.pages.customer.links import TicketLinks
from chalicelib.pages.customer.origin import OriginSearch
from chalicelib.pages.customer.ticket_page import ticket_page
from chalicelib.pages.customer.ticket_request import TicketRequest
from chalicelib.pages.customer.view import view_of
from tests.fakes.visits import SALON, STAGES

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.pages.page import Page
    from chalicelib.tickets.ticket import Ticket

VOID = {"meta", "link", "input", "br", "hr", "img"}
UNSEEN = {"style", "script", "title", "head", "noscript"}


@dataclass
class Element:
    """A tag with its attributes and the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]


@dataclass
class Reading(HTMLParser):
    """`text` is what is seen, blanks collapsed; `unclosed` must be empty for a page that is well formed."""

    elements: list[Element] = field(default_factory=list)
    unclosed: list[Element] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def of(cls, body: bytes) -> Reading:
        reading = cls()
        reading.feed(body.decode())
        reading.close()
        assert not reading.unclosed, [element.tag for element in reading.unclosed]
        return reading

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.seen).split())

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attributes.get(k) == v for k, v in attributes.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        (element,) = self.all(tag, **attributes)
        return element

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self.unclosed.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed, f"</{tag}> closes nothing"
        assert self.unclosed[-1].tag == tag, f"</{tag}> closes <{self.unclosed[-1].tag}>"
        self.unclosed.pop()

    def handle_data(self, data: str) -> None:
        for element in self.unclosed:
            element.text += data
        if not any(element.tag in UNSEEN for element in self.unclosed):
            self.seen.append(data)


def request_for(ticket: Ticket, now: datetime, business: Business = SALON, accept_language: str = "") -> TicketRequest:
    return TicketRequest(ticket, business, now, TicketLinks("https://hub.example.com", ticket.token), accept_language)


def page_of(
    ticket: Ticket,
    now: datetime,
    *,
    business: Business = SALON,
    accept_language: str = "",
    current_as_of: datetime | None = None,
    **search: Any,
) -> Page:
    """The page; `search` are the fields of an `OriginSearch`."""
    request = request_for(ticket, now, business, accept_language)
    return ticket_page(request, view_of(ticket, business, now), OriginSearch(**search), current_as_of)


def read(ticket: Ticket, now: datetime, **more: Any) -> Reading:
    return Reading.of(page_of(ticket, now, **more).body)


def read_stage(stage: str) -> Reading:
    return read(*STAGES[stage])
