"""`python -m infra.play COMMAND …`: plays recorded days through the code that the hub runs. One line a command."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "day": "a venue's day, line by line: what is told to whom, and who is next",
    "outages": "how long each outage of a file will last, told while it is open",
    "replies": "what each text of a file is understood as",
    "waits": "how long each visit of a file will wait, told when it joins its queue",
}


def main(arguments: list[str]) -> int:
    """Runs one command; 2 for a call that cannot be understood."""
    if not arguments or arguments[0] not in COMMANDS:
        for name, what in COMMANDS.items():
            print(f"python -m infra.play {name:8} {what}", file=sys.stderr)
        return 2
    code: int = import_module(f"infra.play.{arguments[0]}").main(arguments[1:])
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
