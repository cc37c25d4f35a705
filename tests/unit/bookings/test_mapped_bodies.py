"""Bodies that are no JSON, and JSON within texts: what a mapping finds in them, and what is refused."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.providers.contract import Parked, Raw
from chalicelib.bookings.providers.mapped_bodies import body_of
from chalicelib.bookings.providers.rs256 import is_genuine, public_key
from chalicelib.foundation.invalid import Invalid
from tests.fakes import rs256_tokens
from tests.fakes.hub import NOW, SECRET, only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.hub import BookingsRoom

MAPPING = {"uid": "id", "start": "at", "length_min": "`30`", "name": "name"}
ITEM = {"id": "7", "at": "2026-01-05T10:00:00Z", "name": "Ada"}


def post(
    room: BookingsRoom, body: bytes, content_type: str, mapping: Mapping[str, Any] | None = None, **settings: Any
) -> str:
    room.connect("any", "json", mapping=MAPPING | dict(mapping or {}), **settings)
    room.inbox.accept("any", Raw(body, {"Content-Type": content_type}, {"key": SECRET}), room.clock.now())
    (outcome,) = room.drain()
    return f"{outcome.state}: {outcome.note}"


# --- forms ---


def test_a_form(room: BookingsRoom) -> None:
    body = b"id=7&at=1767607200&client%5Bname%5D=Ada+Example&client[tel]=%2B447700900123&tags[]=a&tags[]=b&empty="
    mapping = {"name": "client.name", "phone": "client.tel", "title": "tags[1]"}
    assert post(room, body, "application/x-www-form-urlencoded; charset=utf-8", mapping) == "done: "
    booking = only(room)
    assert (booking.start.isoformat(), booking.title) == ("2026-01-05T12:00:00+02:00", "b")
    assert (booking.customers[0].name, booking.customers[0].phone) == ("Ada Example", "+447700900123")


def test_json_in_a_field_of_a_form(room: BookingsRoom) -> None:
    body = urlencode({"payload": json.dumps(ITEM)}).encode()
    mapping = {name: f"from_json(payload).{path}" for name, path in MAPPING.items() if name != "length_min"}
    assert post(room, body, "application/x-www-form-urlencoded", mapping) == "done: "


NO_FORMS = [b"", b"{}", b"\xff=1", b"a", b"a=1&a[b]=2", b"&".join([b"a=1"] * 3000), b"a" + b"[b]" * 200 + b"=1"]


@pytest.mark.parametrize("body", NO_FORMS)
def test_what_is_no_form(body: bytes) -> None:
    with pytest.raises(Parked, match="form"):
        body_of(body, "", "form")


# --- JSON within JSON ---


def test_json_within_a_text(room: BookingsRoom) -> None:
    body = json.dumps({"event": {"data": json.dumps({"list": [ITEM, ITEM | {"id": "8"}]})}}).encode()
    assert post(room, body, "application/json", {"items": "from_json(event.data).list"}) == "done: "
    assert len(room.all_bookings()) == 2
    broken = json.dumps({"event": {"data": "{"}}).encode()
    assert post(room, broken, "application/json", {"items": "from_json(event.data).list"}).startswith("parked: items")


# --- XML ---

XML = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<s:shop xmlns:s="urn:shop"><s:visit id="7">
<at zone="UTC">2026-01-05T10:00</at><name>Ren\xe9 &amp; Zo\xeb</name></s:visit>
</s:shop>"""


def test_xml_with_attributes_prefixes_and_an_encoding(room: BookingsRoom) -> None:
    mapping = {"items": "visit", "start": "at.text", "timezone": "at.zone"}
    assert post(room, XML, "text/xml", mapping) == "done: "
    assert (only(room).customers[0].name, only(room).start.hour) == ("René & Zoë", 12)


