"""The operator's command line: `python -m feeds describe | compile | plan | replay …`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "describe": ("feeds.describe", "tells what a GTFS zip is: days, trips, routes, stops on a map, flaws"),
    "compile": ("feeds.compile.command", "GTFS zips become timetables"),
    "plan": ("feeds.plan", "answers one question on a compiled timetable"),
    "replay": ("feeds.replay.command", "plays a recorded day through the real code"),
}


def main(argv: Sequence[str]) -> int:
    """Runs one command; only its own modules are imported, because `plan` has to start at once."""
    parser = argparse.ArgumentParser(prog="python -m feeds", description="Works on feeds.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    asked = next((word for word in argv if word in COMMANDS), None)
    for name, (module, about) in COMMANDS.items():
        command = commands.add_parser(name, help=about)
        if name == asked:
            importlib.import_module(module).add_arguments(command)
    args = parser.parse_args(argv)
    return int(importlib.import_module(COMMANDS[args.command][0]).run(args))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:  # whoever reads our output had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
