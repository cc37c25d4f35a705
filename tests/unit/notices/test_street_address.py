"""The street address of a business: as an operator writes it, as people read it, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import icalendar
import pytest

from chalicelib.bookings.business import StreetAddress
from chalicelib.bookings.config import Config, business_from
from chalicelib.foundation.invalid import Invalid
from chalicelib.notices.compose import compose_notice
from chalicelib.notices.policy.situation import Say
from chalicelib.notices.rendering.street_address import address_lines
from chalicelib.pages.customer.ticket_ics import ticket_ics
from chalicelib.transit.itinerary import Place
from tests.fakes.memory import ManualClock, MemoryDocuments
from tests.fakes.reading import read, request_for
from tests.fakes.salon import START, URL, at
from tests.fakes.visits import NOON, SALON, STAGES, planned

NOW = at("2 10:00")
BODY = {
    "name": "Salon Lind", "timezone": "Europe/Vienna", "location": {"lat": 48.2005, "lon": 16.3705}, "feed": "town",
}  # a table, read by rows # fmt: skip
FULL = {"street": "M\u00fchlgasse 5", "floor": "2", "door": "7", "postcode": "1010", "city": "Wien"}
BUSINESS = replace(SALON, address=StreetAddress(**FULL))


def stored(address: object) -> Any:
    documents = MemoryDocuments(ManualClock(NOW))
    Config(documents).put_business("salon", BODY | {"address": address}, NOW)
    return Config(documents).business("salon")


def test_an_address_is_taken_in_parts_or_as_one_line_and_kept() -> None:
    assert stored(FULL).address == StreetAddress(**FULL)
    assert stored("  M\u00fchlgasse 5, 1010 Wien ").address == StreetAddress("M\u00fchlgasse 5, 1010 Wien")
    assert stored(None).address is None


@pytest.mark.parametrize(
    "address", ["", "  ", "x" * 121, {"city": "Wien"}, 5, ["a"], {"street": "a", "city": "x" * 121}]
)
def test_what_is_no_address_is_refused_by_name(address: object) -> None:
    with pytest.raises(Invalid, match="address"):
        stored(address)


def test_a_business_that_was_stored_before_has_none() -> None:
    fields = {"business_id": "b", "name": "B", "timezone": "UTC", "lat": 1.0, "lon": 2.0, "feed": "f"}
    assert business_from({"business": fields, "version": 1}).address is None


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("en", "M\u00fchlgasse 5, floor 2, door 7"), ("de", "M\u00fchlgasse 5, 2. Stock, T\u00fcr 7"),
        ("fr", "M\u00fchlgasse 5, \u00e9tage 2, porte 7"), ("es", "M\u00fchlgasse 5, piso 2, puerta 7"),
    ],
)  # a table, read by rows # fmt: skip
def test_bare_numbers_are_named_in_the_language(locale: str, line: str) -> None:
    assert address_lines(planned(), BUSINESS, locale) == (line, "1010 Wien")


def test_words_of_the_operator_stay_as_they_are() -> None:
    address = StreetAddress("1 High St", floor="upstairs", door="ring twice", city="Bath")
    assert address_lines(planned(), replace(SALON, address=address), "en") == (
        "1 High St, upstairs, ring twice",
        "Bath",
    )


def test_an_appointment_at_another_place_is_not_sent_to_the_business() -> None:
    elsewhere = replace(planned(), venue=Place("Branch", 48.25, 16.45))
    assert address_lines(elsewhere, BUSINESS, "en") == ()
    assert "M\u00fchlgasse" not in read(elsewhere, NOON, business=BUSINESS).text


def test_it_stands_on_the_page_and_in_the_calendar_entry() -> None:
    for stage in ("waiting", "planned", "under_way"):
        assert "Salon Lind M\u00fchlgasse 5, floor 2, door 7 1010 Wien" in read(*STAGES[stage], business=BUSINESS).text
    event = icalendar.Calendar.from_ical(ticket_ics(request_for(planned(), NOON, BUSINESS)).body).events[0]
    assert event["LOCATION"] == "Salon Lind, M\u00fchlgasse 5, floor 2, door 7, 1010 Wien"


@pytest.mark.parametrize("kind", ["booked", "reminder", "leave_by"])
def test_a_mail_holds_it_and_a_text_does_not(kind: str) -> None:
    say = Say(kind, "planned" if kind != "leave_by" else "plain", START, START)
    ticket = planned()
    text = compose_notice(say, ticket, BUSINESS, NOW, URL)
    mail = compose_notice(say, replace(ticket, customer=replace(ticket.customer, phone=None)), BUSINESS, NOW, URL)
    assert (text.channel, mail.channel) == ("sms", "mail")
    assert "M\u00fchlgasse" not in text.text
    assert mail.text == f"{text.text}\n\nSalon Lind\nM\u00fchlgasse 5, floor 2, door 7\n1010 Wien"


def test_a_mail_of_a_cancelled_visit_sends_nobody_there() -> None:
    ticket = replace(planned(), customer=replace(planned().customer, phone=None))
    assert (
        "M\u00fchlgasse" not in compose_notice(Say("cancelled", "plain", START, START), ticket, BUSINESS, NOW, URL).text
    )
