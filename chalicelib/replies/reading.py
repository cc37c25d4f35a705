"""What a reply was understood as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Intent(StrEnum):
    """What somebody wants who answers a text. `OTHER`: a person has to read it."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    LATE = "late"
    HERE = "here"
    ON_WAY = "onway"
    CANCEL = "cancel"
    MOVE = "move"
    THANKS = "thanks"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reading:
    """`minutes`: the duration that it names, of several the largest. `acts`: clear enough for the hub to act on."""

    intent: Intent
    minutes: int | None = None
    acts: bool = False
