"""Every table, every index, and every key under which something is stored.

Table "config" holds many kinds of documents; each has its prefix here and nowhere else. Keys are part of what is
stored: a name in this file may change, the text that it makes may not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, TypedDict

from chalicelib.foundation.instants import seconds_text
from chalicelib.foundation.ports import LAST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.foundation.ports import Document


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table: its key attribute and its sparse indexes, name → (partition attribute, sort attribute).

    Every sort attribute is a string; a document that lacks either attribute (or holds None) is not in that index.
    Indexes named in `keys_only` hold only keys: a unit to write, however large the document is, and none where the keys
    stay as they are. `Documents.query` reads the documents that such an index names one by one.
    """

    key: str
    indexes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    keys_only: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()  # those that are only read: what the version before wrote is found there

    @property
    def attributes(self) -> tuple[str, ...]:
        """The key and index attributes, each once, the key first."""
        return tuple(dict.fromkeys([self.key, *(name for pair in self.indexes.values() for name in pair)]))

    def index_values(self, document: Document) -> dict[str, str]:
        """The key and index attributes that a document has.

        Raises `ValueError` where it cannot be kept: without a version or key, or with an attribute that sorts nowhere.
        """
        version = document.get("version")
        if not isinstance(version, int) or version < 1:
            raise ValueError(f"a document's version is an integer from 1, not {version!r}")
        values = {name: document[name] for name in self.attributes if document.get(name) is not None}
        for name, value in values.items():
            if not isinstance(value, str) or not value:
                raise ValueError(
                    f"{name!r} is a key or index attribute: a string that is not empty, or None; not {value!r}"
                )
        if self.key not in values:
            raise ValueError(f"a document of this table needs the key {self.key!r}")
        return values


def _of_keys(key: str, indexes: Mapping[str, tuple[str, str]], former: frozenset[str] = frozenset()) -> TableShape:
    return TableShape(key, indexes, frozenset(indexes), former)


class Span(TypedDict):
    """Of the sort attribute of an index: both ends belong to it."""

    first: str
    last: str


TABLES: Mapping[str, TableShape] = {
    # all that is small and has a name: its prefixes stand below
    "config": TableShape("config_id", {"by_owner": ("owner", "config_id")}),
    # webhooks as they came: raw body, headers, what became of them
    "inbox": _of_keys(
        "event_id",
        {"open_keys": ("open_shard", "received_at"), "parked_keys": ("parked_business", "received_at")},
    ),
    "bookings": _of_keys("booking_id", {"by_business_keys": ("business_id", "start_utc")}),
    "tickets": _of_keys(
        "ticket_id",
        {
            "due": ("due_shard", "next_look_at"),
            "by_business_day_keys": ("business_day", "start_utc"),
            "by_booking_keys": ("booking_id", "ticket_id"),
            "by_feed_part": ("feed_part", "start_utc"),
            "by_feed": ("feed_day", "next_look_at"),
            "by_person": ("person_key", "start_utc"),
            "watched": ("watch_shard", "watch_until"),
        },
        former=frozenset({"by_feed"}),
    ),
    "notices": _of_keys(
        "notice_id",
        {
            "due": ("due_shard", "send_at"),
            "by_business_keys": ("business_id", "created_at"),
            "by_ticket_keys": ("ticket_id", "created_at"),
        },
    ),
}

WATCH_SHARDS = tuple("01234567")  # of a feed's watched tickets
FEED_PARTS = tuple("01234567")  # of a feed's tickets of a day
FORMER_PART = ""  # of a feed's tickets of a day: those that the version before wrote, all in one
DUE_PARTITIONS = tuple("01234567")  # of an hour in an index "due": DynamoDB writes 1,000 keys a second to each
KEY_BYTES_MAX = 2048  # by DynamoDB


def is_possible_key(key: str) -> bool:
    """Whether a document can have the key: asking DynamoDB for another one is an error there, and here just a no."""
    try:
        return 0 < len(key.encode()) <= KEY_BYTES_MAX
    except UnicodeEncodeError:
        return False


