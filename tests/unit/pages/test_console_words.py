"""The operator's pages speak every language: each sentence of a template has its translation, with the same values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.foundation.locales import DEFAULT_LANGUAGE, LANGUAGES
from chalicelib.pages.operator.console.layout import FOLDERS, Words, catalogue

DYNAMIC = {
    "ok", "new", "quiet", "parked", "failing", "waiting for origin", "planned", "time to leave", "under way", "arrived",
    "in service", "done", "cancelled", "no show", "not held", "Nothing was changed.",
    "That cannot be", "There is no such thing", "Not possible just now",
}  # said of a value # fmt: skip
OTHERS = [code for code in LANGUAGES if code != DEFAULT_LANGUAGE]


def sentences() -> set[str]:
    """Every sentence that a template, or the code beside it, asks to be said."""
    found: set[str] = set()
    for folder in FOLDERS:
        for path in folder.glob("*.html"):
            text = path.read_text("utf-8")
            found |= set(re.findall(r'_\(\s*"([^"]*)"', text))
            for table in re.findall(r"_\(\{(.*?)\}\[", text, re.DOTALL):
                found |= set(re.findall(r':\s*"([^"]*)"', table))
        for path in folder.parent.glob("*.py"):
            text = path.read_text("utf-8")
            found |= set(re.findall(r'[wW]ords(?:\(asked\.language\))?\(\s*"([^"]*)"', text))
            found |= set(re.findall(r'title="([^"]*)"', text))
    return {sentence for sentence in found if not sentence.startswith("/")}  # those are addresses


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_translated_and_none_is_left_over(code: str) -> None:
    known = set(catalogue(code))
    assert sentences() - known == set()
    assert known - sentences() - DYNAMIC == set()


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_says_the_same_values(code: str) -> None:
    for english, said in catalogue(code).items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", said)), english


def test_what_has_no_translation_stays_english() -> None:
    assert Words("de")("Nobody has translated this {n}.", n=1) == "Nobody has translated this 1."
    assert Words("en")("Go on") == "Go on"
    assert Words("de")("{n} days", n=3) == "3 Tage"


def test_there_is_a_file_for_each_language() -> None:
    texts = Path(__file__).resolve().parents[3] / "chalicelib" / "texts"
    assert {path.parent.name for path in texts.glob("*/operator.json")} == set(OTHERS)
