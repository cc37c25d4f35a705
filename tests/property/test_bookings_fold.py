"""Any order and any repetition of reports ends in the same bookings.

`BOOKINGS_HISTORIES=100000 pytest tests/property/test_bookings_fold.py` is the long run.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bookings import fold
from chalicelib.bookings.booking import Booking, Customer, Report, Status
from chalicelib.bookings.business import Connection

HISTORIES = int(os.environ.get("BOOKINGS_HISTORIES", "300"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
UIDS = ("a", "b", "c", "d")


def people(keys: list[str]) -> tuple[Customer, ...]:
    return tuple(Customer(key, key) for key in keys)


def reports() -> st.SearchStrategy[Report]:
    uid = st.sampled_from(UIDS)
    start = st.none() | st.integers(0, 50).map(lambda hours: NOW + timedelta(hours=hours))
    return st.builds(
        Report,
        uid=uid,
        order=st.integers(0, 4).map(str),
        status=st.none() | st.sampled_from(list(Status)),
        start=start,
        end=start,
        customers=st.none() | st.lists(st.sampled_from("xy"), max_size=2).map(people),
        moved_from=st.none() | uid,
        moved_to=st.none() | uid,
        absent=st.none() | st.just(("x",)),
        settle_at=st.none() | st.just(NOW - timedelta(minutes=1)) | st.just(NOW + timedelta(minutes=1)),
    )


def components(told: list[Report]) -> list[fold.Thread]:
    """The threads that reports amount to, joined one report after another."""
    threads: list[fold.Thread] = []
    for report in told:
        touched = [one for one in threads if set(one.uids) & set(fold.uids_of(report))]
        threads = [one for one in threads if one not in touched] + [fold.join([*touched, fold.thread_of(report)])]
    return sorted(threads, key=lambda thread: thread.uids)


@given(st.lists(reports(), max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_threads_do_not_depend_on_order_or_repetition(told: list[Report], chance: object) -> None:
    shuffled = [*told, *told[: len(told) // 2]]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own Random, which it may shrink
    once, again = components(told), components(shuffled)
    assert once == again
    assert [thread.root for thread in once] == [thread.root for thread in again]
    for one, other in zip(once, again, strict=True):
        assert booked(one) == booked(other)


@given(st.lists(reports(), max_size=6))
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_threads_survive_storage(told: list[Report]) -> None:
    for thread in components(told):
        assert fold.Thread.from_json(thread.to_json()) == thread


def booked(thread: fold.Thread) -> Booking | fold.Incomplete:
    found = fold.booking_of(thread, "id", Connection("cal", "salon", "calcom", ()), "Europe/Vilnius", NOW)
    return replace(found, aliases=()) if isinstance(found, Booking) else found