def test_xml_elements_that_are_there_once_or_several_times() -> None:
    assert body_of(b"<a><b>1</b></a>", "application/xml", None) == {"b": "1"}
    assert body_of(b"<a><b>1</b><b>2</b><b><c/></b></a>", "", "xml") == {"b": ["1", "2", {"c": None}]}
    assert body_of(b'<a x="1">text</a>', "", "xml") == {"x": "1", "text": "text"}


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
FILE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize("body", [BOMB, FILE, b"<!DOCTYPE a><a/>", b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>'])
def test_a_doctype_is_refused_and_with_it_every_entity(room: BookingsRoom, body: bytes) -> None:
    assert post(room, body, "application/xml").startswith("parked: the body is XML with a DOCTYPE")


NO_XML = [b"", b"{}", b"<a>", b"<a></b>", b"<a>&x;</a>", b"<a/><a/>", b"<a>\x00</a>"]


@pytest.mark.parametrize("body", [*NO_XML, b'<?xml version="1.0" encoding="x"?><a/>'])
def test_what_is_no_xml(body: bytes) -> None:
    with pytest.raises(Parked, match="not XML"):
        body_of(body, "", "xml")


def test_xml_is_bounded() -> None:
    for body in (b"<a>" * 5000, b"<a>" + b"<b/>" * 200_000 + b"</a>"):
        with pytest.raises(Parked, match="nested more than 100 deep or has more than 100000 elements"):
            body_of(body, "", "xml")


# --- signed tokens ---

RS256 = {"scheme": "rs256", "key": rs256_tokens.pem()}


def test_a_signed_token_is_the_body_and_its_own_proof(room: BookingsRoom) -> None:
    claims = {"iat": 1, "data": json.dumps(ITEM)}
    room.connect("any", "json", None, mapping=MAPPING | {"items": "from_json(data)", "body": "jwt"}, signature=RS256)
    room.call("any", (rs256_tokens.token(claims), {"Content-Type": "text/plain"}))
    assert [outcome.state for outcome in room.drain()] == ["done"]
    assert only(room).customers[0].name == "Ada"
    with pytest.raises(BadSignature):
        room.call("any", (rs256_tokens.token(claims)[:-8] + b"AAAAAAAA", {"Content-Type": "text/plain"}))


def test_the_published_token_is_genuine_until_it_expires() -> None:
    expires = datetime.fromtimestamp(rs256_tokens.EXAMPLE_EXPIRES_S, UTC)
    assert is_genuine(rs256_tokens.EXAMPLE, rs256_tokens.pem(), expires)
    assert not is_genuine(rs256_tokens.EXAMPLE, rs256_tokens.pem(), expires + timedelta(minutes=5))


def test_any_other_character_of_a_token_is_not_genuine() -> None:
    token = rs256_tokens.token(ITEM)
    for place in range(len(token) - 1):  # the last one holds bits that are no part of the signature
        other = token[:place] + (b"A" if token[place : place + 1] != b"A" else b"B") + token[place + 1 :]
        assert not is_genuine(other, rs256_tokens.pem(), NOW), place


HEADS = [{"alg": "none"}, {"alg": "HS256"}, {"alg": "rs256"}, {}, {"alg": 1}, {"alg": "RS256", "crit": ["b64"]}]


@pytest.mark.parametrize("head", HEADS)
def test_a_token_cannot_choose_how_it_is_checked(head: dict[str, Any]) -> None:
    assert not is_genuine(rs256_tokens.token(ITEM, head or {"typ": "JWT"}), rs256_tokens.pem(), NOW)


CLAIMS = [{"exp": 1}, {"exp": -1e308}, {"nbf": 2**40}, {"exp": "soon"}, {"exp": True}, {"nbf": []}]


@pytest.mark.parametrize("claims", [*CLAIMS, b"no JSON", b"[]", b'{"exp": NaN}'])
def test_a_token_that_is_not_valid_now_is_not_genuine(claims: Any) -> None:
    assert not is_genuine(rs256_tokens.token(claims), rs256_tokens.pem(), NOW)


def test_keys_that_are_none_or_too_weak_are_refused(room: BookingsRoom) -> None:
    good = rs256_tokens.pem()
    weak = rs256_tokens.pem((1 << 1023) + 1)
    damaged = (good[:-200], good.replace("M", "!", 1), good.replace("IBIjAN", "IBIjBN"))
    for key in ("key", *damaged, weak, rs256_tokens.pem(exponent=1)):
        with pytest.raises(ValueError, match=r"is not (a public|an RSA) key"):
            public_key(key)
        with pytest.raises(Invalid, match=r"signature\.key"):
            room.connect("any", "json", None, mapping=MAPPING, signature={"scheme": "rs256", "key": key})
    for odd in ({"scheme": "rs256"}, {"scheme": "hex"}):
        with pytest.raises(Invalid, match="needs"):
            room.connect("any", "json", mapping=MAPPING, signature=odd)
    assert public_key(good.replace("\n", "\\n")) == public_key(good)


BODIES = st.binary(max_size=200) | st.sampled_from([rs256_tokens.EXAMPLE, XML, b"a[b]=1"])


@given(BODIES, st.sampled_from(["json", "form", "xml", "jwt"]))
@settings(max_examples=300, deadline=None)
def test_whatever_a_body_holds_it_is_read_or_parked(body: bytes, kind: str) -> None:
    with contextlib.suppress(Parked):
        json.dumps(body_of(body, "", kind))
    assert not is_genuine(body, rs256_tokens.pem(), NOW)
