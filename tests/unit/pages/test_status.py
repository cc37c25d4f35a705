"""A business's status: one sentence, what it means, what was; for people, for programs, as a feed; about nobody."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.outages.outage import Outage, What, from_json, to_json
from chalicelib.outages.store import with_first_range
from chalicelib.pages.page import NotFound
from chalicelib.pages.status.status_endpoints import StatusEndpoints
from tests.fakes.salon import SALON, at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.bookings.business import Business
    from chalicelib.pages.page import Page

NOW = at("13:40")
CLOSED = Outage("o1", "salon", What.BUSINESS, at("13:30"), at("14:45"), at("15:10"), opened_at=at("13:31"))
TOOL = Outage("cal-1", "salon", What.BOOKING_TOOL, at("13:20"), at("13:50"), at("14:30"), detected=True)
OVER = replace(
    TOOL, outage_id="cal-0", since=at("09:00"), ended_at=at("09:20"), said_from=at("09:15"), said_until=at("09:50")
)


def ask(
    *outages: Outage, form: str = "", language: str = "en", business: Business = SALON, business_id: str = "salon"
) -> Page:
    class Known:
        def business(self, business_id: str) -> Business | None:
            return business if business_id == "salon" else None

        def of_business(self, _: str) -> Sequence[Outage]:
            return outages

    return StatusEndpoints(Known(), Known()).get(business_id, form, language, "https://status.example.com", NOW)


def text_of(page: Page) -> str:
    body = re.sub(r"(?s)<(style|title)>.*?</\1>|<[^>]+>", " ", page.body.decode())
    return " ".join(html.unescape(body).split())


def test_all_well() -> None:
    said = text_of(ask())
    assert f"{SALON.name} works as usual." in said
    assert "It takes place as booked." in said
    assert "Nothing was out of service." in said


def test_closed_since_when_until_about_when_and_what_it_means() -> None:
    said = text_of(ask(CLOSED))
    assert f"{SALON.name} is closed. Since 13:30. It opens again between 14:45 and 15:10." in said
    assert "please do not set out for it" in said


def test_a_tool_that_fails_leaves_appointments_as_they_are_and_several_are_one() -> None:
    said = text_of(ask(TOOL, replace(TOOL, outage_id="cal-2", back_until=at("14:40"))))
    assert said.count("Online booking does not work.") == 1
    assert "We expect it back between 13:50 and 14:40." in said
    assert "It stands. To change it, please call." in said


def test_a_closing_to_come_is_announced_and_one_called_off_before_it_began_is_not_shown() -> None:
    coming = replace(CLOSED, since=at("17:00"), back_from=at("18:00"), back_until=at("19:00"))
    said = text_of(ask(coming))
    assert "works as usual" in said
    assert "will be closed from 17:00" in said
    assert "Nothing was out of service." in text_of(ask(replace(coming, ended_at=at("13:35"))))


def test_history_says_how_long_we_said_and_how_long_it_took() -> None:
    said = text_of(ask(OVER))
    assert "09:00 to 09:20. We had said: back between 09:15 and 09:50." in said
    long_ago = replace(OVER, since=NOW - timedelta(days=99), ended_at=NOW - timedelta(days=98))
    assert "Nothing was out of service." in text_of(ask(long_ago))


def test_what_was_said_first_stays_while_the_range_changes_and_begins_anew_with_a_spell() -> None:
    first = with_first_range(None, CLOSED)
    later = with_first_range(first, replace(CLOSED, back_until=at("18:00")))
    assert (later.said_from, later.said_until) == (CLOSED.back_from, CLOSED.back_until)
    again = with_first_range(later, replace(CLOSED, back_until=at("19:00"), spell=2))
    assert again.said_until == at("19:00")
    assert from_json(to_json(again)) == again
    before = {name: value for name, value in to_json(CLOSED).items() if not name.startswith("said")}
    assert from_json(before) == CLOSED, "as documents of before have it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_each_language_with_no_word_left_out(language: str) -> None:
    coming = replace(CLOSED, outage_id="o2", since=at("17:00"), back_from=at("18:00"), back_until=at("19:00"))
    for outages in ((), (CLOSED,), (TOOL,), (CLOSED, TOOL, coming, OVER)):
        page = ask(*outages, language=language)
        assert f'lang="{language}"' in page.body.decode()
        assert "{" not in text_of(page)
    assert ask(CLOSED, language="").body == ask(CLOSED, language=SALON.locale).body, "else the business's own"


def test_as_statuspage_has_it() -> None:
    summary = json.loads(ask(CLOSED, TOOL, form="summary").body)
    assert summary["status"]["indicator"] == "critical"
    assert {one["id"]: one["status"] for one in summary["components"]} == {
        "business": "major_outage",
        "online_booking": "major_outage",
    }
    assert [one["id"] for one in summary["incidents"]] == ["o1", "cal-1"]
    assert summary["incidents"][0]["expected_back_until"] == at("15:10").isoformat(timespec="seconds")
    quiet = json.loads(ask(OVER, form="summary").body)
    assert (quiet["status"]["indicator"], quiet["incidents"]) == ("none", [])
    assert json.loads(ask(TOOL, form="summary").body)["status"]["description"] == "Online booking does not work."


def test_as_a_feed_with_one_id_for_an_outages_life() -> None:
    def entries(*outages: Outage) -> list[tuple[str | None, str | None]]:
        feed = ET.fromstring(ask(*outages, form="atom").body)  # noqa: S314 - our own
        name = "{http://www.w3.org/2005/Atom}"
        return [(one.findtext(f"{name}id"), one.findtext(f"{name}updated")) for one in feed.iter(f"{name}entry")]

    ((first_id, first),) = entries(CLOSED)
    ((second_id, second),) = entries(replace(CLOSED, ended_at=at("13:39")))
    assert first_id == second_id
    assert first
    assert second
    assert first < second


def test_a_name_with_markup_stays_a_name() -> None:
    wild = replace(SALON, name="<b>Lind & Söhne</b>")
    assert b"<b>Lind" not in ask(CLOSED, business=wild).body
    assert "<b>Lind & Söhne</b>" in text_of(ask(CLOSED, business=wild))
    ET.fromstring(ask(CLOSED, form="atom", business=wild).body)  # noqa: S314 - our own


def test_a_business_that_is_not_there() -> None:
    page = ask(business_id="elsewhere")
    assert (page.status, text_of(page)) == (404, "There is no such business here.")
    with pytest.raises(NotFound):
        ask(business_id="elsewhere", form="summary")
