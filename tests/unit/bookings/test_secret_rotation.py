"""Secrets are replaced one after the other: which of them a call may be signed with, and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bookings.secret_rotation import StoredSecrets, rotate, secrets_from
from tests.fakes.hub import NOW, BookingsRoom

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Connection


@pytest.fixture
def room() -> BookingsRoom:
    return BookingsRoom()


def connected(room: BookingsRoom, secret: str | None, provider: str = "calcom", **settings: object) -> Connection:
    room.connect("cal", provider, secret, **settings)
    connection = room.config.connection("cal")
    assert connection is not None
    return connection


def accepted(room: BookingsRoom, after_h: float = 0) -> tuple[str, ...]:
    connection = room.config.connection("cal")
    assert connection is not None
    return connection.active_secrets(room.clock.now() + timedelta(hours=after_h))


def test_a_secret_that_was_ended_is_not_accepted_again_by_a_later_rotation(room: BookingsRoom) -> None:
    connected(room, "a")
    connected(room, "b", overlap_h=0)
    assert accepted(room) == ("b",)
    connected(room, "c")
    assert accepted(room) == ("c", "b")
    assert "a" not in str(room.documents.get("config", "connection#cal")["secrets"])  # type: ignore[index] # it is there


def test_each_old_secret_keeps_its_own_end(room: BookingsRoom) -> None:
    connected(room, "a")
    connected(room, "b", overlap_h=2)
    room.clock.advance(hours=1)
    connected(room, "c")
    assert accepted(room) == ("c", "b", "a")
    assert accepted(room, 1) == ("c", "b")
    assert accepted(room, 24) == ("c",)


def test_no_overlap_ends_every_old_secret_also_without_a_new_one(room: BookingsRoom) -> None:
    connected(room, "a")
    connected(room, "b")
    assert accepted(room) == ("b", "a")
    connected(room, "c", overlap_h=0)
    assert accepted(room) == ("c",)
    connected(room, "d")
    connected(room, None, overlap_h=0)
    assert accepted(room) == ("d",)


def test_a_longer_overlap_later_lengthens_nothing(room: BookingsRoom) -> None:
    connected(room, "a")
    connected(room, "b", overlap_h=1)
    connected(room, "b", overlap_h=700)
    assert accepted(room, 1) == ("b",)


def test_a_secret_that_comes_back_is_the_newest_and_has_no_end(room: BookingsRoom) -> None:
    connected(room, "a")
    connected(room, "b")
    connected(room, "a", overlap_h=1)
    assert accepted(room) == ("a", "b")
    assert accepted(room, 1000) == ("a",)


def test_another_tool_knows_none_of_the_secrets_of_the_tool_before(room: BookingsRoom) -> None:
    connected(room, "a")
    connected(room, "b", "nylas")
    assert accepted(room) == ("b",)
    connected(room, "c", "calcom")
    assert accepted(room) == ("c",)


def test_documents_of_before_have_one_end_for_all_old_secrets() -> None:
    document = {"secrets": ["b", "a"], "previous_secret_until": (NOW + timedelta(hours=1)).isoformat()}
    assert [one.until for one in secrets_from(document).old] == [NOW + timedelta(hours=1)]
    ended = document | {"previous_secret_until": NOW.isoformat()}
    assert rotate(secrets_from(ended), "c", None, NOW).to_json()["secrets"] == ["c", "b"]
    assert secrets_from({"secrets": [], "previous_secret_until": None}) == StoredSecrets()
    assert secrets_from({"secrets": ["b"]}) == StoredSecrets("b")


STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.sampled_from([None, 0.0, 1.0, 48.0]), st.integers(0, 30)),
    max_size=12,
)


@given(STEPS)
def test_what_is_not_accepted_is_never_accepted_again_unless_it_is_configured(
    steps: list[tuple[str | None, float | None, int]],
) -> None:
    known, now = rotate(StoredSecrets(), "first", None, NOW), NOW
    for secret, overlap_h, hours in steps:
        now += timedelta(hours=hours)
        before = accepted_by(known, now)
        known = secrets_from(rotate(known, secret, overlap_h, now).to_json())
        for later_h in (0, 1, 24, 800):
            assert accepted_by(known, now + timedelta(hours=later_h)) <= before | {secret}


def accepted_by(known: StoredSecrets, now: datetime) -> set[str | None]:
    return {known.newest, *(one.secret for one in known.old if now < one.until)}
