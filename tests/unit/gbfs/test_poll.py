"""Polling shared bikes over real HTTP: what is asked, what is published, and that one bad system harms no other."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, THIS_MACHINE, parse_allowed_hosts
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts
from chalicelib.transit.bikes.file import bikes_blob_key, dump_bikes, parse_bikes
from chalicelib.transit.bikes.live import SharedBikes
from chalicelib.transit.data.feed import Feed
from feeds.gbfs.poll import BikeDoors, poll_bikes
from tests.fakes.gbfs_city import BikeCity, Dock
from tests.fakes.memory import ManualClock, MemoryBucket, MemoryDocuments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.transit.bikes.search import Fleet

NOON = datetime(2026, 9, 3, 12, 0, tzinfo=UTC)
BOUNDS = (48.2, 14.8, 48.3, 14.9)


class House:
    """The hub's doors in memory, operators behind real HTTP, and a poll of all of them."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.documents, self.bucket = MemoryDocuments(self.clock), MemoryBucket()
        self.cities: list[BikeCity] = []
        self.doors = self.new_doors(parse_allowed_hosts(THIS_MACHINE))

    def new_doors(self, allowed: AllowedHosts) -> BikeDoors:
        """A new process, which remembers nothing."""
        return BikeDoors(self.documents, self.bucket, self.clock, partial(AsyncPublicHosts, allowed))

    def city(self, **changed: Any) -> BikeCity:
        dock = Dock("Markt", 48.27, 14.86)
        made = BikeCity(self.clock.now, **({"docks": [dock]} | changed))
        made.start()
        self.cities.append(made)
        return made

    def poll(self, *urls: str, doors: BikeDoors | None = None, feed_id: str = "town") -> list[dict[str, Any]]:
        """What an operator sees of each system."""
        feed = Feed(feed_id, ("x",), gbfs=urls or tuple(city.url for city in self.cities), bounds=BOUNDS)
        found = asyncio.run(poll_bikes([feed], doors or self.doors))
        systems: list[dict[str, Any]] = found[feed_id].get("systems", [])
        return systems

    def fleets(self) -> tuple[Fleet, ...]:
        return SharedBikes(self.bucket).fleets("town", self.clock.now())

    def bikes(self) -> int:
        """Those at stations."""
        return sum(station.vehicles for fleet in self.fleets() for station in fleet.stations)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    for city in made.cities:
        city.stop()


@pytest.mark.parametrize("version", ["1.1", "2.3", "3.0"])
def test_what_is_free_is_published_with_its_age(house: House, version: str) -> None:
    house.city(version=version, standing=[(48.271, 14.861)], age_s=120)
    (system,) = house.poll()
    assert (system["system"], system["gbfs_version"], system["trouble"]) == ("Velo Lindenau", version, "")
    assert system["changed_at"] == int(NOON.timestamp()) - 120
    (fleet,) = house.fleets()
    assert fleet.observed_at == int(NOON.timestamp()) - 120
    assert (fleet.stations[0].name, fleet.stations[0].vehicles, len(fleet.standing)) == ("Markt", 5, 1)


def test_only_what_may_have_changed_is_asked_again(house: House) -> None:
    city = house.city()
    house.poll()
    first = list(city.asked)
    house.clock.advance(seconds=20)
    house.poll()
    assert city.asked == first, "no ttl is over"
    house.clock.advance(seconds=41)
    city.docks[0].bikes = 1
    house.poll()
    assert city.asked[len(first) :] == ["station_status"]
    assert house.bikes() == 1


def test_what_did_not_change_is_not_sent_again_and_grows_old(house: House) -> None:
    house.city()
    standing_still = NOON
    house.cities[0].now = lambda: standing_still
    for minute in range(13):
        (system,) = house.poll()
        assert house.bikes() == (5 if minute <= 10 else 0)
        house.clock.advance(minutes=1)
    assert house.cities[0].unchanged
    assert "12 min old and not used" in system["trouble"]


def test_a_new_process_asks_for_all_of_it_and_publishes_the_same(house: House) -> None:
    house.city()
    house.poll()
    before = house.fleets()
    house.poll(doors=house.new_doors(parse_allowed_hosts(THIS_MACHINE)))
    assert house.fleets() == before


def _bomb() -> bytes:
    squeezing = zlib.compressobj(9, wbits=31)
    return b"".join(squeezing.compress(b"\0" * (1 << 20)) for _ in range(64)) + squeezing.flush()


def _listing(url: str) -> bytes:
    return b'{"data": {"feeds": [{"name": "station_status", "url": "%s"}]}}' % url.encode()


def _with_types(city: BikeCity) -> bytes:
    names = ("station_information", "station_status", "vehicle_types")
    listed = ", ".join(f'{{"name": "{name}", "url": "{name}.json"}}' for name in names)
    return f'{{"data": {{"feeds": [{listed}]}}, "version": "{city.version}"}}'.encode()


def _redirected(city: BikeCity) -> None:
    city.raw["gbfs"] = _listing(f"{city.url}/../station_status.json")
    city.raw["station_status"] = b""
    city.headers["station_status"] = {"Location": "http://169.254.169.254/latest"}


