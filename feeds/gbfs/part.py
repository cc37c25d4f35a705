"""One file of a GBFS system over time: when to ask for it again, and what we hold of it. Pure.

Rules
- A file is asked for when its ttl is over, counted from when its publisher wrote it: status at least every
  `LIVE_MAX_S`, what hardly changes at most every `STATIC_LEAST_S`. A server in trouble is asked more and more seldom.
- Of status the rules of live data hold (`realtime.source`): it may not go back in time, and its age counts, here by
  what its publisher says (`last_updated`), unless that is in the future. What hardly changes may be as old as it likes.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.gbfs.reading import read_file
from feeds.realtime.decode import Rejected
from feeds.realtime.source import judge_message, note_failure, note_no_news

if TYPE_CHECKING:
    from feeds.gbfs.reading import GbfsFile
    from feeds.realtime.fetch import FeedAnswer
    from feeds.realtime.source import Source

log = logging.getLogger("hub.bikes")

LIVE_FILES = frozenset({"station_status", "vehicle_status"})
LIVE_LEAST_S, LIVE_MAX_S = 30, 240  # well within the time after which status is too old to be used
STATIC_LEAST_S, STATIC_MAX_S = 900, 6 * 3600  # names and places of stations: a new one is there within the day
RETRY_S, RETRY_MAX_S = 30, 600  # after a failure, doubled with each further one


@dataclass(frozen=True, slots=True)
class SystemPart:
    """A file by its name in 3.0. `ask_at`: POSIX s."""

    name: str
    source: Source
    file: GbfsFile | None = None
    ask_at: int = 0

    @property
    def is_live(self) -> bool:
        """It says what is free now."""
        return self.name in LIVE_FILES

    def usable(self, now: int) -> bool:
        """Whether we hold it, and it is still true."""
        return self.file is not None and (not self.is_live or self.source.usable(now))


def take_answer(part: SystemPart, answer: FeedAnswer, now: int) -> SystemPart:
    """The part after its server's answer."""
    if answer.trouble:
        return _schedule_retry(replace(part, source=note_failure(part.source, now, answer.trouble)), now)
    if answer.data is None or hashlib.sha256(answer.data).hexdigest() == part.source.digest:
        return _schedule_next(replace(part, source=note_no_news(part.source, now)), now)
    try:
        file = read_file(answer.data)
    except Rejected as reason:
        return _schedule_retry(replace(part, source=note_failure(part.source, now, str(reason))), now)
    except Exception:  # a fault of ours stays with the file that showed it
        log.exception("a GBFS file could not be read")
        why = "the hub failed to read this file; its log says why"
        return _schedule_retry(replace(part, source=note_failure(part.source, now, why)), now)
    return _take_news(part, file, answer, now)


def _take_news(part: SystemPart, file: GbfsFile, answer: FeedAnswer, now: int) -> SystemPart:
    digest = hashlib.sha256(answer.data or b"").hexdigest()
    if part.is_live:
        taken, source = judge_message(part.source, file.last_updated, digest, now)
        if not taken:
            return _schedule_next(replace(part, source=source), now)
        if 0 < file.last_updated <= now:
            source = replace(source, changed_at=file.last_updated, trouble="")
    else:
        source = replace(note_no_news(part.source, now), digest=digest, header_at=file.last_updated, changed_at=now)
    return _schedule_next(
        replace(part, source=replace(source, etag=answer.etag, modified=answer.modified), file=file), now
    )


def _schedule_next(part: SystemPart, now: int) -> SystemPart:
    """When its ttl is over."""
    ttl_s = part.file.ttl_s if part.file else 0
    until = ttl_s - max(0, now - part.source.header_at) if part.source.header_at else ttl_s
    least, most = (LIVE_LEAST_S, LIVE_MAX_S) if part.is_live else (STATIC_LEAST_S, STATIC_MAX_S)
    return replace(part, ask_at=now + min(max(until, least), most))


def _schedule_retry(part: SystemPart, now: int) -> SystemPart:
    pause = min(RETRY_S << min(part.source.failures, 10), RETRY_MAX_S)
    return replace(part, ask_at=now + pause)
