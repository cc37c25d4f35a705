"""Who is refused again and again is told to wait; nobody else is, and nothing that is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.entrypoints.refused_calls import ADDRESSES_MAX, REFUSED_AT_ONCE, RefusedCalls

if TYPE_CHECKING:
    import pytest


def test_an_address_is_slowed_down_and_recovers(caplog: pytest.LogCaptureFixture) -> None:
    calls = RefusedCalls()
    answers = [calls.is_beyond("192.0.2.1", "/hooks/x", 401, 0.0) for _ in range(int(REFUSED_AT_ONCE) + 5)]
    assert answers == [False] * int(REFUSED_AT_ONCE) + [True] * 5
    assert not calls.is_beyond("192.0.2.2", "/hooks/x", 401, 0.0)
    assert not calls.is_beyond("192.0.2.1", "/t/x", 404, 60.0)
    assert "192.0.2.1" not in caplog.text
    assert caplog.text.count("refused again and again") == 1


def test_what_is_right_or_only_missing_never_counts() -> None:
    calls = RefusedCalls()
    for _ in range(500):
        assert not calls.is_beyond("a", "/hooks/x", 202, 0.0)
        assert not calls.is_beyond("a", "/admin/feeds/x", 404, 0.0)
        assert not calls.is_beyond("", "/t/x", 404, 0.0)


def test_guessed_addresses_do_not_fill_the_memory() -> None:
    calls = RefusedCalls()
    for number in range(3 * ADDRESSES_MAX):
        calls.is_beyond(str(number), "/t/x", 404, 0.0)
    assert len(calls._left) <= ADDRESSES_MAX  # noqa: SLF001 - the memory itself
