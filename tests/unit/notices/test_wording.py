"""Every text in every language: short, plain, with what must be in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from chalicelib.foundation.locales import LANGUAGES, TEXTS, language_of
from chalicelib.notices.facts import outage_facts
from chalicelib.notices.policy import decide
from chalicelib.notices.policy.situation import Say, Situation
from chalicelib.notices.rendering.gsm7 import segments, septets
from chalicelib.notices.rendering.phrases import sections, words
from chalicelib.notices.rendering.shorten import shorten
from chalicelib.notices.rendering.texts import Several, several_text, text_for
from chalicelib.notices.rendering.times import when
from chalicelib.outages.outage import Outage, What
from chalicelib.tickets.states import advance
from chalicelib.tickets.ticket import Promise
from tests.fakes.salon import SALON, START, URL, at
from tests.fakes.tickets import ticket_named

if TYPE_CHECKING:
    from chalicelib.notices.rendering.texts import Text
    from chalicelib.tickets.ticket import Ticket

NOW = at("13:40")
ABOUT_NO_TICKET = {"words", "outage_report", "many_bookings"}
KINDS = sorted(path.stem for path in (TEXTS / "en").glob("*.txt") if path.stem not in ABOUT_NO_TICKET)
EVERY = [
    (locale, kind, variant)
    for locale in LANGUAGES
    for kind in KINDS
    for variant in sections(locale, kind)
]  # a table, read by rows # fmt: skip
STANDS = tuple(at(clock) for clock in ("15:00", "15:20", "15:40", "16:00"))
FOR_BUSINESS = {"customer_late", "customer_on_time", "customer_says"}
LONG_NAMES = {
    "short": ("Lind", "Mill"),
    "long": (
        "Frisiersalon Lindenhof am Wilhelmsplatz (vormals Salon Meyer), Inhaberin Petra Beispiel",
        "Bahnhof Charlottenburg/Wilmersdorfer Straße (Gleis 3), Aufgang Stuttgarter Platz",
    ),
    "one word": ("Donaudampfschifffahrtsgesellschaftskapitänsfriseursalon" * 2, "Llanfairpwllgwyngyllgogerychwyrn" * 3),
    "costly": ("[Salon] {Lind} €€€ ^^^ ~~~ |||", "Stop [A] {B} €€ ~ | \\ ^"),
    "accents": ("Çatalhöyük Güzellik Şalonu İstanbul", "Náměstí Míru, Praha \u2013 Žižkov"),
}


def text_of(kind: str, variant: str, given: Ticket, *, first: bool = False, url: str = URL) -> Text:
    audience = "business" if kind in FOR_BUSINESS else "customer"
    closed = Outage("o1", "salon", What.BUSINESS, at("14:00"), at("15:05"), at("15:40")) if kind == "outage" else None
    say = Say(kind, variant, START, START, was=at("2 10:00"), audience=audience, outage=closed)
    if kind in {"answer", "customer_says"}:
        say = replace(
            say, late_min=10, words="Is there a lift, and may my dog come? It is small and sleeps all day long."
        )
    business = replace(SALON, name=given.venue.name)
    if variant.endswith("several") or variant == "others_stand":
        starts = tuple(START + timedelta(minutes=20 * n) for n in range(6))
        facts = outage_facts(closed) if closed else None
        starts = starts[:1] if variant == "others_stand" else starts
        several = Several(kind, variant, starts, stands=STANDS, was=STANDS[1:3], outage=facts)
        return several_text(several, given, business, NOW, public_url=url, first=first)
    return text_for(say, given, business, NOW, public_url=url, first=first)


@pytest.mark.parametrize("names", LONG_NAMES)
@pytest.mark.parametrize(("locale", "kind", "variant"), EVERY)
def test_every_text_is_one_segment_whatever_the_names(locale: str, kind: str, variant: str, names: str) -> None:
    for walking in (False, True):
        for first in (False, True):
            given = ticket_named(*LONG_NAMES[names], locale, walking=walking)
            text = text_of(kind, variant, given, first=first).text
            assert segments(text) == 1, text
            assert septets(text) is not None, text
            assert (f"{URL}/t/{given.token}" in text) is (kind not in FOR_BUSINESS)
            assert "{" not in text.replace("{Lind}", "").replace("{B}", "")
            assert "  " not in text


@pytest.mark.parametrize(("locale", "kind", "variant"), EVERY)
def test_another_script_or_a_long_address_takes_two_segments_at_most(locale: str, kind: str, variant: str) -> None:
    cyrillic = ticket_named("Салон красоты на Большой Покровской улице", "Площадь Минина и Пожарского", locale)
    assert segments(text_of(kind, variant, cyrillic).text) <= 2
    far = "https://a-rather-long-name-of-a-stage.execute-api.eu-central-1.amazonaws.com/production"
    assert segments(text_of(kind, variant, ticket_named(*LONG_NAMES["long"], locale), url=far).text) <= 2


def test_an_address_that_fits_in_no_text_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match="link is too long"):
        text_of("booked", "ask", ticket_named(), url="https://" + "a" * 400)


def test_time_to_leave_says_when_with_what_from_where_and_when_that_arrives() -> None:
    assert text_of("leave_by", "plain", ticket_named()).text == (
        "Salon Lind Thu 14:30: leave by 13:55. Bus 12 14:00 at Old Mill, there 14:25. "
        "https://hub.example.com/t/abcdefghijklSecret000001"
    )


def test_what_is_promised_to_the_minute_is_kept_to_the_second() -> None:
    given = ticket_named()
    assert given.leave_by
    assert given.arrive_at
    half = timedelta(seconds=34)
    text = text_of(
        "leave_by", "plain", replace(given, leave_by=given.leave_by + half, arrive_at=given.arrive_at + half)
    )
    assert "leave by 13:55" in text.text
    assert "there 14:26" in text.text


def test_who_walks_is_told_of_no_bus() -> None:
    text = text_of("leave_by", "plain", ticket_named(walking=True)).text
    assert "on foot" in text
    assert "Bus" not in text


def test_the_new_time_comes_before_the_old_one() -> None:
    text = text_of("moved", "plain", ticket_named()).text
    assert text.index("Thu 14:30") < text.index("10:00")


def test_the_first_text_says_how_to_stop_and_later_ones_do_not() -> None:
    assert "Reply STOP" in text_of("booked", "ask", ticket_named(), first=True).text
    assert "STOP" not in text_of("leave_by", "plain", ticket_named()).text


def test_a_text_from_a_name_does_not_ask_for_replies() -> None:
    say = Say("booked", "ask", START, START)
    named = replace(SALON, sender="SALON")
    assert "STOP" not in text_for(say, ticket_named(), named, NOW, public_url=URL, first=True).text


@pytest.mark.parametrize(
    ("wishes", "locale"),
    [(("de-AT", "en"), "de"), (("FR_ca",), "fr"), (("xx", "es"), "es"), ((None, None), "en"), (("", "pt"), "en")],
)
def test_the_customers_language_then_the_businesss_then_english(wishes: tuple[str | None, ...], locale: str) -> None:
    assert language_of(*wishes) == locale


@pytest.mark.parametrize(
    ("now", "said"),
    [("3 09:00", "Thu 14:30"), ("1 09:00", "Thu 14:30"), ("4 09:00", "Thu 3 Sep 14:30")],
)
def test_times_are_absolute_and_far_ones_have_a_date(now: str, said: str) -> None:
    assert when(START, at(now), ZoneInfo("Europe/Vienna"), "en") == said


def test_times_are_those_of_the_venues_zone() -> None:
    assert when(START, at("1 09:00"), ZoneInfo("America/New_York"), "en") == "Thu 08:30"


def test_all_languages_have_the_same_files_sections_and_fields() -> None:
    for locale in LANGUAGES:
        for kind in [*KINDS, "words"]:
            assert sections(locale, kind).keys() == sections("en", kind).keys(), (locale, kind)
        for kind in KINDS:
            for section, lines in sections(locale, kind).items():
                assert _fields(lines[0]) == _fields(sections("en", kind)[section][0]), (locale, kind, section)
                assert kind in FOR_BUSINESS or all("{link}" in line for line in lines)
        assert (len(words(locale, "weekdays")), len(words(locale, "months"))) == (7, 12)


def _fields(line: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(line) if name}


def test_no_template_urges_anyone_to_run_or_uses_emoji() -> None:
    for path in TEXTS.rglob("*.txt"):
        text = path.read_text("utf-8")
        assert not re.search(r"\b(hurry|run|quick|schnell|beeil|vite|corra|corre)\b", text, re.IGNORECASE), path
        assert all(ord(letter) < 0x2000 for letter in text), path


def test_every_kind_that_the_rules_say_has_a_template() -> None:
    given = replace(ticket_named(), promise=Promise(start=START))
    _, says = decide(Situation.of(advance(given, SALON, NOW), SALON, NOW))
    assert all(say.variant in sections("en", say.kind) for say in says)


@pytest.mark.parametrize(
    ("name", "limit", "short"),
    [
        ("Old Mill", 20, "Old Mill"),
        ("Old Mill (towards Harbour)", 20, "Old Mill"),
        ("Central Station, platform 3", 20, "Central Station"),
        ("Charlottenburg / Wilmersdorfer Straße", 18, "Charlottenburg"),
        ("Saint Mary of the Angels", 12, "Saint Mary"),
        ("Incomprehensibilities", 10, "Incomprehe"),
        ("(A) (B)", 3, "(A)"),
        ("", 5, ""),
    ],
)
def test_names_lose_what_matters_least(name: str, limit: int, short: str) -> None:
    assert shorten(name, limit) == short
