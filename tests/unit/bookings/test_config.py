"""What an operator may configure, and how mistakes are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.business import Business
from chalicelib.foundation.invalid import Invalid
from chalicelib.transit.reliability.judgements import TARGET
from chalicelib.transit.search.prices import CHANGE_S
from tests.fakes.hub import BUSINESS, NOW, BookingsRoom

if TYPE_CHECKING:
    from chalicelib.bookings.config import Config

NEEDED = ("name", "timezone", "location", "feed")


@pytest.fixture
def config() -> Config:
    return BookingsRoom().config


def test_a_business_is_stored_and_read(config: Config) -> None:
    config.put_business("clinic", BUSINESS | {"locale": "de", "lead_min": 20, "notices": {"reminder": False}}, NOW)
    business = config.business("clinic")
    assert business is not None
    assert (business.lat, business.phone, business.lead_min) == (54.687, "+447700900999", 20)
    assert business.notices == {"reminder": False}
    assert [one.business_id for one in config.businesses()] == ["clinic", "salon"]
    assert config.put_business("clinic", BUSINESS, NOW).version == 2


def test_what_a_business_does_not_say_is_what_the_planner_assumes_too(config: Config) -> None:
    business = config.put_business("clinic", {name: BUSINESS[name] for name in NEEDED}, NOW)
    plain = Business("clinic", business.name, business.timezone, business.lat, business.lon, business.feed, version=1)
    assert business == plain
    assert (business.lead_min, business.early_min, business.locale) == (15, 5, "en")
    assert (business.change_s, business.on_time_target) == (CHANGE_S, TARGET)


def test_a_business_may_want_more_of_its_customers_on_time(config: Config) -> None:
    assert config.put_business("clinic", BUSINESS, NOW).on_time_target == 0.9
    config.put_business("clinic", BUSINESS | {"on_time_target": 0.97}, NOW)
    stored = config.business("clinic")
    assert stored is not None
    assert stored.on_time_target == 0.97


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone: is not an IANA time zone"),
        ({"timezone": None}, "timezone: is not an IANA time zone"),
        ({"location": {"lat": 91, "lon": 0}}, "location.lat"),
        ({"location": {"lat": 0, "lon": -180.5}}, "location.lon"),
        ({"location": {"lat": float("nan"), "lon": 0}}, "location.lat"),
        ({"location": None}, "location"),
        ({"name": "  "}, "name"),
        ({"feed": "../x"}, "feed"),
        ({"phone": "call us"}, "phone: must be an international number"),
        ({"phone": "0044"}, "phone: must be an international number"),
        ({"country": "Lithuania"}, "country"),
        ({"lead_min": -1}, "lead_min"),
        ({"on_time_target": 0.4}, "on_time_target"),
        ({"on_time_target": 1}, "on_time_target"),
        ({"on_time_target": "most"}, "on_time_target"),
    ],
)
def test_mistakes_in_a_business_name_the_field(config: Config, change: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid) as caught:
        config.put_business("clinic", BUSINESS | change, NOW)
    assert caught.value.code == "invalid_business"
    assert words in caught.value.message


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_refused(config: Config, body: Any) -> None:
    with pytest.raises(Invalid, match="must be a JSON object"):
        config.put_business("clinic", body, NOW)


@pytest.mark.parametrize("identifier", ["", "a b", "a/b", "-a", "é", "x" * 65])
def test_ids_are_plain(config: Config, identifier: str) -> None:
    with pytest.raises(Invalid):
        config.put_business(identifier, BUSINESS, NOW)


@pytest.mark.parametrize(
    ("business", "body", "code"),
    [
        ("salon", {"provider": "fax", "secret": "long-enough"}, "unknown_provider"),
        ("salon", {"provider": "calcom"}, "missing_secret"),
        ("salon", {"provider": "calcom", "secret": "short" * 200}, "invalid_connection"),
        ("salon", {"secret": "long-enough"}, "invalid_connection"),
        ("nobody", {"provider": "calcom", "secret": "long-enough"}, "unknown_business"),
    ],
)
def test_mistakes_in_a_connection_have_a_code(config: Config, business: str, body: Any, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        config.put_connection(business, "c1", body, NOW)
    assert caught.value.code == code
    assert "short" not in caught.value.message  # a secret is never repeated


def test_a_connection_belongs_to_one_business(config: Config) -> None:
    config.put_connection("salon", "c1", {"provider": "calcom", "secret": "long-enough"}, NOW)
    config.put_business("clinic", BUSINESS, NOW)
    with pytest.raises(Invalid) as caught:
        config.put_connection("clinic", "c1", {"provider": "calcom", "secret": "long-enough"}, NOW)
    assert caught.value.code == "connection_taken"
    assert [one.connection_id for one in config.connections("salon")] == ["c1"]


def test_a_connection_may_be_changed_without_repeating_its_secret(config: Config) -> None:
    config.put_connection("salon", "c1", {"provider": "calcom", "secret": "long-enough"}, NOW)
    connection = config.put_connection("salon", "c1", {"provider": "calcom", "event_types": ["a"]}, NOW)
    assert connection.secrets == ("long-enough",)
    assert connection.settings == {"event_types": ["a"]}


def test_a_mistake_is_answered_in_few_words_however_long_its_name_is(config: Config) -> None:
    with pytest.raises(Invalid) as said:
        config.parse_mapping({"uid": "id", "start": "at", "x" * 20_000: 1})
    assert len(said.value.message) < 300
