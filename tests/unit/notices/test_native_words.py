"""Texts as the speakers of a language would write them: what strangers stumbled over is said nowhere any more."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.foundation.locales import LANGUAGES, TEXTS
from chalicelib.notices.policy.situation import Say
from chalicelib.notices.rendering.gsm7 import plain, segments
from chalicelib.notices.rendering.phrases import sections
from chalicelib.notices.rendering.texts import text_for
from chalicelib.outages.outage import Outage, What
from tests.fakes.salon import SALON, START, URL, at
from tests.fakes.tickets import ticket_named

NOW = at("13:40")
WORDINGS = [
    (locale, path.stem, line)
    for locale in LANGUAGES
    for path in (TEXTS / locale).iterdir()
    for line in path.read_text("utf-8").splitlines()
    if not line.startswith("#")
]
STUMBLES = (
    r"(?i)until between", r"(?i)\bbis zwischen", r"(?i)jusqu'à entre", r"(?i)hasta entre",  # a range is no end
    r"(?i)come from\?", r"(?i)\bvenez-vous", r"(?i)kommen Sie\?", r"(?i)dónde viene",  # asks for one's country
    r"là-bas \{", r"\bdort \{", r"(?i)bis \{back_from\} oder", r"(?i)jusqu'à \{back_from\} ou",
    r"las \{(leave_by|was|since|back_from|back_until)\}.*\{link\}",  # "las" belongs to a time, not to "mié 23:30"
)  # a table, read by rows # fmt: skip


@pytest.mark.parametrize("pattern", STUMBLES)
def test_no_text_and_no_page_says_it(pattern: str) -> None:
    assert [(locale, stem, line) for locale, stem, line in WORDINGS if re.search(pattern, line)] == []


def said(kind: str, variant: str, locale: str, *, leaving_earlier: timedelta = timedelta()) -> str:
    given = ticket_named(locale=locale)
    assert given.leave_by
    given = replace(given, leave_by=given.leave_by - leaving_earlier)
    closed = Outage("o1", "salon", What.BUSINESS, at("13:30"), at("14:45"), at("15:10"))
    say = Say(kind, variant, START, START, was=at("2 10:00"), outage=closed if kind == "outage" else None)
    return text_for(say, given, SALON, NOW, public_url=URL, first=False).text


@pytest.mark.parametrize(
    ("locale", "question"),
    [
        ("en", "From where will you set out?"),
        ("de", "Von wo gehen Sie los?"),
        ("fr", "D'où partirez-vous ?"),
        ("es", "¿Desde dónde saldrá?"),
    ],
)
def test_the_question_asks_where_the_journey_begins(locale: str, question: str) -> None:
    text = said("booked", "ask", locale)
    assert plain(question) in text
    assert segments(text) == 1


@pytest.mark.parametrize("when", ["", "_gone", "_ahead"])
@pytest.mark.parametrize("what", ["closed", "delayed"])
@pytest.mark.parametrize(
    ("locale", "opens"),
    [
        ("en", "opens again between 14:45 and 15:10"),
        ("de", "zwischen 14:45 und 15:10"),
        ("fr", "entre 14:45 et 15:10"),
        ("es", "entre las 14:45 y las 15:10"),
    ],
)
def test_a_closing_says_that_it_opens_again_and_between_when(locale: str, opens: str, what: str, when: str) -> None:
    assert opens in said("outage", what + when, locale)


@pytest.mark.parametrize(
    ("locale", "arrival"),
    [("en", "there 14:25"), ("de", "Ankunft 14:25"), ("fr", "arrivée 14:25"), ("es", "llega a las 14:25")],
)
def test_an_arrival_is_called_one(locale: str, arrival: str) -> None:
    assert plain(arrival) in said("leave_by", "plain", locale)


def test_spanish_has_its_article_before_a_time_and_none_before_a_day() -> None:
    assert "antes de las 13:55." in said("leave_by", "plain", "es")
    assert "antes de mié 2/9 23:55." in said("leave_by", "plain", "es", leaving_earlier=timedelta(hours=14))


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_shorter_wordings_drop_courtesy_not_the_visit(locale: str) -> None:
    for variant, lines in sections(locale, "outage").items():
        assert all("{when}" in line for line in lines), variant
