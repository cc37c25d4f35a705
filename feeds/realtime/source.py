"""One live URL over time: what we know of it, and whether what it sends now may be believed. Pure.

Rules
- A header older than the last accepted one is refused: behind one URL there are often two servers, one lagging.
  After BACK_ACCEPTED_AFTER refusals in a row it was the feed's clock that had been wrong, and it is accepted.
- A feed's clock may be wrong by up to SKEW_MAX_S and its data still be live: what counts is that its header moves.
  So its age is counted on our clock from the last time that the header moved.
- A header older than that is yesterday's file: it has the age that it says.
- An unchanged header with other content is news too (some feeds round their clock).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from chalicelib.transit.data.live import STALE_AFTER_S

SKEW_MAX_S = 15 * 60  # of a feed's clock
BACK_ACCEPTED_AFTER = 10  # refusals in a row: five minutes of polls
REMEMBERED_S = 7 * 86_400  # what is remembered of a URL after its last poll


@dataclass(frozen=True, slots=True)
class Source:
    """What is remembered of a URL between polls. Instants are POSIX s; 0: never."""

    url: str
    etag: str = ""
    modified: str = ""
    digest: str = ""  # of the last accepted content
    header_at: int = 0
    changed_at: int = 0  # on our clock: when the header last moved, or its own time where it is far behind
    asked_at: int = 0
    answered_at: int = 0
    went_back: int = 0  # refusals in a row
    failures: int = 0  # in a row
    trouble: str = ""  # of the last poll, for an operator; "": none
    report: dict[str, Any] = field(default_factory=dict)  # numbers of the last accepted message

    def age_s(self, now: int) -> int | None:
        """How old what we hold is; None: we hold nothing."""
        return max(0, now - self.changed_at) if self.changed_at else None

    def usable(self, now: int) -> bool:
        """Whether what we hold may still be shown as live."""
        age_s = self.age_s(now)
        return age_s is not None and age_s <= STALE_AFTER_S

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Source:
        """Inverse of `to_json`; unknown keys of another version are dropped."""
        known = {one.name for one in fields(cls)}
        return cls(**{key: value for key, value in raw.items() if key in known})


def note_no_news(source: Source, now: int) -> Source:
    """The server answered: nothing new (304, or the very same bytes)."""
    return replace(source, asked_at=now, answered_at=now, failures=0, trouble="")


def note_failure(source: Source, now: int, sentence: str) -> Source:
    """No usable answer. The sentence says whose fault it is."""
    return replace(source, asked_at=now, failures=source.failures + 1, trouble=sentence)


def judge_message(source: Source, header_at: int, digest: str, now: int) -> tuple[bool, Source]:
    """Whether to take a decoded message with this header (0: says no time), and what to remember."""
    answered = replace(source, asked_at=now, answered_at=now, failures=0, trouble="")
    header_at = header_at or now
    back = header_at < source.header_at and source.header_at <= now + SKEW_MAX_S
    if back and source.went_back < BACK_ACCEPTED_AFTER:
        trouble = f"the feed went back in time by {source.header_at - header_at} s; ask its publisher"
        return False, replace(answered, went_back=source.went_back + 1, trouble=trouble)
    changed_at = now if abs(now - header_at) <= SKEW_MAX_S or header_at > now else header_at
    if header_at == source.header_at and digest == source.digest:
        changed_at = source.changed_at
    trouble = ""
    if changed_at < now - STALE_AFTER_S:
        trouble = f"the feed's data is {(now - changed_at) // 60} min old; ask its publisher"
    elif abs(now - header_at) > STALE_AFTER_S // 2:
        trouble = f"the feed's clock is {(header_at - now) // 60:+d} min off"
    return True, replace(
        answered, header_at=header_at, digest=digest, changed_at=changed_at, went_back=0, trouble=trouble
    )