# --- instants as keys ---


def utc_key(instant: datetime) -> str:
    """An instant as a string that sorts like it: UTC, whole seconds, rounded up so that nothing is due too early."""
    if instant.microsecond:
        instant = instant.replace(microsecond=0) + timedelta(seconds=1)
    return seconds_text(instant)


def latest_due_key(now: datetime) -> str:
    """The greatest sort key of an index "due" that is due at `now`."""
    return utc_key(now.replace(microsecond=0))


def hour_of(instant: datetime) -> str:
    """The hour, UTC, in which something is due."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H")


def hour_partitions(instant: datetime) -> tuple[str, ...]:
    """The partitions of an index "due" that hold what is due in the hour of `instant`."""
    return tuple(f"{hour_of(instant)}#{part}" for part in DUE_PARTITIONS)


def due_keys(key: str, instant: datetime | None) -> tuple[str, str] | tuple[None, None]:
    """Partition and sort key in an index "due" of what is to be looked at then; None: never."""
    if instant is None:
        return None, None
    sort = utc_key(instant)
    return f"{sort[:13]}#{DUE_PARTITIONS[_digest(key) % len(DUE_PARTITIONS)]}", sort


# --- table "tickets" ---


def shard_for(key: str) -> str:
    """Which of `WATCH_SHARDS` a key belongs to."""
    return WATCH_SHARDS[_digest(key) % len(WATCH_SHARDS)]


def day_key(owner_id: str, day: str) -> str:
    """Partition of a local day (YYYY-MM-DD) of a business ("by_business_day_keys"), or of a feed in "by_feed"."""
    return f"{owner_id}#{day}"


def feed_part_key(feed_id: str, day: str, part: str) -> str:
    """One of the `FEED_PARTS` partitions of a feed's local day (YYYY-MM-DD) in index "by_feed_part"."""
    return f"{feed_id}#{day}#{part}"


def feed_part_of(ticket_id: str) -> str:
    """Which of `FEED_PARTS` a ticket belongs to."""
    return FEED_PARTS[_digest(ticket_id) % len(FEED_PARTS)]


def person_of(channel: str, to: str) -> str:
    """Who is reached at an address, without the address."""
    return hashlib.sha256(f"{channel}:{to}".encode()).hexdigest()[:20]


def person_key(business_id: str, person: str) -> str:
    """Partition of one person at one business in index "by_person"."""
    return f"{business_id}#{person}"


def watch_partition(feed_id: str, part: str) -> str:
    """One of the `WATCH_SHARDS` partitions of a feed in index "watched"."""
    return f"{feed_id}#{part}"


def watch_sort(until: datetime, business_id: str) -> str:
    """Sort key in index "watched": until when, and whose; `business_of_watch` is its inverse."""
    return f"{utc_key(until)}#{business_id}"


def business_of_watch(sort: str) -> str:
    """The business that a sort key of index "watched" names."""
    return sort.partition("#")[2]


# --- table "config": owners (partitions of index "by_owner"), then keys ---

ALL_BUSINESSES = "hub"
ALL_FEEDS = "feeds"
OPTED_OUT = "optouts"
HUB_GATEWAYS = "gateways"  # of the operator, for all businesses that have none
CHORES = "chores"  # connections that need looking after; those that need nothing are under `IDLE_CHORES`
IDLE_CHORES = "chores-none"
WATCHED = "watched"  # connections whose calls fail; those that were left alone are under `WATCHED_BEFORE`
WATCHED_BEFORE = "watched-before"
FEEDS_WATCH_KEY = "feedswatch#"  # when feeds were looked at last
OPERATORS = "operators#"  # their keys; no business can have this id
SILENCES_KEY = "silences#"  # not "round#…": those are the rounds of feeds, which may have any name


def business_key(business_id: str) -> str:
    """A business and its open outages."""
    return f"business#{business_id}"


def connection_key(connection_id: str) -> str:
    """A business's link to a booking tool."""
    return f"connection#{connection_id}"


