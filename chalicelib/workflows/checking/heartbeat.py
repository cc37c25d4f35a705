"""That the minute's work runs: noted each time it begins, read by whoever asks how the hub does.

tick#{work}: {at, version}
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.foundation.keys import tick_key
from chalicelib.foundation.ports import Conflict, Write

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Documents

MINUTE, BOOKING_TOOLS = WORKS = "minute", "booking_tools"


def note_minute(documents: Documents, work: str, now: datetime) -> None:
    """This minute's work has begun. Raises `Unavailable`."""
    stored = documents.get("config", tick_key(work))
    version = stored["version"] if stored else 0
    with contextlib.suppress(Conflict):  # another process notes the same minute
        document = {"config_id": tick_key(work), "at": now.isoformat(), "version": version + 1}
        documents.write(Write("config", document, version or None))


def last_minutes(documents: Documents) -> dict[str, datetime | None]:
    """When each work began last; None: never. Raises `Unavailable`."""
    found = {one["config_id"]: one for one in documents.get_many("config", [tick_key(work) for work in WORKS])}
    stored = {work: found.get(tick_key(work)) for work in WORKS}
    return {work: datetime.fromisoformat(one["at"]) if one else None for work, one in stored.items()}
