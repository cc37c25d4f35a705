"""`python -m infra.play outages --incidents FILE.csv [--history FILE.csv] --out FILE.jsonl`.

Walks a virtual clock over incidents: each is known from its start, its end from its end on. While one is open, one line
at each of `outages.learned.AGES_MIN` after its start says when it will be over (80 %), and whether people are told.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.outages.learned import AGES_MIN, Learned
from chalicelib.outages.watch import CERTAIN_AFTER_MIN
from infra.play.recording import instant_text, parse_instant, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START, END, ASK = 0, 1, 2  # what happens in the same second happens in this order


@dataclass(frozen=True, slots=True)
class Incident:
    """One recorded outage; instants in seconds since 1970."""

    incident_id: str
    kind: str
    component: str
    start: float
    end: float


def read_incidents(path: Path) -> list[Incident]:
    """The incidents of a CSV file (or .csv.gz), by their starts. Raises `ValueError` that names the line."""
    return sorted(read_rows(path, _incident, "an incident"), key=lambda one: (one.start, one.incident_id))


def _incident(row: dict[str, str]) -> Incident:
    start, end = parse_instant(row["start"]), parse_instant(row["end"])
    if end < start:
        raise ValueError("it ends before it starts")
    return Incident(row["incident_id"], row["kind"], row["component"], start, end)


def play_incidents(incidents: Sequence[Incident], history: Sequence[Incident]) -> Iterator[dict[str, object]]:
    """What is said of each incident at each age, in the order of the clock. Nothing is known before it happens."""
    learned: dict[str, Learned] = {}
    for one in history:
        learned.setdefault(one.kind, Learned(one.kind)).begin(f"past {one.incident_id}", one.component, one.start)
        learned[one.kind].end(f"past {one.incident_id}", one.end)
    moments = defaultdict(list)
    for one in incidents:
        moments[one.start].append((START, one.incident_id, 0, one))
        moments[one.end].append((END, one.incident_id, 0, one))
        for age in AGES_MIN:
            if one.start + 60 * age < one.end:
                moments[one.start + 60 * age].append((ASK, one.incident_id, age, one))
    for now in sorted(moments):
        for what, _, age, one in sorted(moments[now], key=lambda moment: moment[:3]):
            of_kind = learned.setdefault(one.kind, Learned(one.kind))
            if what == START:
                of_kind.begin(one.incident_id, one.component, one.start)
            elif what == END:
                of_kind.end(one.incident_id, one.end)
            else:
                expected = of_kind.expect(one.component, one.start, now)
                of_kind.say(one.incident_id, expected, now)
                yield {
                    "incident_id": one.incident_id,
                    "at": instant_text(now),
                    "back_from": instant_text(expected.back_from),
                    "back_until": instant_text(expected.back_until),
                    "told": age >= CERTAIN_AFTER_MIN,
                }


def main(arguments: list[str]) -> int:
    """Plays one file; 2 and one line on standard error where it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m infra.play outages", description=__doc__)
    parser.add_argument("--incidents", required=True, type=Path)
    parser.add_argument("--history", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    asked = parser.parse_args(arguments)
    try:
        incidents = read_incidents(asked.incidents)
        history = read_incidents(asked.history) if asked.history else []
        with asked.out.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" for line in play_incidents(incidents, history))
    except (OSError, ValueError, csv.Error) as error:
        print(error, file=sys.stderr)
        return 2
    return 0
