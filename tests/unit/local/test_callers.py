"""A proxy's headers are believed when somebody said so, and never otherwise."""

from __future__ import annotations

import pytest

from infra.local.callers import OF_PROXIES, caller_of, is_behind_proxy

SENT = {
    "host": "127.0.0.1:8000",
    "x-forwarded-for": "6.6.6.6, 203.0.113.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "hub.example.org",
    "x-cal-signature-256": "abc",
}


def test_without_a_word_the_connection_counts_and_the_headers_are_gone() -> None:
    address, headers = caller_of("198.51.100.7", SENT, behind_proxy=False)
    assert address == "198.51.100.7"
    assert headers == {"host": "127.0.0.1:8000", "x-cal-signature-256": "abc"}
    assert not set(headers) & set(OF_PROXIES)


def test_behind_a_proxy_only_what_it_added_itself_counts() -> None:
    address, headers = caller_of("127.0.0.1", SENT, behind_proxy=True)
    assert (address, headers["host"], headers["x-forwarded-proto"]) == ("203.0.113.9", "hub.example.org", "https")


def test_a_proxy_that_says_nothing_changes_nothing() -> None:
    assert caller_of("127.0.0.1", {"host": "a"}, behind_proxy=True) == ("127.0.0.1", {"host": "a"})
    assert caller_of("::1", {"x-forwarded-proto": "javascript"}, behind_proxy=True) == ("::1", {})


@pytest.mark.parametrize(("said", "is_so"), [("1", True), ("yes", True), ("0", False), ("", False), ("False", False)])
def test_what_counts_as_said(said: str, *, is_so: bool) -> None:
    assert is_behind_proxy({"HUB_BEHIND_PROXY": said}) is is_so
    assert not is_behind_proxy({})
