"""The measures of `python -m infra.house`, held: rooms, circles, names, numbers."""

from __future__ import annotations

import pytest

from infra import house
from infra.house import measure


@pytest.fixture(scope="module")
def measured() -> house.House:
    return measure()


def test_no_folder_is_crowded(measured: house.House) -> None:
    assert not measured.crowded()


def test_no_files_import_each_other_in_a_circle(measured: house.House) -> None:
    assert not measured.circles()


def test_rooms_import_only_rooms_before_them(measured: house.House) -> None:
    assert not measured.against_the_order()


def test_functions_are_verbs_or_nouns(measured: house.House) -> None:
    assert len(measured.participles) <= house.PARTICIPLES_MAX * len(measured.functions)


def test_private_functions_are_more_than_a_shred(measured: house.House) -> None:
    assert len(measured.shreds) <= house.SHREDS_MAX * measured.private


def test_a_number_has_one_value_under_one_name(measured: house.House) -> None:
    assert not measured.ambiguous()


@pytest.mark.parametrize(
    ("name", "is_so"),
    [
        ("planned", True),
        ("_told_again", True),
        ("newly_planned", True),
        ("is_sent", False),
        ("with_updated", False),
        ("plan", False),
        ("read_feed", False),
        ("seed", False),
    ],
)
def test_participles_are_known_by_ending_or_list(name: str, *, is_so: bool) -> None:
    assert house.is_named_by_participle(name) is is_so


def test_a_circle_of_files_is_found() -> None:
    circle = house.House(imports={"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert circle.circles() == [["a", "b", "c"]]


def test_formatting_is_switched_off_only_with_a_reason() -> None:
    skips = [
        f"{path.relative_to(house.ROOT)}: {line.strip()}"
        for path in sorted(house.ROOT.rglob("*.py"))
        if not {".venv", "build"} & set(path.relative_to(house.ROOT).parts)
        for line in path.read_text().splitlines()
        if line.rstrip().endswith("# fmt: " + "skip") and not line.rpartition("# fmt: ")[0].rstrip().rpartition("# ")[1]
    ]
    assert not skips
