"""Paths by many deadlines are those that each deadline would have by itself, in the same order."""

from __future__ import annotations

import datetime as dt
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.transit.data.timetable import load_timetable
from chalicelib.transit.data.walking import CROW_FLY
from chalicelib.transit.reliability.judgements import (
    CANDIDATE_SLACK_S,
    EARLIER_MIN,
    PATIENT_CHANGE_S,
    PATIENT_EARLIER_MIN,
)
from chalicelib.transit.reliability.path_rating import Window, candidates
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.network import NEVER, Network
from chalicelib.transit.search.paths import Path as FoundPath
from chalicelib.transit.search.paths import paths_arriving_by, paths_arriving_by_each
from chalicelib.transit.search.planner import end_walks
from feeds.compile.network import read_network
from feeds.compile.output import write_day
from tests.fakes.city import City
from tests.fakes.drawn import questions, request

if TYPE_CHECKING:
    from chalicelib.transit.search.paths import EndWalks
    from tests.fakes.drawn import Question

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DAYS = {
    "auckland-2016-05-19/gtfs": "2016-05-19",
    "gtfs/vilnius": "2015-09-03",
    "gtfs/octa": "2017-02-14",
}
EXAMPLES = int(os.environ.get("TRANSIT_EXAMPLES", "60"))
ASKED = 120  # questions of each city
Earlier = dict[Network, tuple[int, ...]]  # networks to ask, and the minutes before the deadline


@cache
def city(feed: str) -> Network:
    path = DATA / f"{feed}.zip"
    if not path.exists():
        pytest.skip(f"../shared/data/{feed}.zip is missing: paths in a real city were not compared")
    with TemporaryDirectory() as folder:
        day = write_day(Path(folder), read_network([path]), dt.date.fromisoformat(DAYS[feed]))
        return Network(load_timetable(Path(folder) / day))


def one_by_one(network: Network, asked: EndWalks, deadlines: list[int], slack: int) -> list[FoundPath]:
    """Each distinct path, in the order in which the deadlines have it."""
    found = [path for deadline in deadlines for path in paths_arriving_by(network, asked, deadline, slack=slack)]
    return list(dict.fromkeys(found))


def by_each_question(networks: Earlier, asked: EndWalks, deadline_s: int) -> list[FoundPath]:
    """`candidates` with a search for every deadline."""
    found = dict[tuple[tuple[int, int], ...], FoundPath]()
    if asked.walk_s is not None:
        found[()] = FoundPath(deadline_s - asked.walk_s, deadline_s, ())
    for network, earlier in networks.items():
        for path in one_by_one(network, asked, [deadline_s - 60 * minutes for minutes in earlier], CANDIDATE_SLACK_S):
            found.setdefault(path.rides, path)
    return list(found.values())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(questions(), st.lists(st.integers(0, 20), min_size=1, max_size=9, unique=True), st.sampled_from((0, 300, 1200)))
def test_no_deadline_loses_or_gains_a_way(question: Question, earlier_min: list[int], slack: int) -> None:
    table, changed, origin, destination, time = question
    network = Network(table).under(changed)
    asked = end_walks(network, request(table, origin, destination, time, arrive_by=True), CROW_FLY)
    deadlines = [time - 60 * minutes for minutes in sorted(earlier_min)]
    found = paths_arriving_by_each(network, asked, deadlines, slack=slack)
    assert list(dict.fromkeys(found)) == one_by_one(network, asked, deadlines, slack)


@pytest.mark.recordings
@pytest.mark.parametrize("feed", DAYS)
def test_a_choice_is_made_from_the_same_ways_as_if_every_deadline_were_asked(feed: str) -> None:
    network = city(feed)
    networks: Earlier = {network: EARLIER_MIN}
    networks |= {Network(network.timetable, change_s): PATIENT_EARLIER_MIN for change_s in PATIENT_CHANGE_S}
    compared = 0
    for one in City(network, 3, 5.0).requests(ASKED, 40):
        assert one.arrive_by is not None
        asked, deadline_s = end_walks(network, one, CROW_FLY), ItineraryBuilder(network).seconds(one.arrive_by)
        paths = candidates(network, asked, Window(-NEVER, deadline_s))
        assert paths == by_each_question(networks, asked, deadline_s)
        compared += len(paths)
    assert compared > 2 * ASKED, "hardly any question had a path: nothing was compared"
