"""Replies of people in sixteen languages, read by the rules."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from chalicelib.replies.reading import Intent
from chalicelib.replies.understand import understand

FOLDER = Path(__file__).parent


class Sample(NamedTuple):
    language: str
    text: str
    intent: str
    minutes: int | None


def _samples(name: str) -> list[Sample]:
    rows = [line.split("\t") for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]
    return [Sample(row[0], row[1], row[2], int(row[3]) if len(row) > 3 and row[3] else None) for row in rows]


SAMPLES = _samples("labelled.tsv") + _samples("held_out.tsv")


def test_every_language_is_read_right() -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    for sample in SAMPLES:
        right[sample.language].append(understand(sample.text, sample.language).intent == sample.intent)
    shares = {language: sum(hits) / len(hits) for language, hits in right.items()}
    assert len(shares) == 16
    assert {language: share for language, share in shares.items() if share < 0.95} == {}


def test_minutes_of_who_is_late_or_on_the_way() -> None:
    wanted = [one for one in SAMPLES if one.intent in {"late", "onway"}]
    wrong = [one for one in wanted if understand(one.text, one.language).minutes != one.minutes]
    assert len(wrong) <= len(wanted) * 0.02, wrong


def test_every_stop_acts_and_nothing_else_is_one() -> None:
    for sample in SAMPLES:
        reading = understand(sample.text, sample.language)
        assert (reading.intent is Intent.STOP and reading.acts) == (sample.intent == "stop"), sample


def test_nothing_is_cancelled_by_a_text() -> None:
    assert not any(
        understand(one.text, one.language).acts
        for one in SAMPLES
        if understand(one.text, one.language).intent in {Intent.CANCEL, Intent.MOVE, Intent.OTHER}
    )


@pytest.mark.parametrize(
    "text",
    [
        "The bus does not stop here",
        "Please stop by later",
        "Remove my appointment on Friday",
        "I am at the wrong number, which house is it",
        "Stop the pain in my tooth",
        "Can you stop the water in the salon",
    ],
)
def test_what_only_sounds_like_stop_is_none(text: str) -> None:
    assert understand(text, "en").intent is not Intent.STOP


@pytest.mark.parametrize(
    "word", ["STOP", "Stopall", "UNSUBSCRIBE", "END", "quit", "Revoke", "OPTOUT", "opt out", "ARRET"]
)
def test_the_carriers_words_stop_in_every_language(word: str) -> None:
    for language in ("en", "de", "ja", "el", "hi", "xx"):
        reading = understand(word, language)
        assert (reading.intent, reading.acts) == (Intent.STOP, True), (word, language)


@pytest.mark.parametrize(
    ("language", "text", "minutes"),
    [
        ("en", "running 10 to 15 min late", 15),
        ("en", "an hour and a half late", 90),
        ("en", "1h30 late", 90),
        ("en", "three quarters of an hour late", 45),
        ("en", "10' late", 10),
        ("en", "be there at 10:15", None),
        ("de", "komme anderthalb Stunden später", 90),
        ("de", "fünfundzwanzig Minuten Verspätung", 25),
        ("nl", "tweeënhalf uur later", 150),
        ("da", "halvanden time forsinket", 90),
        ("cs", "půl druhé hodiny zpoždění", 90),
        ("fi", "puolitoista tuntia myöhässä", 90),
        ("tr", "bir buçuk saat gecikeceğim", 90),
        ("ar", "سأتأخر ساعة ونصف", 90),
        ("el", "θα αργήσω μιάμιση ώρα", 90),
        ("ja", "１時間半遅れます", 90),
        ("hi", "आधा घंटा", 30),
        ("ko", "한 시간 반", 90),
        ("vi", "10 phút", 10),
    ],
)
def test_durations(language: str, text: str, minutes: int | None) -> None:
    assert understand(text, language).minutes == minutes


@pytest.mark.parametrize("text", ["", " ", "?", "…", "👍🏽", "\x00", "|", "№", "a" * 2000, "?!" * 500])
def test_any_text_is_read(text: str) -> None:
    for language in ("en", "ja", "el", "ar", "zz"):
        understand(text, language)