def chore_key(connection_id: str) -> str:
    """What is to be done for a connection without anybody calling."""
    return f"chore#{connection_id}"


def cursor_key(connection_id: str) -> str:
    """Where reading a connection's tool ended last time."""
    return f"cursor#{connection_id}"


def activity_key(connection_id: str) -> str:
    """What a connection was last seen doing."""
    return f"seen#{connection_id}"


def watch_key(connection_id: str) -> str:
    """How a connection's calls fail."""
    return f"watch#{connection_id}"


def outage_lengths_key(provider: str) -> str:
    """How long the outages of one booking tool lasted: documents of before, which are read still."""
    return f"lasted#{provider}"


def outages_of_kind_key(kind: str) -> str:
    """What the outages of one kind of what fails have taught."""
    return f"outages#{kind}"


def outage_key(business_id: str, outage_id: str) -> str:
    """An outage."""
    return f"outage#{business_id}#{outage_id}"


def feed_key(feed_id: str) -> str:
    """A feed as it is configured, and which of its days are compiled."""
    return f"feed#{feed_id}"


def live_key(feed_id: str) -> str:
    """What polling remembers of a feed's live data."""
    return f"live#{feed_id}"


def bikes_key(feed_id: str) -> str:
    """What polling says of the shared bikes near a feed."""
    return f"gbfs#{feed_id}"


def round_key(feed_id: str) -> str:
    """The rounds through a feed's tickets."""
    return f"round#{feed_id}"


def mark_key(table: str) -> str:
    """Up to which hour everything due in a table was found and done."""
    return f"due#{table}"


def opt_out_key(number: str) -> str:
    """What a phone number (E.164) wished: no texts, or texts again."""
    return f"optout#{number}"


def reached_owner(number: str) -> str:
    """Under which the tickets stand whose customers were reached at this number (E.164); the number is not readable."""
    return f"reached#{hashlib.sha256(number.encode()).hexdigest()[:32]}"


def reached_key(number: str, ticket_id: str) -> str:
    """That a ticket's customer was reached at this number."""
    return f"{reached_owner(number)}#{ticket_id}"


def message_key(business_id: str, message_id: str) -> str:
    """What a customer wrote, and nobody has answered yet."""
    return f"message#{business_id}#{message_id}"


def message_owner(business_id: str) -> str:
    """Under which a business's messages of customers stand."""
    return f"messages#{business_id}"


def access_key(digest: str) -> str:
    """A key of an operator or a business, or a staff link, by its SHA-256."""
    return f"access#{digest}"


def session_key(digest: str) -> str:
    """A browser in which a key was entered, by the SHA-256 of its cookie."""
    return f"session#{digest}"


def feed_watch_key(business_id: str) -> str:
    """How a business stood with its feed when that was told last."""
    return f"feedwatch#{business_id}"


def tick_key(work: str) -> str:
    """When the minute's work began last."""
    return f"tick#{work}"


def calls_key(connection_id: str, shard: str) -> str:
    """A part of the count of a connection's calls."""
    return f"calls#{connection_id}#{shard}"


def sent_key(carrier: str, message_id: str) -> str:
    """Which notice a carrier's id of a message means."""
    return f"sent#{carrier}#{message_id}"


def pace_key(line: str) -> str:
    """When a line of texts (a sender's number, a gateway) is free again."""
    return f"pace#{line}"


def gateway_key(gateway_id: str) -> str:
    """A gateway by which texts or mails go out."""
    return f"gateway#{gateway_id}"


def heard_key(person: str, day: str) -> str:
    """What a person was sent on a day (YYYY-MM-DD)."""
    return f"heard#{person}#{day}"


def span(key: str) -> Span:
    """`first` and `last` for a query of index "by_owner": all keys that begin as `key`, made of empty names, does."""
    prefix = key.partition("#")[0] + "#"
    return {"first": prefix, "last": f"{prefix}{LAST}"}


def _digest(key: str) -> int:
    return hashlib.sha256(key.encode()).digest()[0]
