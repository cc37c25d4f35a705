"""Signatures: published vectors pass; any other byte of body, header or address, or an old time, does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Keys, Raw
from tests.fakes import signers
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import NOW

HOOKS = Path(__file__).resolve().parents[4] / "shared" / "data" / "hooks"
SECRET = "a-secret-of-some-length"
URL = "https://hub.example.com/hooks/one"
BODY = json.dumps({"some": "body", "n": 1}).encode()

SIGNED: dict[str, signers.Signed] = {
    "calcom": calcom_signed(calcom_payload(), SECRET),
    "calendly": signers.calendly(BODY, SECRET, NOW),
    "standard": signers.standard(BODY, SECRET, NOW, "msg_1"),
    "square": signers.square(BODY, SECRET, URL),
    "savvycal": signers.savvycal(BODY, SECRET),
    "nylas": signers.nylas(BODY, SECRET),
    "cronofy": signers.cronofy(BODY, SECRET),
    "mindbody": signers.mindbody(BODY, SECRET),
    "hubspot": signers.hubspot(BODY, SECRET, URL, NOW),
    "acuity": signers.acuity(b"action=scheduled&id=1", SECRET),
}


def raw(signed: signers.Signed, url: str = URL) -> Raw:
    return Raw(signed[0], {name.lower(): value for name, value in signed[1].items()}, {}, url)


def genuine(name: str, call: Raw, *secrets: str, now: datetime = NOW) -> bool:
    return provider(name).verify(call, Keys(secrets, now))


@pytest.mark.parametrize("name", SIGNED)
def test_a_right_signature_passes_also_with_the_second_of_two_secrets(name: str) -> None:
    assert genuine(name, raw(SIGNED[name]), SECRET)
    assert genuine(name, raw(SIGNED[name]), "another-secret", SECRET)


@pytest.mark.parametrize("name", SIGNED)
def test_no_secret_or_a_wrong_one_passes_nothing(name: str) -> None:
    assert not genuine(name, raw(SIGNED[name]))
    assert not genuine(name, raw(SIGNED[name]), "")
    assert not genuine(name, raw(SIGNED[name]), SECRET + "x")
    assert not genuine(name, Raw(SIGNED[name][0], {}, {}, URL), SECRET)


@pytest.mark.parametrize("name", SIGNED)
def test_any_other_byte_of_the_body_fails(name: str) -> None:
    body, headers = SIGNED[name]
    for place in range(len(body)):
        tampered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not genuine(name, raw((tampered, headers)), SECRET), place
    assert not genuine(name, raw((body + b" ", headers)), SECRET)


@pytest.mark.parametrize("name", SIGNED)
def test_any_other_character_of_a_signature_header_fails(name: str) -> None:
    body, headers = SIGNED[name]
    for header, value in headers.items():
        if header == "Content-Type":
            continue
        start = max(value.rfind("v1,") + 3 if name == "standard" and "signature" in header else 0, value.rfind(",") + 1)
        for place in range(start, len(value)):
            if value[place] in "=,":
                continue  # what is around a signature, not of it
            other = "B" if value[place] != "B" else "C"
            tampered = headers | {header: value[:place] + other + value[place + 1 :]}
            assert not genuine(name, raw((body, tampered)), SECRET), (header, place)


@pytest.mark.parametrize("name", ["square", "hubspot"])
def test_any_other_character_of_the_address_fails_where_it_is_signed(name: str) -> None:
    for place in range(len(URL)):
        other = URL[:place] + "~" + URL[place + 1 :]
        assert not genuine(name, raw(SIGNED[name], other), SECRET), place


@pytest.mark.parametrize(("name", "tolerance_s"), [("calendly", 180), ("standard", 300), ("hubspot", 300)])
def test_old_and_future_times_fail(name: str, tolerance_s: int) -> None:
    for offset, right in (
        (tolerance_s, True),
        (-tolerance_s, True),
        (tolerance_s + 1, False),
        (-tolerance_s - 1, False),
    ):
        now = datetime.fromtimestamp(NOW.timestamp() + offset, UTC)
        assert genuine(name, raw(SIGNED[name]), SECRET, now=now) is right, offset


@pytest.mark.parametrize("value", ["", "t=,v1=", "t=9" * 3000, "t=²,v1=0", "é", "t=-1,v1=0", "v1," * 5000])
@pytest.mark.parametrize("name", SIGNED)
def test_odd_headers_fail_without_an_exception(name: str, value: str) -> None:
    headers = dict.fromkeys(provider(name).headers, value)
    assert not genuine(name, Raw(BODY, headers, {}, URL), SECRET)


def vector(tool: str, name: str) -> Any:
    return json.loads((HOOKS / tool / name).read_bytes())


@pytest.mark.recordings
@pytest.mark.skipif(not HOOKS.exists(), reason="../shared/data/hooks is missing: published vectors are not read")
def test_published_vectors() -> None:
    square = vector("square", "signature_vector.json")
    headers = {"x-square-hmacsha256-signature": square["x-square-hmacsha256-signature"]}
    assert genuine("square", Raw(square["body"].encode(), headers, {}, square["notification_url"]), square["key"])
    standard = vector("standardwebhooks", "signature_vector.json")
    headers = {name: standard[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    sent = datetime.fromtimestamp(int(standard["webhook-timestamp"]), UTC)
    cronofy = vector("cronofy", "signature_vectors.json")
    for secret, _ in cronofy["secrets_and_digests"]:
        headers_of = {"cronofy-hmac-sha256": cronofy["header_Cronofy-HMAC-SHA256"]}
        assert genuine("cronofy", Raw(cronofy["body"].encode(), headers_of), secret)
    assert genuine("standard", Raw(standard["payload"].encode(), headers), standard["secret"], now=sent)
