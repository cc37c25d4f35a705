"""When a schedule fires: `rate(…)` and the plain `cron(…)` of EventBridge. Pure; times are UTC, as there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
LOOK_BACK = timedelta(days=1)  # a schedule that was missed for longer fires once all the same


@dataclass(frozen=True)
class Schedule:
    """A schedule: its name, when it fires, as EventBridge writes it, and what it calls (event, context)."""

    name: str
    expression: str
    call: Callable[[dict[str, object], object], object]

    def fires_in(self, after: datetime, until: datetime) -> datetime | None:
        """The last instant in (after, until] at which it fires, None if there is none."""
        return last_firing(self.expression, max(after, until - LOOK_BACK), until)


def last_firing(expression: str, after: datetime, until: datetime) -> datetime | None:
    """The last instant in (after, until] at which an expression fires. Raises `ValueError` if it cannot be read."""
    kind, _, inside = expression.rstrip(")").partition("(")
    if kind == "rate":
        return _rate(inside, after, until)
    if kind == "cron":
        return _cron(inside.split(), after, until)
    raise ValueError(f"a schedule is rate(…) or cron(…), not {expression!r}")


def _rate(inside: str, after: datetime, until: datetime) -> datetime | None:
    found = re.fullmatch(r"(\d+) (minute|hour|day)s?", inside)
    if not found or int(found[1]) < 1:
        raise ValueError(f"a rate is like rate(5 minutes), not rate({inside})")
    every = UNITS[found[2]] * int(found[1])
    last = EPOCH + every * ((until - EPOCH) // every)
    return last if last > after else None


def _cron(fields: list[str], after: datetime, until: datetime) -> datetime | None:
    if len(fields) != len("mhdMwy") or any(field not in ("*", "?") for field in fields[2:]):
        raise ValueError(f"only minutes and hours may be given in a cron of this hub, not cron({' '.join(fields)})")
    minutes, hours = _values(fields[0], 60), _values(fields[1], 24)
    at = until.replace(second=0, microsecond=0)
    while at > after:
        if at.minute in minutes and at.hour in hours:
            return at
        at -= timedelta(minutes=1)
    return None


def _values(field: str, below: int) -> set[int]:
    if field == "*":
        return set(range(below))
    start, _, step = field.partition("/")
    if step:
        return set(range(0 if start == "*" else int(start), below, int(step)))
    return {int(one) for one in start.split(",")}
