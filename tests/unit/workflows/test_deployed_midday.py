"""What the version before stored in the middle of a day is read, found and told once by this one."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.timetable_changed import check_feed_days
from tests.fakes.salon import HOME, Salon, at, booking

SWITCHES = ("1 10:01", "2 17:01", "3 12:30", "3 13:41", "3 14:05")


def as_before(document: dict[str, Any]) -> None:
    """A ticket or notice as the version before wrote it: two parts of an hour, one of a feed's day, no digests."""
    if document.get("due_shard"):
        document["due_shard"] = document["due_shard"][:-1] + "01"[len(document["due_shard"]) % 2]
    if "feed_part" in document:
        document["feed_day"] = document.pop("feed_part")[:-2]
        for one in document["promise"].get("pending", []):
            del one["digest"]


def lived(switch: str | None) -> list[tuple[str, str]]:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    for moment in sorted({*SWITCHES, "3 15:00"}):
        salon.until(at(moment))
        if moment == switch:
            for table in ("tickets", "notices"):
                for document in salon.documents.tables[table].values():
                    as_before(document)
            check_feed_days(salon.services, "town", ["2026-09-03"])
            salon.work()
    return salon.said()


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_deployment_in_the_middle_of_a_day_loses_nothing_and_tells_nobody_twice(switch: str) -> None:
    assert lived(switch) == lived(None)
