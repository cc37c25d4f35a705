"""Recorded outages, played: something is said at each age, nothing before it can be known, bad files are named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.play.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

FILE = """incident_id,kind,component,start,end
a,site,one,2030-01-01T10:00:00Z,2030-01-01T10:03:00Z
b,site,one,2030-01-01T10:00:00+00:00,2030-01-01T11:05:00Z
c,power,town,2030-01-01T10:30:00Z,2030-01-01T18:31:00Z
"""


def play(folder: Path, text: str, history: str = "") -> list[dict[str, object]]:
    (folder / "in.csv").write_text(text)
    arguments = ["outages", "--incidents", str(folder / "in.csv"), "--out", str(folder / "out.jsonl")]
    if history:
        (folder / "history.csv").write_text(history)
        arguments += ["--history", str(folder / "history.csv")]
    assert main(arguments) == 0
    return [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]


def test_one_line_at_each_age_that_an_incident_reaches(tmp_path: Path) -> None:
    lines = play(tmp_path, FILE)
    ages = [(line["incident_id"], line["at"][11:16], line["told"]) for line in lines]  # type: ignore[index]
    assert [one for one in ages if one[0] == "a"] == [("a", "10:02", False)]
    assert [one[1:] for one in ages if one[0] == "b"] == [
        ("10:02", False),
        ("10:05", True),
        ("10:15", True),
        ("10:30", True),
        ("11:00", True),
    ]
    assert len([one for one in ages if one[0] == "c"]) == 8
    assert all(line["at"] <= line["back_from"] <= line["back_until"] for line in lines)  # type: ignore[operator]


def test_nothing_is_said_that_is_not_known_yet(tmp_path: Path) -> None:
    changed = FILE.replace("18:31", "23:59").replace("11:05", "12:05")
    first, second = play(tmp_path, FILE), play(tmp_path, changed)
    known = [line for line in first if str(line["at"]) <= "2030-01-01T11:05:00Z"]
    assert known == [line for line in second if str(line["at"]) <= "2030-01-01T11:04:59Z"]
    assert len(known) < len(first)


def test_history_is_learned_from(tmp_path: Path) -> None:
    short = "incident_id,kind,component,start,end\n" + "".join(
        f"h{n},power,town,2029-12-{n + 1:02}T10:00:00Z,2029-12-{n + 1:02}T10:06:00Z\n" for n in range(30)
    )
    alone, taught = play(tmp_path, FILE), play(tmp_path, FILE, short)
    assert [line["back_until"] for line in taught][-8] < [line["back_until"] for line in alone][-8]  # type: ignore[operator]


@pytest.mark.parametrize(
    "text", ["incident_id,kind\na,site\n", FILE.replace("2030-01-01T18:31:00Z", "soon"), FILE.replace("18:31", "09:31")]
)
def test_a_file_that_is_none_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "in.csv").write_text(text)
    assert main(["outages", "--incidents", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out")]) == 2
    assert "in.csv, line" in capsys.readouterr().err


def test_an_unknown_command_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weather"]) == 2
    assert "outages" in capsys.readouterr().err
