"""The command line: what it writes, what it prints, how it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.transit.data.service_days import NoTimetable, open_day
from feeds.__main__ import main
from feeds.compile.output import GRACE_S
from tests.fakes.gtfs_text import feed_zip
from tests.fakes.timetable_text import today

ROOT = Path(__file__).resolve().parents[3]
RIDE = "t: A 08:00, B 08:10"


def compiled(feed: Path | str, out: Path, date: str = "2024-05-15", *more: str) -> int:
    return main(["compile", str(feed), "--date", date, "--out", str(out), *more])


def test_days_are_written_and_opened_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert compiled(feed_zip(tmp_path / "f.zip", rides=RIDE), out, "2024-05-15", "--days", "3") == 0
    current = json.loads((out / "current.json").read_text())
    assert list(current["days"]) == ["2024-05-15", "2024-05-16", "2024-05-17"]
    assert (current["timezone"], current["calendar"]) == ("Europe/Berlin", ["2024-01-01", "2026-12-31"])
    assert current["bounds"] == [50.0, 10.0, 50.1, 10.0]
    assert today(open_day(out, "2024-05-16")) == {"t": "A 08:00, B 08:10"}
    printed = capsys.readouterr().out
    assert current["feed_version"] in printed
    assert "2 stops · 1 routes · 1 trips · 2 stop_times" in printed


def test_findings_are_printed_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed = feed_zip(tmp_path / "f.zip", rides=f"{RIDE}\n bad: A 09:00")
    assert compiled(feed, tmp_path / "out") == 0
    assert "! stop_times.txt:4: trip 'bad' has a single usable call (this trip is left out)" in capsys.readouterr().out
    (finding,) = json.loads((tmp_path / "out" / "current.json").read_text())["findings"]
    assert finding["row"] == "4"


def test_the_summary_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compiled(feed_zip(tmp_path / "f.zip", rides=RIDE), tmp_path / "out", "2024-05-15", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["stops"], list(told["days"])) == (2, ["2024-05-15"])


def test_days_beyond_the_calendar_are_left_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert compiled(feed_zip(tmp_path / "f.zip", rides=RIDE), out, "2026-12-30", "--days", "5") == 0
    assert list(json.loads((out / "current.json").read_text())["days"]) == ["2026-12-30", "2026-12-31"]


@pytest.mark.parametrize(
    ("feed", "date", "more", "sentence"),
    [
        ("f.zip", "2023-12-31", [], "outside the feed's calendar: it has service from 2024-01-01 to 2026-12-31"),
        ("f.zip", "15.5.2024", [], "write YYYY-MM-DD"),
        ("f.zip", "2024-05-15", ["--days", "0"], "--days 0"),
        ("nothing.zip", "2024-05-15", [], "no such file"),
        ("bad.zip", "2024-05-15", [], "no readable zip"),
        ("http://127.0.0.1:9/f.zip", "2024-05-15", [], "private address"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], feed: str, date: str, more: list[str], sentence: str
) -> None:
    feed_zip(tmp_path / "f.zip", rides=RIDE)
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    source = feed if feed.startswith("http") else str(tmp_path / feed)
    assert compiled(source, tmp_path / "out", date, *more) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert sentence in err
    assert not (tmp_path / "out" / "current.json").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    assert compiled(feed_zip(tmp_path / "f.zip", rides=RIDE), tmp_path / "file" / "out") == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_second_day_of_the_same_feed_joins_the_first_and_a_new_feed_replaces_both(tmp_path: Path) -> None:
    out = tmp_path / "out"
    feed = feed_zip(tmp_path / "f.zip", rides=RIDE)
    compiled(feed, out, "2024-05-15")
    compiled(feed, out, "2024-05-20")
    first = json.loads((out / "current.json").read_text())
    assert list(first["days"]) == ["2024-05-15", "2024-05-20"]
    compiled(feed_zip(tmp_path / "f.zip", rides="t: A 08:00, B 08:11"), out, "2024-05-20")
    second = json.loads((out / "current.json").read_text())
    assert list(second["days"]) == ["2024-05-20"]
    assert today(open_day(out, "2024-05-20")) == {"t": "A 08:00, B 08:11"}
    assert (out / first["feed_version"]).is_dir(), "a reader may still have it open"


def test_old_versions_are_removed_after_a_while_and_nothing_else_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    compiled(feed_zip(tmp_path / "f.zip", rides=RIDE), out)
    old = out / json.loads((out / "current.json").read_text())["feed_version"]
    (out / "mine").mkdir()
    (out / "mine" / "notes.txt").write_text("keep")
    for path in (old, out / "mine"):
        os.utime(path, (path.stat().st_mtime - GRACE_S - 60,) * 2)
    compiled(feed_zip(tmp_path / "f.zip", rides="t: A 08:00, B 08:11"), out)
    assert not old.exists()
    assert (out / "mine" / "notes.txt").exists()


def test_an_unreadable_current_json_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "current.json").write_text("{half")
    with pytest.raises(NoTimetable, match="compile"):
        open_day(out, "2024-05-15")
    assert compiled(feed_zip(tmp_path / "f.zip", rides=RIDE), out) == 0
    assert open_day(out, "2024-05-15").n_runs == 1


def test_open_day_tells_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NoTimetable, match="holds no compiled feed") as nothing:
        open_day(tmp_path, "2024-05-15")
    compiled(feed_zip(tmp_path / "f.zip", rides=RIDE), tmp_path)
    with pytest.raises(NoTimetable, match="not compiled yet") as later:
        open_day(tmp_path, "2024-05-16")
    with pytest.raises(NoTimetable, match="from 2024-01-01 to 2026-12-31") as outside:
        open_day(tmp_path, "2028-05-16")
    reasons = [error.value.reason for error in (nothing, later, outside)]
    assert reasons == ["no_timetable", "no_timetable", "outside_calendar"]
    (tmp_path / next(iter(json.loads((tmp_path / "current.json").read_text())["days"].values()))).write_bytes(b"cut")
    with pytest.raises(NoTimetable, match="cut short"):
        open_day(tmp_path, "2024-05-15")


def test_the_program_itself(tmp_path: Path) -> None:
    feed = feed_zip(tmp_path / "f.zip", rides=RIDE)
    command = [sys.executable, "-m", "feeds", "compile", str(feed), "--date", "2024-05-15", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    wrong = subprocess.run([*command[:3], "fly"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "invalid choice: 'fly'" in wrong.stderr
