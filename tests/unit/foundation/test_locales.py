"""A language in the registry is complete: each room that speaks has all its texts, and a gap is named."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.locales import DEFAULT_LANGUAGE, LANGUAGES, SPOKEN, TEXTS, language, language_of

if TYPE_CHECKING:
    from pathlib import Path


def sections_in(path: Path) -> set[str]:
    return {line[1:-1] for line in path.read_text("utf-8").splitlines() if line.startswith("[") and line.endswith("]")}


def what_lacks(code: str, texts: Path) -> list[str]:
    """What the default language has and this one has not: "file lacks what"."""
    lacks = []
    for full in sorted((texts / DEFAULT_LANGUAGE).glob("*.txt")):
        own = texts / code / full.name
        has = sections_in(own) if own.exists() else set()
        lacks += [f"{code}/{full.name} lacks [{section}]" for section in sorted(sections_in(full) - has)]
    catalogue = texts / code / "page.json"
    known = json.loads(catalogue.read_text("utf-8")) if catalogue.exists() else {}
    wanted = json.loads((texts / DEFAULT_LANGUAGE / "page.json").read_text("utf-8"))
    return lacks + [f"{code}/page.json lacks {key}" for key in sorted(wanted.keys() - known.keys())]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_room_speaks_every_language(code: str) -> None:
    assert what_lacks(code, TEXTS) == []


def test_no_room_has_texts_that_nobody_would_read() -> None:
    assert {path.name for path in TEXTS.iterdir()} == set(LANGUAGES)


def test_a_gap_is_named_with_its_file(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    shutil.copytree(TEXTS, texts)
    (texts / "de" / "moved.txt").unlink()
    late = texts / "de" / "late.txt"
    section = min(sections_in(late))
    late.write_text(late.read_text("utf-8").replace(f"[{section}]", "[mistyped]"), "utf-8")
    catalogue = json.loads((texts / "de" / "page.json").read_text("utf-8"))
    del catalogue["decimal"]
    (texts / "de" / "page.json").write_text(json.dumps(catalogue), "utf-8")
    lacks = what_lacks("de", texts)
    assert {f"de/late.txt lacks [{section}]", "de/page.json lacks decimal"} < set(lacks)
    assert any(gap.startswith("de/moved.txt lacks [") for gap in lacks)
    assert any(gap.startswith("it/moved.txt lacks [") for gap in what_lacks("it", texts))


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (("de-AT", "en"), "de"), (("FR_ca",), "fr"), (("xx", "es"), "es"), ((None, ""), "en"),
        (("pt-BR, es;q=0.8",), "es"), (("tlh", "de_AT"), "de"),
    ],
)  # a table, read by rows # fmt: skip
def test_the_first_wish_that_can_be_met_counts(wishes: tuple[str | None, ...], code: str) -> None:
    assert language_of(*wishes) == code


def test_what_differs_is_known_of_each_language() -> None:
    assert [one.code for one in SPOKEN if one.is_one(0)] == ["fr"]
    assert all(language(code).direction == "ltr" and language(code).is_one(1) for code in LANGUAGES)
    with pytest.raises(ValueError, match="tuple"):
        language("xx")
