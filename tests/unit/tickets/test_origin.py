"""From the words of a booking's form to a place: what is certain is taken, everything else is left alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.origin import KnownPlaces, NoTimetableYet, coordinates
from chalicelib.transit.data.feed import Feed
from chalicelib.transit.data.service_days import NoTimetable
from tests.fakes.salon import ADA, SALON, at, booking
from tests.fakes.stops import LAT, LON, named, stops

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.data.timetable import Timetable

HERE = (48.2211, 16.3312)
IS_A_POINT = [
    "48.2211,16.3312",
    " 48.2211, 16.3312 ",
    "(48.2211; 16.3312)",
    "48.2211 16.3312",
    "+48.22110,+16.33120",
    "geo:48.2211,16.3312",
    "GEO:48.2211,16.3312;u=35",
    "geo:0,0?q=48.2211,16.3312(Home)",
    "geo:48.2211,16.3312?z=17",
    "https://maps.google.com/?q=48.2211,16.3312",
    "https://www.google.com/maps/search/?api=1&query=48.2211%2C16.3312",
    "https://www.google.at/maps/place/Home/@48.2,16.3,12z/data=!3m1!4b1!4m5!8m2!3d48.2211!4d16.3312",
    "https://www.google.com/maps/@48.2211,16.3312,17z",
    "I come from https://maps.google.com/?q=loc:48.2211,16.3312.",
    "https://maps.apple.com/?ll=48.2211,16.3312&q=Home",
    "https://www.openstreetmap.org/?mlat=48.2211&mlon=16.3312#map=12/48.5/16.9",
    "https://www.openstreetmap.org/#map=18/48.2211/16.3312",
    "https://waze.com/ul?ll=48.2211,16.3312&navigate=yes",
]
IS_NONE = [
    "",
    "48, 16",
    "48.2, 16.3",  # some ten kilometres
    "48.2211",
    "48,2211, 16,3312",
    "0.0000, 0.0000",
    "91.0000, 16.3312",
    "48.2211, 181.0000",
    "48.2211, 16.3312 and then left",
    "geo:home",
    "geo:48,16",
    "https://example.com/?q=48.2211,16.3312",
    "https://google.com.example.org/maps?q=48.2211,16.3312",
    "https://www.google.com/maps/@48.2211,16.3312,12z",  # the middle of a city's map
    "https://www.google.com/maps/search/hairdresser",
    "https://maps.app.goo.gl/abc",
    "https://maps.google.com/?q=48.2211,16.3312 https://maps.google.com/?q=48.3,16.4",
    "https://[::1/?q=48.2211,16.3312",
    "48.2211,16.3312" + " " * 600 + ".",
]


@pytest.mark.parametrize("words", IS_A_POINT)
def test_what_is_written_as_a_point_is_one(words: str) -> None:
    assert coordinates(words) == HERE


@pytest.mark.parametrize("words", IS_NONE)
def test_what_may_mean_something_else_is_no_point(words: str) -> None:
    assert coordinates(words) is None


@given(st.text(max_size=600) | st.from_regex(r"(geo:|https://maps\.google\.com/\?q=)[-0-9.,;?!@a-z/=]{0,60}"))
def test_whatever_is_typed_is_a_point_on_earth_or_nothing(words: str) -> None:
    found = coordinates(words)
    assert found is None or (abs(found[0]) <= 90 and abs(found[1]) <= 180)


@dataclass
class OneDay:
    """A shelf of one feed with one day; without a timetable the feed is not compiled yet, or its file is gone."""

    timetable: Timetable | None
    days: dict[str, str] = field(default_factory=lambda: {"2026-09-03": "key"})

    def feed(self, _feed_id: str) -> Feed | None:
        bounds = (LAT - 0.1, LON - 0.1, LAT + 0.1, LON + 0.1)
        return replace(Feed("town", ("https://example.org/f.zip",)), days=self.days, bounds=bounds)

    def day(self, _feed_id: str, date: str) -> Timetable:
        assert date in self.days
        if self.timetable is None:
            raise NoTimetable("no_timetable", "gone")
        return self.timetable


def ticket(words: str) -> Ticket:
    made = new_ticket(booking(), replace(ADA, address=words), SALON, at("1 10:00"), Link("t", "s"))
    assert made
    return made


def meant(timetable: Timetable | None, words: str) -> str | None:
    found = KnownPlaces(OneDay(timetable)).find_origin(ticket(words))  # type: ignore[arg-type] # a shelf with all that is asked
    return (found.stop_id or f"{found.lat},{found.lon}") if found else None


TOWN = stops("""
    hbf     | Lindenau Hauptbahnhof |    0 |    0 | station
    hbf_1   | Lindenau Hauptbahnhof |   40 |    0 | in hbf  | 30
    platz   | Hauptplatz            |  900 |    0 |         | 12
    platz_n | Hauptplatz Nord       | 1900 |    0 |         | 12
    mill    | Old Mill Bridge       | 2900 |    0 |         | 12
    main_1  | Main Street           | 3900 |    0 |         | 12
    main_10 | Main Street 10        | 9900 |    0 |         | 12
    gate_a  | North Gate            | 4900 |    0 |         | 12
    gate_b  | North Gate            | 4900 | 9000 |         | 12
    mkt     | Marktplatz            | 5900 |    0 |         | 12
""")


@pytest.mark.parametrize(
    ("words", "stop"),
    [
        ("Hauptplatz", "platz"),  # its whole name, though another begins so
        ("hauptplatz", "platz"),
        ("Hauptplatz nord", "platz_n"),
        ("Old Mill", "mill"),  # the only one that begins with these words
        ("old mill bridge", "mill"),
        ("Bridge Old Mill", "mill"),  # the same words
        ("Lindenau Hbf", "hbf"),
        ("Marktplatz station", None),
        ("Old Mi", None),  # half a word
        ("Mill Bridge", None),  # not how the name begins
        ("Hauptpl", None),
        ("Main", None),  # two begin so
        ("Main Street 1", None),
        ("North Gate", None),  # two places of one name
        ("North", None),
        ("Old", "mill"),
        ("Hauptplatz 5, 4020 Lindenau", None),
        ("from home", None),
        ("?!", None),
        ("Old Mill " * 40, None),
        (f"{LAT + 0.05:.5f},{LON + 0.05:.5f}", f"{LAT + 0.05},{LON + 0.05}"),
        (f"{LAT + 1.123:.5f},{LON + 0.05:.5f}", None),  # no bus goes there
    ],
)
def test_only_a_place_that_is_certain_is_meant(words: str, stop: str | None) -> None:
    assert meant(TOWN, words) == stop


def test_without_a_timetable_the_answer_has_to_wait_also_for_coordinates() -> None:
    for service_days in (OneDay(None), OneDay(TOWN, {})):
        with pytest.raises(NoTimetableYet):
            KnownPlaces(service_days).find_origin(ticket("48.2211,16.3312"))  # type: ignore[arg-type] # as above


def test_another_day_that_is_compiled_knows_the_stops_too() -> None:
    service_days = OneDay(named("Old Mill"), {"2026-01-01": "key"})
    found = KnownPlaces(service_days).find_origin(ticket("Old Mill"))  # type: ignore[arg-type] # as above
    assert found
    assert found.name == "Old Mill"
