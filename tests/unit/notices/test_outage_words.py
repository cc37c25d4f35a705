"""Outage notices read aloud in every language: what happens to their booking, and a range."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.policy.situation import Say
from chalicelib.notices.rendering.gsm7 import segments, septets
from chalicelib.notices.rendering.phrases import sections
from chalicelib.notices.rendering.texts import text_for
from chalicelib.notices.verdict import verdict
from chalicelib.outages.outage import Outage, What
from chalicelib.workflows.outage_changed import outage_report
from tests.fakes.salon import SALON, START, at
from tests.fakes.tickets import ticket_named

NOW = at("13:40")
URL = "https://lind.example.org"
CLOSED = Outage("o1", "salon", What.BUSINESS, at("13:30"), at("14:45"), at("15:10"))
FAR = replace(CLOSED, since=at("20 09:00"), back_from=at("20 10:05"), back_until=at("21 10:40"))
TOOL = Outage(
    "o2", "salon", What.BOOKING_TOOL, at("13:20"), at("14:45"), at("15:10"), "no_answer", "cal", detected=True,
    opened_at=at("13:36"),
)  # a table, read by rows # fmt: skip


def said(variant: str, locale: str, outage: Outage = CLOSED) -> str:
    say = Say("outage", variant, START, START, outage=outage)
    return text_for(say, ticket_named(locale=locale), SALON, NOW, public_url=URL, first=False).text.split(" https://")[
        0
    ]


READ_ALOUD = {
    ("closed", "en"): "Salon Lind closed; opens again between 14:45 and 15:10. Thu 14:30 cannot take place, "
    "please do not set out.",
    ("closed", "de"): "Salon Lind zu, wieder offen zwischen 14:45 und 15:10. Do 14:30 kann nicht stattfinden, "
    "bitte nicht losgehen.",
    ("closed", "fr"): "Salon Lind fermé, réouverture entre 14:45 et 15:10. RDV jeu 14:30 ne peut avoir lieu, "
    "ne partez pas.",
    ("closed", "es"): "Salon Lind cerrado, abre entre las 14:45 y las 15:10. Cita jue 14:30 no sera posible, "
    "no salga. +12025550199",
    ("delayed", "en"): "Salon Lind closed; opens again between 14:45 and 15:10. Thu 14:30 may begin late: wait for our "
    "next text.",
    (
        "delayed",
        "de",
    ): "Salon Lind zu, wieder offen zwischen 14:45 und 15:10. Do 14:30 vielleicht später: bitte unsere SMS abwarten.",
    ("tool", "en"): "Online booking of Salon Lind is out of order, expected back between 14:45 and 15:10. "
    "Your Thu 14:30 stands.",
    ("tool", "de"): "Salon Lind: Online-Buchung gestört, Ende wohl 14:45 bis 15:10. Do 14:30 bleibt. "
    "Ändern: +12025550199",
    ("over_leave", "en"): "Salon Lind: your Thu 14:30 takes place after all. Leave by 13:55, Bus 12 14:00 at Old Mill, "
    "there 14:25.",
    ("over_late", "fr"): "Salon Lind : RDV jeu 14:30 n'a pas pu commencer à l'heure. Appelez avant de partir : "
    "+12025550199",
}


@pytest.mark.parametrize(("variant", "locale"), READ_ALOUD)
def test_read_aloud(variant: str, locale: str) -> None:
    assert said(variant, locale) == READ_ALOUD[variant, locale]


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("variant", sections("en", "outage"))
def test_every_text_says_when_the_visit_is_and_every_closing_a_range(variant: str, locale: str) -> None:
    for outage in (CLOSED, FAR):
        say = Say("outage", variant, START, START, outage=outage)
        given = ticket_named("A rather long name of a business", locale=locale)
        text = text_for(say, given, SALON, NOW, public_url=URL, first=False).text
        assert "14:30" in text, "their own appointment"
        assert segments(text) == 1
        assert septets(text) is not None
        if not variant.startswith("over"):
            assert f"{outage.back_from:%H:%M}" in text
            assert f"{outage.back_until:%H:%M}" in text


def test_times_of_another_day_have_their_day() -> None:
    assert "Sun 20 Sep 10:05" in said("closed_ahead", "en", FAR)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("what", ["begun", "over"])
def test_what_the_business_hears_of_its_tool(what: str, locale: str) -> None:
    over = replace(TOOL, ended_at=at("13:38"))
    long = replace(over, connection_id="x" * 64)
    for outage in (over, long):
        notice = outage_report(outage, replace(SALON, locale=locale), NOW, what)
        assert segments(notice.text) <= 2
        assert septets(notice.text) is not None
        assert (notice.channel, notice.to, notice.audience) == ("sms", SALON.phone, "business")
    assert outage_report(over, replace(SALON, phone=None), NOW, what).channel == "topic"


@pytest.mark.parametrize(
    ("what", "open_now", "state"),
    [
        ("begun", True, None), ("begun", False, NoticeState.SUPPRESSED),
        ("over", True, NoticeState.SUPPRESSED), ("over", False, None),
    ],
)  # a table, read by rows # fmt: skip
def test_a_report_is_sent_while_it_is_so(what: str, state: NoticeState | None, *, open_now: bool) -> None:
    business = replace(SALON, outages=(TOOL,) if open_now else ())
    notice = outage_report(TOOL, SALON, NOW, what)
    assert verdict(notice, None, None, NOW, opted_out=False, business=business).state is state
