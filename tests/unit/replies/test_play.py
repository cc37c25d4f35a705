"""`python -m infra.play replies` keeps the order and the number of lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from infra.play.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_line_for_each_line(tmp_path: Path) -> None:
    given, to = tmp_path / "replies.tsv", tmp_path / "read.jsonl"
    given.write_text("en\t10 min late\n\nde\tStopp\r\nxx\nfr\toui\n", encoding="utf-8")
    assert main(["replies", "--in", str(given), "--out", str(to)]) == 0
    read = [json.loads(line) for line in to.read_text().splitlines()]
    assert [one["intent"] for one in read] == ["late", "other", "stop", "other", "confirm"]
    assert read[0] == {"intent": "late", "minutes": 10, "acts": True}


def test_an_unknown_command_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 2
    assert "replies" in capsys.readouterr().err
