"""`python -m infra.play waits --visits FILE.csv --out FILE.jsonl`.

Walks over the visits of one or more queues: who joins is told how long they will wait, and so is who asks half an hour
before. What happens in the very second of a question is not known to it. Learns while it plays.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.visits.waits.learner import WaitLearner
from infra.play.recording import instant_text, parse_instant, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ASK, JOIN, START, LEAVE, END = range(5)  # what happens in the same second happens in this order


@dataclass(frozen=True, slots=True)
class Visit:
    """One recorded visit; instants in seconds since 1970."""

    queue: str
    visit_id: str
    of_class: str
    joined: float
    started: float | None
    ended: float | None
    left: float | None
    ask_at: float | None
    posted_at_ask: float | None
    posted_at_join: float | None


def read_visits(path: Path) -> list[Visit]:
    """The visits of a CSV file (or .csv.gz). Raises `ValueError` that names the line."""
    return read_rows(path, _visit, "a visit")


def _visit(row: dict[str, str]) -> Visit:
    joined, started, ended, left, ask_at = (
        parse_instant(row[name]) if row.get(name) else None for name in ("joined", "started", "ended", "left", "ask_at")
    )
    if joined is None:
        raise ValueError("it has no instant of joining")
    posted = [float(row[name]) if row.get(name) else None for name in ("posted_at_ask", "posted_at_join")]
    return Visit(row["queue"], row["visit_id"], row["class"], joined, started, ended, left, ask_at, *posted)


def play_visits(visits: Sequence[Visit]) -> Iterator[dict[str, object]]:
    """What is foretold, in the order of its instants."""
    learner = WaitLearner()
    for at, what, _, number in sorted(_events(visits)):
        one = visits[number]
        if what == ASK:
            before = at != one.joined
            posted_s = one.posted_at_ask if before else one.posted_at_join
            wait = learner.ask(at, one.queue, one.visit_id, one.of_class, before=before, posted_s=posted_s)
            yield {
                "visit_id": one.visit_id,
                "at": instant_text(at),
                "low_s": round(wait.low_s, 1),
                "mid_s": round(wait.mid_s, 1),
                "high_s": round(wait.high_s, 1),
            }
        elif what == JOIN:
            learner.join(at, one.queue, one.visit_id, one.of_class)
        elif what == START:
            learner.start(at, one.queue, one.visit_id)
        elif what == LEAVE:
            learner.leave(one.queue, one.visit_id)
        else:
            learner.end(at, one.queue, one.visit_id)


def _events(visits: Sequence[Visit]) -> Iterator[tuple[float, int, str, int]]:
    for number, one in enumerate(visits):
        yield one.joined, ASK, one.visit_id, number
        yield one.joined, JOIN, one.visit_id, number
        if one.ask_at is not None and one.ask_at < one.joined:
            yield one.ask_at, ASK, one.visit_id, number
        if one.started is not None:
            yield max(one.started, one.joined), START, one.visit_id, number
        if one.left is not None:
            yield max(one.left, one.joined), LEAVE, one.visit_id, number
        if one.ended is not None:
            yield max(one.ended, one.joined), END, one.visit_id, number


def main(arguments: list[str]) -> int:
    """Plays a file; 2 if it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m infra.play waits")
    parser.add_argument("--visits", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        visits = read_visits(options.visits)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    with options.out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in play_visits(visits))
    return 0
