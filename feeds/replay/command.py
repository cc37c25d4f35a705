"""`python -m feeds replay`: a recorded day through the real code; writes every message, and a report."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feeds import EXIT_UNUSABLE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--gtfs", required=True, type=Path, help="the timetable of the day, a GTFS zip")
    parser.add_argument("--realtime", required=True, type=Path, help="folder or tar of TripUpdates snapshots")
    parser.add_argument("--tickets", required=True, type=Path, help="ticket_id, origin, destination, arrive_by as csv")
    parser.add_argument("--out", required=True, type=Path, help="where each message goes, a line of JSON each")
    parser.add_argument("--history", action="append", default=[], type=Path, help="an earlier recording to learn from")
    parser.add_argument("--report", type=Path, help="where to write what came of it, an HTML page")


def run(args: argparse.Namespace) -> int:
    """Plays; 0, or 2 with one line on standard error that says what to do."""
    from feeds.compile.findings import OutsideCalendar, Unusable  # noqa: PLC0415 - pandas is slow to import
    from feeds.replay.appointments import BadTickets  # noqa: PLC0415 - the same
    from feeds.replay.recording import NoRecording  # noqa: PLC0415 - the same

    try:
        _replay(args)
    except (BadTickets, NoRecording, OutsideCalendar, Unusable, OSError, UnicodeDecodeError) as problem:
        print(str(problem).splitlines()[0] if str(problem) else type(problem).__name__, file=sys.stderr)
        return EXIT_UNUSABLE
    return 0


def _replay(args: argparse.Namespace) -> None:
    from feeds.compile.network import read_network  # noqa: PLC0415 - pandas is slow to import
    from feeds.replay.advice import Messages  # noqa: PLC0415 - the same
    from feeds.replay.appointments import read_appointments  # noqa: PLC0415 - the same
    from feeds.replay.play import ReplayDay, by_day, learn_from  # noqa: PLC0415 - the same
    from feeds.replay.recording import read_snapshots  # noqa: PLC0415 - the same
    from feeds.replay.scoring.baselines import baselines  # noqa: PLC0415 - only now needed
    from feeds.replay.scoring.follow import World  # noqa: PLC0415 - the same
    from feeds.replay.scoring.outcomes import outcomes_of  # noqa: PLC0415 - the same
    from feeds.replay.scoring.report import ReplayResult, report_page, table  # noqa: PLC0415 - the same
    from feeds.replay.scoring.score import summarise  # noqa: PLC0415 - the same

    appointments = read_appointments(args.tickets)
    network = read_network([args.gtfs])
    recording = read_snapshots(args.realtime)
    history = [read_snapshots(path) for path in args.history]
    lines: list[dict[str, Any]] = []
    outcomes, rows, spoke = [], [], Counter[str]()
    delays = None
    for name, wanted in by_day(appointments, network.timezone).items():
        timetable = network.day(date.fromisoformat(name))
        delays = delays or learn_from(history, timetable)
        day = ReplayDay(timetable, wanted, delays)
        messages, sent = Messages(day), []
        for one in day.play(recording):
            line = messages.line(one)
            if line is not None:
                sent.append(one)
                lines.append(line)
        world = World(day.sources.lines, *day.truth.times())
        outcomes += outcomes_of(day, sent, messages, world)
        spoke.update(day.spoke)
        if args.report:
            rows += baselines(day, recording, world)
    _write(args.out, (json.dumps(line, ensure_ascii=False) for line in lines))
    if not outcomes:
        print("nobody could be told how to come", file=sys.stderr)
        return
    product = summarise("the hub", outcomes)
    print(table([product]))
    if args.report:
        result = ReplayResult(product, rows, outcomes, spoke, len(appointments), len(args.history))
        _write(args.report, [report_page(result)])


def _write(path: Path, lines: Iterator[str] | list[str]) -> None:
    aside = path.with_name(f".{path.name}.new")
    aside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    aside.replace(path)
