"""Stops by name in real cities: what people would type there, and each name by itself and with a slip."""

from __future__ import annotations

import datetime as dt
import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from chalicelib.transit.data.timetable import load_timetable
from chalicelib.transit.places.stops import find_stops
from chalicelib.transit.places.words import fold
from feeds.compile.network import read_network
from feeds.compile.output import write_day

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
FEEDS = {
    "vilnius": ("gtfs/vilnius", "2015-09-03"),
    "octa": ("gtfs/octa", "2017-02-14"),
    "sncb": ("sncb/gtfs", "2019-03-16"),
}


pytestmark = pytest.mark.recordings


@cache
def city(name: str) -> Timetable:
    feed, date = FEEDS[name]
    path = DATA / f"{feed}.zip"
    if not path.exists():
        pytest.skip(f"../shared/data/{feed}.zip is missing: names of a real city were not tried")
    with TemporaryDirectory() as folder:
        day = write_day(Path(folder), read_network([path]), dt.date.fromisoformat(date))
        return load_timetable(Path(folder) / day)  # its map stays readable


def found(timetable: Timetable, typed: str, limit: int = 10) -> list[str]:
    return [place.name for place in find_stops(timetable, typed, limit)]


@pytest.mark.parametrize(
    ("feed", "typed", "first"),
    [
        ("vilnius", "Gostauto", "Alberto Goštauto st."),
        ("vilnius", "A. Goštauto g.", "Alberto Goštauto st."),
        ("vilnius", "europos aikste", "Europos aikštė"),
        ("vilnius", "europos square", "Europos aikštė"),
        ("vilnius", "vytauto gatve", "Vytauto st."),
        ("vilnius", "Šeimyniškų", "Šeimyniškių st."),
        ("vilnius", "stotis", "Stotis"),
        ("octa", "GRAND-21ST", "GRAND-21ST"),
        ("octa", "21st and grand", "GRAND-21ST"),
        ("octa", "brookhurst lincoln", "BROOKHURST-LINCOLN"),
        ("octa", "goldenwest transit center dock 4", "GOLDENWEST TRANS CTR DOCK 4"),
        ("octa", "westminster milna", "WESTMINSTER-MILAN"),
        ("octa", "brookhurst st and westminster ave", "WESTMINSTER-BROOKHURST"),
        ("octa", "fullerton transit center", "FULLERTON TRANS CTR DOCK 6"),
        ("vilnius", "airport", "Oro uostas"),
        ("sncb", "bruxelles midi", "Bruxelles-Midi"),
        ("sncb", "liege guil", "Liège-Guillemins"),
        ("sncb", "huy", "Huy"),
    ],
)
def test_what_people_type_in_real_cities(feed: str, typed: str, first: str) -> None:
    assert found(city(feed), typed)[0] == first


@pytest.mark.parametrize("feed", FEEDS)
def test_every_name_of_a_real_city_finds_itself_first_and_with_a_slip_among_the_first_five(feed: str) -> None:
    timetable = city(feed)
    dice = random.Random(feed)
    offered = [i for i in range(timetable.n_stops) if timetable.stop_kind[i] < 2 and timetable.stop_lat[i]]
    for i in dice.sample(offered, 150):
        name = timetable.text("stop_name", i)
        assert fold(found(timetable, name)[0]) == fold(name)
        long = [word for word in name.split() if len(word) >= 8 and word.isalpha()]
        if long:
            word, at = dice.choice(long), dice.randrange(1, 7)
            slipped = name.replace(word, word[:at] + word[at + 1 :])
            assert fold(name) in [fold(other) for other in found(timetable, slipped, 5)], slipped


def test_a_station_of_a_real_railway_is_one_answer() -> None:
    assert len(found(city("sncb"), "Bruxelles-Midi")) == 1