BAD: dict[str, Callable[[BikeCity], object]] = {
    "an HTML page": lambda city: city.raw.update(gbfs=b"<html>moved</html>"),
    "a page for status": lambda city: city.raw.update(station_status=b"<html>moved</html>"),
    "no JSON": lambda city: city.raw.update(station_status=b'{"data": {"stations": ['),
    "deep JSON": lambda city: city.raw.update(station_status=b'{"data": ' + b"[" * 200_000),
    "nothing": lambda city: city.raw.update(station_status=b""),
    "other JSON": lambda city: city.raw.update(gbfs=b"[1, 2]"),
    "a gzip bomb": lambda city: city.raw.update(station_status=_bomb()),
    "a bomb for the client": lambda city: (
        city.raw.update(station_status=_bomb()),
        city.headers.update(station_status={"Content-Encoding": "gzip"}),
    ),
    "33 MB": lambda city: city.raw.update(station_status=b" " * (33 << 20)),
    "a server that is gone": lambda city: city.stop(),
    "a redirect to a private host": _redirected,
    "files on a private host": lambda city: city.raw.update(gbfs=_listing("http://10.1.2.3/s.json")),
    "files in a file": lambda city: city.raw.update(gbfs=_listing("file:///etc/passwd")),
    "no bikes at all": lambda city: city.raw.update(vehicle_types=b"<html>", gbfs=_with_types(city)),
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_system_says_so_and_harms_no_other(house: House, how: str) -> None:
    house.city()
    bad = house.city(docks=[Dock("Rathaus", 48.28, 14.86)])
    urls = [city.url for city in house.cities]
    BAD[how](bad)
    good, seen = house.poll(*urls)
    assert good["trouble"] == ""
    assert seen["trouble"]
    assert [station.name for fleet in house.fleets() for station in fleet.stations] == ["Markt"]


def test_a_system_that_was_good_counts_until_it_is_too_old(house: House) -> None:
    city = house.city()
    house.poll()
    city.raw["station_status"] = b"<html>"
    for minute in range(1, 13):
        house.clock.advance(minutes=1)
        (system,) = house.poll()
        assert "HTML" in system["trouble"]
        assert house.bikes() == (5 if minute <= 10 else 0)
    del city.raw["station_status"]
    house.clock.advance(minutes=10)
    house.poll()
    assert house.bikes() == 5


def test_a_large_system_is_read(house: House) -> None:
    docks = [Dock(f"D{n}", 48.2 + n / 20_000, 14.86, said={"remark": "x" * 10_000}) for n in range(1500)]
    (system,) = (house.city(docks=docks), house.poll())[1]
    assert system["trouble"] == ""
    assert system["report"]["stations"] == 1500
    assert len(house.bucket.blobs[bikes_blob_key("town")]) < 100_000


def test_a_system_of_another_city_is_pointed_out(house: House) -> None:
    house.city(docks=[Dock("Elsewhere", 52.5, 13.4)])
    (system,) = house.poll()
    assert "check the URL" in system["trouble"]


def test_where_nothing_allows_it_this_machine_is_not_asked(house: House) -> None:
    city = house.city()
    (system,) = house.poll(doors=house.new_doors(PUBLIC_ONLY))
    assert "private address" in system["trouble"]
    assert city.asked == []


def test_feeds_side_by_side_keep_their_own(house: House) -> None:
    one, other = house.city(), house.city(docks=[Dock("Rathaus", 48.28, 14.86, 2)])
    feeds = [Feed("a", ("x",), gbfs=(one.url, one.url)), Feed("b", ("x",), gbfs=(other.url,))]
    found = asyncio.run(poll_bikes(feeds, house.doors))
    assert all(numbers["published"] for numbers in found.values())
    reader = SharedBikes(house.bucket)
    names = {
        feed_id: [s.name for fleet in reader.fleets(feed_id, house.clock.now()) for s in fleet.stations]
        for feed_id in "ab"
    }
    assert names == {"a": ["Markt"], "b": ["Rathaus"]}


class Overtaken(MemoryDocuments):
    """Between reading and writing, another poll of the same feed has written."""

    def get(self, table: str, key: str) -> Any:
        found = super().get(table, key)
        if key.startswith("gbfs#") and found is None:
            self.tables[table][key] = {"config_id": key, "version": 1, "systems": []}
        return found


def test_of_two_polls_that_overlap_one_publishes(house: House) -> None:
    house.city()
    overtaken = replace(house.doors, documents=Overtaken(house.clock))
    assert house.poll(doors=overtaken) == []
    assert bikes_blob_key("town") not in house.bucket.blobs
    house.poll(doors=overtaken)
    assert house.bikes() == 5


def test_while_the_bucket_is_away_nothing_is_lost(house: House) -> None:
    class Away(MemoryBucket):
        def put(self, key: str, data: bytes) -> None:
            del key, data
            raise Unavailable("the bucket does not answer")

    house.city()
    assert house.poll(doors=replace(house.doors, bucket=Away())) == []
    house.poll()
    assert house.bikes() == 5


def test_a_reader_keeps_the_youngest_publication_and_survives_rubbish(house: House) -> None:
    house.city()
    house.poll()
    young = house.bucket.blobs[bikes_blob_key("town")]
    fleets, meta = parse_bikes(young)
    reader = SharedBikes(house.bucket)
    assert reader.fleets("town", house.clock.now()) == fleets
    for other in (dump_bikes((), meta | {"published_at": 5}), b"rubbish", zlib.compress(b'{"format": 99}'), b""):
        house.bucket.blobs[bikes_blob_key("town")] = other
        house.clock.advance(seconds=20)
        assert reader.fleets("town", house.clock.now()) == fleets
    assert SharedBikes(house.bucket).fleets("town", house.clock.now()) == ()
    house.clock.advance(minutes=10)
    assert reader.fleets("town", house.clock.now()) == ()
