"""What an operator hears about words that mean nothing to the hub, and about addresses that lead inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.forms import BusinessForm
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY
from chalicelib.pages.operator.checks import check_host, remarks
from tests.fakes.lindenau import SALON, Lindenau

if TYPE_CHECKING:
    from pathlib import Path

CALCOM = {"provider": "calcom", "secret": "a-shared-secret"}


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    return town


def test_a_business_that_is_taken_as_written_gets_no_remarks(town: Lindenau) -> None:
    answer = town.hub.operator.businesses.put("salon", {**SALON, "locale": "de-AT"})
    assert not answer.keys() & {"ignored", "notes"}


def test_unknown_fields_are_named_and_the_rest_counts(town: Lindenau) -> None:
    location = {**SALON["location"], "height": 3}  # type: ignore[dict-item]  # SALON holds values of several kinds
    answer = town.hub.operator.businesses.put("salon", {**SALON, "location": location, "time_zone": "Europe/Berlin"})
    assert answer["ignored"] == ["location.height", "time_zone"]
    assert answer["timezone"] == SALON["timezone"]
    assert "ignored" not in town.hub.operator.businesses.get("salon")


def test_a_language_without_texts_is_said_with_the_one_that_is_used(town: Lindenau) -> None:
    (note,) = town.hub.operator.businesses.put("salon", {**SALON, "locale": "tlh-KX"})["notes"]
    assert note == "There are no texts in 'tlh-KX': 'en' is used. There are: de, en, es, fr."


def test_unknown_fields_of_a_connection_are_named_also_inside(town: Lindenau) -> None:
    town.hub.operator.businesses.put("salon", SALON)
    venue = {"name": "Second chair", "lat": 1.0, "lon": 2.0, "floor": 3}
    body = {
        **CALCOM,
        "feedurl": "x",
        "calendars": {"two": venue},
        "signature": {"scheme": "hex", "header": "X", "x": 1},
    }
    answer = town.hub.operator.connections.put("salon", "c1", body, "https://hub.example.com")
    assert answer["ignored"] == ["calendars.two.floor", "feedurl", "signature.x"]
    assert answer["webhook_url"] == "https://hub.example.com/hooks/c1"


def test_remarks_stay_short_whatever_was_sent() -> None:
    body = {f"{n:03}{'x' * 500}": 1 for n in range(500)}
    names = remarks(BusinessForm, body)["ignored"]
    assert (len(names), max(map(len, names))) == (20, 80)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "2130706433", "0x7f.1",
        "printer.local", "db.internal", "localhost.",
    ],
)  # a table, read by rows # fmt: skip
def test_an_api_url_does_not_lead_inside(host: str) -> None:
    with pytest.raises(Invalid, match="is a private address"):
        check_host(f"https://{host}/v1", PUBLIC_ONLY)


@pytest.mark.parametrize("url", ["https://connect.squareup.com", "https://93.184.216.34/v1", None, 5, "http://[", "x"])
def test_public_hosts_and_what_the_form_judges_pass(url: Any) -> None:
    check_host(url, PUBLIC_ONLY)


def test_on_one_machine_a_tool_may_be_this_machine_and_no_other_private_one(town: Lindenau) -> None:
    town.hub.operator.businesses.put("salon", SALON)
    operator = town.hub.operator
    operator.connections.put("salon", "c1", {**CALCOM, "api_url": "http://127.0.0.1:9/v1"}, "https://hub.example.com")
    with pytest.raises(Invalid) as caught:
        operator.connections.put("salon", "c1", {**CALCOM, "api_url": "http://10.0.0.1/v1"}, "https://hub.example.com")
    assert caught.value.code == "private_address"
