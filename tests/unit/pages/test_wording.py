"""The catalogues: complete, alike in their keys and blanks, and every time written to the safe side."""

from __future__ import annotations

import re
import string
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.pages.customer.ticket_page import TEMPLATES_FOLDER
from chalicelib.pages.customer.wording import Wording, catalogue

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 9, 3, 12, tzinfo=VIENNA)

SAID_BY_PARTS = {"mode", "no_plan", "trouble", "done", "by_car", "by_foot", "by_bike", "status"}  # made in templates


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_text_with_the_same_blanks(language: str) -> None:
    english, texts = catalogue("en"), catalogue(language)
    assert texts.keys() == english.keys()
    assert (len(texts["weekdays"]), len(texts["months"])) == (7, 12)
    for key, text in texts.items():
        if isinstance(text, str) and not key.endswith(".one"):
            assert blanks(text) == blanks(english[key]), key
            assert text == text.strip(), key


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_sentence_was_left_untranslated(language: str) -> None:
    english, texts = catalogue("en"), catalogue(language)
    same = {key for key, text in texts.items() if isinstance(text, str) and text == english[key]}
    assert not {key for key in same if len(english[key].split()) > 2 and "{" not in english[key]}


def test_every_text_that_a_template_asks_for_exists_and_every_text_is_asked_for() -> None:
    pages = TEMPLATES_FOLDER.parents[1]
    sources = [*pages.rglob("*.html"), *pages.rglob("*.py")]
    source = "\n".join(path.read_text() for path in sources)
    known = {key.removesuffix(".one").removesuffix(".other") for key in catalogue("en")} | {"mode.other"}
    for key in re.findall(r'\.say\("([a-z_.]+)"[,)]', source):
        assert key in known, key
    for key in known - {"mode"}:
        plain = key.removesuffix("_title").removesuffix("_why")
        assert f'"{key}"' in source or f'"{plain}"' in source or key.split(".")[0] in SAID_BY_PARTS, (
            f"nothing says {key}"
        )


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("en", 0, "0 changes"), ("en", 1, "1 change"), ("en", 2, "2 changes"),
        ("fr", 0, "0 changement"), ("fr", 1, "1 changement"), ("de", 2, "2 Umstiege"), ("es", 1, "1 transbordo"),
    ],
)  # a table, read by rows # fmt: skip
def test_numbers_agree_with_their_words(language: str, n: int, said: str) -> None:
    assert Wording(language, NOW).say("changes", n=n) == said


@pytest.mark.parametrize(
    ("moment", "leaving", "arriving"),
    [
        (NOW, "12:00", "12:00"),
        (NOW + timedelta(seconds=1), "12:00", "12:01"),
        (NOW + timedelta(seconds=59), "12:00", "12:01"),
        (NOW.astimezone(ZoneInfo("America/New_York")), "12:00", "12:00"),
        (datetime(2026, 10, 25, 0, 59, 30, tzinfo=ZoneInfo("UTC")), "02:59", "02:00"),  # clocks go back at three
    ],
)
def test_a_time_is_never_said_later_for_leaving_or_earlier_for_arriving(
    moment: datetime, leaving: str, arriving: str
) -> None:
    words = Wording("en", NOW)
    assert (words.leaving(moment), words.arriving(moment)) == (leaving, arriving)


@pytest.mark.parametrize(
    ("language", "days", "said"),
    [
        ("en", 0, ""),
        ("en", 1, "tomorrow, Friday 4 September"),
        ("en", 2, "Saturday 5 September"),
        ("de", 2, "Samstag, 5. September"),
        ("fr", 2, "samedi 5 septembre"),
        ("es", 2, "sábado 5 de septiembre"),
        ("en", 200, "Monday 22 March 2027"),
        ("en", -1, "Wednesday 2 September"),
    ],
)
def test_a_day_is_named_unless_it_is_today(language: str, days: int, said: str) -> None:
    assert Wording(language, NOW).day(NOW + timedelta(days=days)) == said


def test_kilometres_have_the_decimal_sign_of_the_language() -> None:
    assert [Wording(language, NOW).km(1250) for language in ("en", "de")] == ["1.2", "1,2"]


def test_a_missing_text_is_an_error_not_a_gap() -> None:
    with pytest.raises(KeyError):
        Wording("en", NOW).say("nothing_of_this_name")


def test_values_are_not_read_as_formats() -> None:
    hostile: Any = "{0.__class__} {now}"
    assert Wording("en", NOW).say("title", business=hostile) == "Your way to {0.__class__} {now}"
