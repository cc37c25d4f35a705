"""Calls that are not taken for the tool's: the answer says what is wrong and what would do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.providers.contract import Raw
from tests.fakes import rs256_tokens, signers
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import NOW, SECRET, BookingsRoom

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

URL = "https://hub.example.com/hooks/own"
SIGNED: dict[str, Callable[[datetime, str], signers.Signed]] = {
    "calendly": lambda at, secret: signers.calendly(b"{}", secret, at),
    "standard": lambda at, secret: signers.standard(b"{}", secret, at, "m1"),
    "hubspot": lambda at, secret: signers.hubspot(b"[]", secret, URL, at),
}


def refused(room: BookingsRoom, signed: signers.Signed, query: dict[str, str] | None = None) -> str:
    body, headers = signed
    room.clock.advance(seconds=6)  # what a connection did is written every five seconds
    with pytest.raises(BadSignature) as caught:
        room.inbox.accept("own", Raw(body, headers, query or {}, URL), room.clock.now())
    shown = room.overview.connection("own", room.clock.now())
    assert shown is not None
    assert shown["refused"]["why"] == caught.value.why
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize(("off_min", "words"), [(-25, "is too old now"), (25, "is from the future now")])
def test_the_right_secret_at_another_time_is_said_to_be_that(name: str, off_min: int, words: str) -> None:
    room = BookingsRoom()
    room.connect("own", name)
    said = refused(room, SIGNED[name](NOW + timedelta(minutes=off_min), SECRET))
    assert "the secret is right" in said
    assert words in said
    assert "Either the sender's clock is wrong, or an old call was sent again: send it anew" in said
    assert "set the same secret" not in said


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("off_min", [0, -25])
def test_a_wrong_secret_is_said_to_be_that_however_old_the_call_is(name: str, off_min: int) -> None:
    room = BookingsRoom()
    room.connect("own", name)
    said = refused(room, SIGNED[name](NOW + timedelta(minutes=off_min), "another"))
    assert "was not made with a secret of this connection: set the same secret in the tool and here" in said


def test_a_missing_header_is_named() -> None:
    room = BookingsRoom()
    room.connect("own", "calcom")
    assert "it has no header x-cal-signature-256" in refused(room, (b"{}", {}))
    body, headers = calcom_signed(calcom_payload(), "another")
    assert "its header x-cal-signature-256 was not made with a secret" in refused(room, (body, headers))


def test_a_missing_key_and_a_header_of_ones_own_are_named() -> None:
    room = BookingsRoom()
    mapping = {"uid": "id", "start": "at"}
    room.connect("own", "json", mapping=mapping)
    assert "it has no ?key= in its address" in refused(room, (b"{}", {}))
    assert "its ?key= in its address was not made" in refused(room, (b"{}", {}), {"key": "another"})
    room = BookingsRoom()
    room.connect("own", "json", mapping=mapping, signature={"scheme": "hex", "header": "X-My-Signature"})
    assert "it has no header x-my-signature" in refused(room, (b"{}", {}))


def test_a_token_that_has_expired_is_said_to_be_that() -> None:
    room = BookingsRoom()
    key = {"scheme": "rs256", "key": rs256_tokens.pem()}
    room.connect("own", "json", None, mapping={"uid": "id", "start": "at"}, signature=key)
    assert "is too old now" in refused(room, (rs256_tokens.token({"exp": int(NOW.timestamp()) - 3600}), {}))
    assert "its proof in its body was not made" in refused(room, (rs256_tokens.token({})[:-9] + b"AAAAAAAAA", {}))
