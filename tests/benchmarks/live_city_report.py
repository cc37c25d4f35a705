"""What came of a run of `live_city`: how long snapshots took to have their effect, and whether all is as it must be."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from chalicelib.foundation.ports import Document, Documents
    from tests.fakes.recorded_feed import RecordedFeed

LIVE_KINDS = frozenset({"replan", "late", "on_time_again", "customer_late", "customer_on_time"})  # others: the clock's
TEXTS_MAX = 3  # interrupting ones per ticket, beside the reminder


@dataclass(frozen=True)
class Outcome:
    """What came of a run: notices with the real time of their publication, rounds, kills, CPU seconds."""

    notices: list[dict[str, Any]]
    rounds: list[list[float]]
    kills: int
    cpu_s: dict[str, float]
    took_s: float


def latencies(feed: RecordedFeed, outcome: Outcome, warm: float = 0) -> tuple[list[float], list[float]]:
    """Real seconds from each snapshot's publication: until all tickets were looked at, until its last text was out.

    A round answers for all snapshots that were published since the one before; what was decided between its begin and
    its end is charged to the oldest of them, so that nothing is counted as faster than it was. Of the first `warm`
    minutes nothing is counted: the tickets have never seen live data, and the workers have just been started.
    """
    through, told, covered = [], [], feed.asked[0][1] - 1 if feed.asked else 0
    live = [one for one in outcome.notices if one["kind"] in LIVE_KINDS]
    counted = feed.clock.epoch_s + warm * 60 / feed.clock.rate
    for conditions_at, began, ended in outcome.rounds:
        if not ended:
            continue
        polled = real(feed, conditions_at)
        newest = max((number for at, number in feed.asked if at <= polled + 1 / feed.clock.rate + 0.5), default=covered)
        mine = [one for one in range(covered + 1, newest + 1) if feed.published_at(one) >= counted]
        sent = [one["published"] for one in live if began - 0.2 <= decided(feed, one) <= ended]
        through += [ended - feed.published_at(number) for number in mine]
        told += [max(sent) - feed.published_at(number) for number in mine if sent]
        covered = max(covered, newest)
    return through, told


def real(feed: RecordedFeed, virtual_s: float) -> float:
    return feed.clock.epoch_s + (virtual_s - feed.clock.start.timestamp()) / feed.clock.rate


def decided(feed: RecordedFeed, notice: dict[str, Any]) -> float:
    return real(feed, datetime.fromisoformat(notice["created_at"]).timestamp())


def checked(outcome: Outcome, tickets: list[Document]) -> list[str]:
    """What must hold however many pumps were killed; answers what does not."""
    ids = Counter(one["notice_id"] for one in outcome.notices)
    words = Counter((one["ticket_id"], one["kind"], one["to"], one["text"]) for one in outcome.notices)
    wrong = [f"{name} was published {times} times" for name, times in ids.items() if times > 1]
    wrong += [f"{words_[0]} was told the same {times} times" for words_, times in words.items() if times > 1]
    many = [one["ticket_id"] for one in tickets if one["promise"]["texts"] > TEXTS_MAX]
    return wrong + [f"{name} got more than {TEXTS_MAX} interrupting texts" for name in many]


def at_share(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else float("nan")


def report(
    args: argparse.Namespace, feed: RecordedFeed, outcome: Outcome, tickets: list[Document], documents: Documents
) -> None:
    """The table."""
    through, told = latencies(feed, outcome, args.warm)
    print(
        f"{args.tickets} tickets, {args.venues} venues, {args.minutes:g} min from {args.since} at {args.rate:g}x; "
        f"pumps killed {outcome.kills} times"
    )
    print(
        f"snapshots polled {len({number for _, number in feed.asked})}, rounds {len(outcome.rounds)}; notices: "
        f"{dict(Counter(one['kind'] for one in outcome.notices))}"
    )
    watched = sum(bool(one["watch_shard"]) for one in tickets)
    print(f"  following a told way at the end: {watched}; load of the machine {os.getloadavg()[0]:.1f}")
    print("real seconds from publication       snapshots     p50     p99     max")
    for title, values in (("to all tickets looked at", through), ("to the last text it caused", told)):
        shares = "".join(f"{at_share(values, share):8.1f}" for share in (0.5, 0.99, 1))
        print(f"  {title:<32}{len(values):10}{shares}")
    for title, seconds in outcome.cpu_s.items():
        print(
            f"  CPU of {title:<24}{seconds:6.1f} s of {outcome.took_s:.1f} s ({seconds / outcome.took_s:.0%} of a core)"
        )
    print(f"  the store alone, tickets read in batches of 20: {ceiling(documents, tickets):.0f} a second")
    states = Counter(one["ticket"]["status"] for one in tickets)
    written = sum(one["version"] > 1 for one in tickets)
    print(f"  states at the end: {dict(states)}; written since they were stored: {written}")
    wrong = checked(outcome, tickets)
    print("\n".join(wrong) or "  nobody was told twice; no ticket got more texts than it may")
    assert not wrong


def ceiling(documents: Documents, tickets: list[Document]) -> float:
    """How many tickets a second the store hands out while it has nothing else to do."""
    keys, began = [one["ticket_id"] for one in tickets[:400]], time.perf_counter()
    read = sum(len(documents.get_many("tickets", keys[at : at + 20])) for at in range(0, len(keys), 20))
    return read / (time.perf_counter() - began)
