"""Extremes in stored documents: one is spoiled in every place, and the minute's work and the pages of others go on.

What is spoiled belongs to the business "odd", its connections, bookings, tickets and notices, or is a feed of nobody;
what is looked at are the salon's. A stored document with an extreme in it was written by a version that had a fault, or
by hand: what is done with itself may fail, loudly.
"""

from __future__ import annotations

import copy
import functools
import json
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw
from chalicelib.entrypoints.messages import handle_message
from chalicelib.foundation.keys import TABLES
from chalicelib.transit.data.feed import all_feeds
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.extreme_doors import town
from tests.fakes.extremes import EXTREMES, places, replaced, without
from tests.fakes.lindenau import START, WESTHOF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.foundation.ports import Document

Case = tuple[str, "Callable[[], object]"]
LEAVES_S = timedelta(minutes=75)  # before the visit: its reminder and leave-by are due
STORES_OWN = frozenset({"version", "expires_at"})  # always numbers
NOT_STORABLE = {"500 lists deep", "500 objects deep", "lone surrogate", "half a pair in words", "nan", "inf", "-inf"}
POLLED = {"provider": "ical", "feed_url": "http://127.0.0.1:9/closed.ics"}
LOOKED_AT = ("", "/tickets?date=2026-09-03", "/notices", "/connections", "/parked", "/outages")


class Stored:
    """Two businesses with everything that they have, and what becomes of the salon in the minute that is played."""

    def __init__(self) -> None:
        self.town = town()
        self.hub = self.town.hub
        self.tables: dict[str, dict[str, Document]] = self.hub.documents.tables  # type: ignore[attr-defined]
        now = self.town.lindenau.clock.now()
        for owner in ("odd", "salon"):
            self.hub.config.put_connection(owner, f"{owner}-cal", {"provider": "calcom", "secret": "s"}, now)
            self.hub.config.put_connection(owner, f"{owner}-ics", POLLED, now)
            start = START.isoformat()
            booked = calcom_payload(uid=owner, start=start, end=(START + timedelta(minutes=30)).isoformat())
            for body in (booked, {"triggerEvent": "BOOKING_CREATED"}):
                signed, headers = calcom_signed(body, "s")
                self.hub.inbox.accept(f"{owner}-cal", Raw(signed, headers), now)
            self.town.ask(
                "PUT", f"/admin/businesses/{owner}/outages/out", b'{"reason": "power_cut", "what": "booking_tool"}'
            )
        self.town.ask("PUT", "/admin/feeds/odd", b'{"gtfs": ["https://example.com/a.zip"]}')
        self.drain()
        for ticket in list(self.tables["tickets"].values()):
            if "token" in ticket:
                self.town.ask("POST", f"/t/{ticket['token']}/origin", json.dumps(WESTHOF).encode())
        self.drain()
        self.town.lindenau.clock.set(START - LEAVES_S)
        self.base = copy.deepcopy(dict(self.tables))
        for _ in range(2):  # what a process remembers of the first minute is known in all that follow
            self.restore()
            self.play()
        self.expected = self.of_salon()
        assert self.expected

    def restore(self) -> None:
        self.hub.queues.messages.clear()  # type: ignore[attr-defined] # the memory's own
        self.tables.clear()
        self.tables.update({name: dict(table) for name, table in self.base.items()})

    def play(self) -> None:
        """A minute's work, and all messages that it causes; what fails about one message stays with that one."""
        now = self.town.lindenau.clock.now()
        for part in (*self.hub.minute_work, *self.hub.booking_tools_work):
            part(now)
        self.drain()

    def drain(self) -> None:
        now = self.town.lindenau.clock.now()
        for _ in range(10):
            messages = [one for queue in list(self.hub.queues.messages) for one in self.hub.queues.take(queue)]  # type: ignore[attr-defined] # the memory's own
            for message in messages:
                if message.get("command") != "compile_feed":
                    try:
                        handle_message(message, self.hub, now)
                    except Exception as error:  # noqa: BLE001 - it is delivered again, and ends with the dead letters
                        logging.getLogger("tests").info("a message failed: %r", error)

    def of_salon(self) -> dict[str, Any]:
        """What the salon's customers and its operator have now."""
        return {
            key: {name: one.get(name) for name in ("status", "leave_by", "state", "text")}
            for table in ("tickets", "notices")
            for key, one in self.tables[table].items()
            if _is(one, "salon")
        }

    def try_one(self, table: str, key: str, spoiled: Document) -> None:
        self.restore()
        self.tables[table][key] = spoiled
        self.play()
        assert self.of_salon() == self.expected, "what the salon's customers have has changed"
        assert "town" in [feed.feed_id for feed in all_feeds(self.hub.documents)], "the other feeds are lost"
        for path in LOOKED_AT:
            status, answer = self.town.ask("GET", f"/admin/businesses/salon{path}")
            assert status == 200, f"{path}: {answer[:100]!r}"


def _is(document: Document, business_id: str) -> bool:
    return document.get("business_id") == business_id


@functools.cache
def stored() -> Stored:
    return Stored()


def spoiled(table: str, document: Document) -> Iterator[tuple[str, Document]]:
    """A document with each of its places gone or an extreme; what indexes hold stays text, as the store demands."""
    shape = TABLES[table]
    indexed = {name for pair in shape.indexes.values() for name in pair}
    for place, _ in places(document):
        if not place or place[0] in {shape.key, *STORES_OWN}:
            continue
        where = ".".join(map(str, place))
        if place[0] not in indexed:
            yield f"{where} is gone", without(document, place)
        for name, extreme in EXTREMES.items():
            if name not in NOT_STORABLE and (place[0] not in indexed or isinstance(extreme, str)):
                yield f"{where} is {name}", replaced(document, place, extreme)


def documents(table: str) -> Iterator[Case]:
    """The odd business's documents of a table, and those of its connections and feeds."""
    at = stored()
    for key, document in sorted(at.base[table].items()):
        said = json.dumps(document)
        if "odd" in said and "salon-" not in said and not _is(document, "salon"):
            for what, one in spoiled(table, document):
                yield f"{table}: {key}: {what}", partial(at.try_one, table, key, one)


DOCUMENTS: dict[str, Callable[[], Iterator[Case]]] = {
    f"documents of {table}": partial(documents, table) for table in TABLES
}
