"""Waits foretold at a queue: what is known, what is learned, how often the range holds."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from chalicelib.visits.waits.calibration import Calibration, Wait
from chalicelib.visits.waits.forest import grow
from chalicelib.visits.waits.learner import FIRST_GUESS, WaitLearner
from chalicelib.visits.waits.line import Line
from infra.play.waits import main, play_visits, read_visits

if TYPE_CHECKING:
    from pathlib import Path

    from infra.play.waits import Visit


def recorded(folder: Path, count: int, *, end: int | None = None) -> Path:
    """A counter with one clerk and random customers; what happens after minute `end` happens an hour later."""
    draw = random.Random(7)
    at, free, lines = 0.0, 0.0, ["queue,visit_id,class,booked,joined,started,ended,left"]
    for number in range(count):
        at += draw.expovariate(1 / 70)
        start = max(at, free)
        free = start + draw.lognormvariate(4, 0.5)
        shift = [3600 if end is not None and moment > 60 * end else 0 for moment in (at, start, free)]
        texts = [
            datetime.fromtimestamp(one + later, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for one, later in zip((at, start, free), shift, strict=True)
        ]
        lines.append(f"desk,v{number},walk-in,,{texts[0]},{texts[1]},{texts[2]},")
    path = folder / f"visits-{end}.csv"
    path.write_text("\n".join(lines))
    return path


def test_a_line_knows_who_waits_and_who_is_served() -> None:
    line = Line()
    line.join(0, "a", "x")
    line.join(60, "b", "x")
    line.start(120, "a")
    seen = line.look(180, "x")
    assert seen[:4] == [1, 1, 2.0, 2.0]  # waiting, of this class, minutes the last one waited, the first one has waited
    line.end(200, "a")
    line.leave("b")
    assert not line.waiting
    assert not line.serving


def test_who_never_joined_changes_nothing() -> None:
    line = Line()
    line.start(10, "stranger")
    line.end(20, "stranger")
    assert line.leave("stranger") is None
    assert line.look(30, "x")[:3] == [0, 0, 0.0]


def test_a_forest_finds_what_decides() -> None:
    random_numbers = np.random.default_rng(1)
    features = random_numbers.uniform(0, 10, (3000, 3))
    forest = grow(features, features[:, 1] * 2 + random_numbers.normal(0, 1, 3000))
    low, mid, high = forest.foretell(np.array([5.0, 8.0, 5.0]))
    assert low < 15.2 < mid < 16.8 < high


def test_a_range_that_fails_grows_until_it_holds() -> None:
    calibration = Calibration()
    raw = Wait(50, 60, 70)
    draw = random.Random(3)
    held = []
    for _ in range(600):
        told = calibration.stretch(raw)
        wait_s = draw.uniform(0, 200)
        held.append(told.low_s <= wait_s <= told.high_s)
        calibration.learn(raw, told, wait_s)
    assert 0.75 < sum(held[100:]) / 500 < 0.85


def test_without_any_outcome_a_wide_guess_is_told() -> None:
    assert WaitLearner().ask(0, "q", "v", "x") == FIRST_GUESS


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> list[Visit]:
    return read_visits(recorded(tmp_path_factory.mktemp("waits"), 900))


def test_each_visit_is_told_once_and_four_of_five_ranges_hold(visits: list[Visit]) -> None:
    told = list(play_visits(visits))
    assert [line["visit_id"] for line in told] == [one.visit_id for one in visits]
    ranges = [(float(str(line["low_s"])), float(str(line["high_s"]))) for line in told]
    waits = [(one.started or 0) - one.joined for one in visits]
    held = [low - 1 <= wait <= high + 1 for (low, high), wait in zip(ranges, waits, strict=True)]
    assert 0.74 < sum(held[400:]) / len(held[400:]) < 0.92


def test_nothing_is_known_before_it_happens(visits: list[Visit], tmp_path: Path) -> None:
    cut = visits[600].joined
    other = read_visits(recorded(tmp_path, 900, end=int(cut // 60)))
    same = [
        (first, second)
        for first, second in zip(play_visits(visits), play_visits(other), strict=True)
        if str(first["at"]) < "1970-01-01T11:00:00Z" and cut > 11 * 3600
    ]
    assert len(same) > 400
    assert all(first == second for first, second in same)


def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "visits.csv"
    path.write_text("queue,visit_id,class,booked,joined,started,ended,left\nq,v,c,,yesterday,,,\n")
    assert main(["--visits", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "line 2" in capsys.readouterr().err
