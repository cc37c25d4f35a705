"""A booking tool that does not answer, over real HTTP: when that becomes an outage, how long, and when it is over."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.keys import watch_key
from chalicelib.foundation.ports import Unavailable
from chalicelib.outages.learned import from_json
from chalicelib.outages.store import Outages
from chalicelib.outages.watches import Watches
from chalicelib.workflows.tool_failing import Detector, open_outage_of
from tests.fakes.hub import BUSINESS, NOW
from tests.fakes.memory import MemoryDocuments
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Document
    from chalicelib.outages.learned import Learned
    from chalicelib.outages.outage import Outage
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

GOOD = Reply({"status": "success", "data": []})
BAD = Reply(b"", 503)


@dataclass
class Watched:
    """A room whose minutes pass as the schedules make them; the tool answers what `says` says."""

    room: BookingsRoom
    tool: ToolServer

    def says(self, reply: Reply) -> None:
        self.tool.answers["/v2/bookings"] = self.tool.answers["/salon.ics"] = reply

    @property
    def now(self) -> datetime:
        return self.room.clock.now()

    def minutes(self, number: int) -> None:
        for _ in range(number):
            self.room.clock.advance(minutes=1)
            self.room.chores.do_due(self.now)
            self.room.detector.detect(self.now)
            self.room.inbox.sweep(self.now)
            for message in self.room.queues.take("inbox"):
                with contextlib.suppress(Unavailable):  # it is delivered again
                    self.room.worker.process(message["event_id"], self.now)

    def until_asked(self) -> None:
        """The hourly reading back has its turn."""
        asked = len(self.tool.asked)
        while len(self.tool.asked) == asked:
            self.minutes(1)

    @property
    def outage(self) -> Outage | None:
        business = self.room.config.business("salon")
        assert business
        return open_outage_of(business, "cal") or open_outage_of(business, "feed")

    def restarted(self) -> None:
        """Every process begins anew and knows only what is stored."""
        room = self.room
        room.tool_access._watches = Watches(room.documents)  # noqa: SLF001 - what a new process has
        room.outages = Outages(room.documents, room.queues)
        room.detector = Detector(room.documents, room.config, room.outages, room.inbox.request_read_back)


class Counting(MemoryDocuments):
    """Counts what is read one by one."""

    reads = 0

    def get(self, table: str, key: str) -> Document | None:
        self.reads += 1
        return super().get(table, key)


@pytest.fixture(name="watched")
def _watched(room: BookingsRoom, tool: ToolServer) -> Watched:
    room.connect("cal", "calcom", credentials="tool", api_url=tool.url)
    watched = Watched(room, tool)
    watched.says(GOOD)
    watched.minutes(1)
    return watched


def learned_of(watched: Watched) -> Learned:
    return from_json(watched.room.documents.tables["config"]["outages#provider"]["learned"])


def broken(watched: Watched) -> datetime:
    """The tool breaks, and that is noticed now."""
    watched.says(BAD)
    watched.room.inbox.request_read_back("cal", watched.now)
    watched.until_asked()
    return watched.now


def test_a_hiccup_is_no_outage(watched: Watched) -> None:
    broken(watched)
    watched.minutes(4)
    watched.says(GOOD)
    watched.minutes(30)
    assert watched.room.outages.of_business("salon") == []
    assert watched.room.queues.messages["tickets"] == []


def test_failing_for_five_minutes_is_an_outage_with_a_range_that_the_first_answer_ends(
    watched: Watched,
) -> None:
    since = broken(watched)
    watched.minutes(20)
    outage = watched.outage
    assert outage
    assert (outage.since, outage.detected, outage.connection_id) == (since, True, "cal")
    assert outage.opened_at
    assert timedelta(minutes=5) <= outage.opened_at - since <= timedelta(minutes=7), "and told within two minutes"
    assert outage.opened_at < outage.back_from < outage.back_until
    watched.says(GOOD)
    watched.minutes(6)
    assert watched.outage is None
    (over,) = watched.room.outages.of_business("salon")
    assert over.ended_at
    (known,) = learned_of(watched).outages.values()
    assert (known.component, known.since, known.ended) == ("calcom", since.timestamp(), over.ended_at.timestamp())


def test_the_tickets_it_concerns_are_looked_at_when_it_opens_and_when_it_ends(watched: Watched) -> None:
    broken(watched)
    watched.minutes(20)
    messages = watched.room.queues.take("tickets")
    assert messages[0] == messages[1]
    assert messages[0]["business_id"] == "salon"
    assert messages[0]["days"][0] == watched.now.date().isoformat()
    watched.minutes(5)
    assert watched.room.queues.take("tickets") == [], "nothing changed"
    watched.says(GOOD)
    watched.minutes(6)
    assert watched.room.queues.take("tickets")


def test_a_restart_at_any_minute_changes_nothing(watched: Watched) -> None:
    since = broken(watched)
    for _ in range(20):
        watched.minutes(1)
        watched.restarted()
    assert watched.outage
    assert watched.outage.since == since
    watched.says(GOOD)
    for _ in range(6):
        watched.minutes(1)
        watched.restarted()
    assert watched.outage is None


def test_two_workers_that_look_at_the_same_moment_open_it_once(watched: Watched) -> None:
    broken(watched)
    watched.minutes(20)
    for _ in range(3):
        watched.room.detector.detect(watched.now)
    (outage,) = watched.room.outages.of_business("salon")
    assert outage.version == 1


def test_the_range_is_left_as_it_is_until_it_is_left(watched: Watched) -> None:
    broken(watched)
    watched.minutes(20)
    first = watched.outage
    assert first
    while watched.outage == first:
        assert watched.now < first.back_until
        watched.minutes(1)
    second = watched.outage
    assert second
    assert second.outage_id == first.outage_id
    assert second.back_from >= first.back_until
    assert second.back_until - second.back_from > first.back_until - first.back_from, "wider: it lasts so long already"


@pytest.mark.parametrize(("well_min", "spells"), [(10, [2]), (80, [1, 1])])
def test_what_comes_back_within_the_hour_is_the_same_outage(watched: Watched, well_min: int, spells: list[int]) -> None:
    broken(watched)
    watched.minutes(20)
    watched.says(GOOD)
    watched.minutes(well_min)
    broken(watched)
    watched.minutes(20)
    assert watched.outage
    assert [one.spell for one in watched.room.outages.of_business("salon")] == spells


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429])
def test_what_the_operator_has_to_mend_is_no_outage(watched: Watched, status: int) -> None:
    watched.says(Reply(b"", status))
    watched.minutes(120)
    assert watched.room.outages.of_business("salon") == []
    assert watched.tool.asked


def test_nobody_listening_at_all_is_an_outage_too(watched: Watched) -> None:
    watched.tool.close()
    watched.minutes(90)
    assert watched.outage
    stored = watched.room.documents.tables["config"][watch_key("cal")]
    assert stored["watch"]["reason"] == "no connection"


def test_where_the_hub_reaches_nobody_no_tool_is_said_to_be_out_of_order(watched: Watched) -> None:
    watched.room.connect("feed", "ical", None, feed_url=f"{watched.tool.url}/salon.ics")
    watched.tool.close()
    watched.room.inbox.request_read_back("cal", watched.now)
    watched.minutes(60)
    assert watched.room.outages.of_business("salon") == []


def test_a_calendar_feed_that_fails_is_one(room: BookingsRoom, tool: ToolServer) -> None:
    room.connect("feed", "ical", None, feed_url=f"{tool.url}/salon.ics")
    watched = Watched(room, tool)
    watched.says(BAD)
    watched.minutes(25)
    assert watched.outage
    watched.says(Reply(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"))
    watched.minutes(7)
    assert watched.outage is None


def test_a_connection_that_is_gone_has_no_outage_any_more_and_teaches_nothing(watched: Watched) -> None:
    broken(watched)
    watched.minutes(20)
    watched.room.documents.delete("config", "connection#cal")
    watched.room.config._recent.clear()  # noqa: SLF001 - what was read lately
    watched.minutes(2)
    assert watched.outage is None
    assert learned_of(watched).outages == {}


def test_a_business_of_an_unlucky_name_is_in_nobodys_way(watched: Watched) -> None:
    body = {**BUSINESS, "name": "Watched"}
    watched.room.config.put_business("watched", body, NOW)
    watched.room.config.put_connection("watched", "other", {"provider": "calcom", "secret": "x"}, NOW)
    broken(watched)
    watched.minutes(20)
    assert watched.outage


def test_what_works_is_asked_about_at_most_once_a_minute(watched: Watched) -> None:
    connection = watched.room.config.connection("cal")
    assert connection
    documents = Counting(watched.room.clock)
    documents.tables = watched.room.documents.tables
    tell = Watches(documents).recorder(connection)
    for second in range(0, 120, 5):
        tell(None, NOW + timedelta(seconds=second))
    assert documents.reads == 2


def test_what_hits_many_connections_of_one_tool_is_one_outage_of_the_tool(watched: Watched) -> None:
    room = watched.room
    room.connect("second", "calcom", credentials="tool", api_url=watched.tool.url)
    watched.minutes(1)
    broken(watched)
    room.inbox.request_read_back("second", watched.now)
    watched.minutes(20)
    assert len(room.outages.of_business("salon")) == 2
    watched.says(GOOD)
    watched.minutes(6)
    (known,) = learned_of(watched).outages.values()
    assert known.ended
