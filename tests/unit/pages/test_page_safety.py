"""What a ticket's page never does: run a stranger's text, load from elsewhere, stay in a cache."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.pages.customer.ticket_page import no_ticket_page
from tests.fakes.reading import Reading, page_of, read
from tests.fakes.visits import CUSTOMER, HOME, MILL, NOON, SALON, SQUARE, STAGES, itinerary_of, ride, walk

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"
ARABIC = "\u0635\u0627\u0644\u0648\u0646 \u0627\u0644\u0646\u062c\u0645\u0629"


@pytest.mark.parametrize("name", [HOSTILE, ARABIC, "L" * 300, "\ud800 lone", ""])
@pytest.mark.parametrize("stage", ["waiting", "planned", "under_way", "late", "cancelled"])
def test_names_from_elsewhere_are_only_ever_text(stage: str, name: str) -> None:
    ticket, now = STAGES[stage]
    stop = replace(MILL, name=name)
    itinerary = itinerary_of(walk(HOME, stop, "13:36", "13:42"), ride(stop, SQUARE, "13:44", "13:58", name))
    ticket = replace(
        ticket, venue=replace(ticket.venue, name=name), customer=replace(CUSTOMER, name=name, locale=name),
        origin=stop if ticket.origin else None, itineraries=(itinerary,) if ticket.itineraries else (),
    )  # a table, read by rows # fmt: skip
    more: dict[str, Any] = {"query": name, "found": (stop,)} if stage == "waiting" else {}
    reading = read(ticket, now, business=replace(SALON, name=name, phone=name or None), trouble=name, **more)
    assert all("alert" not in element.text for element in reading.all("script"))
    assert not [a for element in reading.elements for a in element.attributes if a.startswith("on")]
    if name in {HOSTILE, ARABIC}:
        assert name in reading.text.replace("\u2068", "").replace("\u2069", "")


def test_a_right_to_left_name_cannot_turn_a_sentence_around() -> None:
    text = read(*STAGES["late"], business=replace(SALON, name=ARABIC)).text
    assert f"Let \u2068{ARABIC}\u2069 know" in text


def test_nothing_is_loaded_from_anywhere_else() -> None:
    for ticket, now in STAGES.values():
        reading = read(ticket, now)
        for element in reading.elements:
            assert "src" not in element.attributes
            assert "style" not in element.attributes
        assert [element["href"] for element in reading.all("link")] == ["data:,"]


def test_the_policy_names_exactly_the_style_and_script_of_the_page() -> None:
    page = page_of(*STAGES["planned"])
    reading = Reading.of(page.body)
    policy = page.headers["Content-Security-Policy"]
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(reading.one(tag).text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_is_kept_from_caches_crawlers_and_other_sites() -> None:
    for page in (page_of(*STAGES["planned"]), no_ticket_page(NOON)):
        assert page.headers["Cache-Control"] == "private, no-store"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Permissions-Policy"].startswith("geolocation=(self)")
        assert Reading.of(page.body).one("meta", name="robots")["content"] == "noindex, nofollow"
