"""What a mapping makes of statuses, zones, orders, times, lengths and people."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bookings.booking import Status
from chalicelib.bookings.providers import mapped_times
from chalicelib.bookings.providers.contract import Parked, Raw
from chalicelib.foundation.invalid import Invalid
from tests.fakes.hub import NOW, SECRET, BookingsRoom, only

MAPPING = {"uid": "id", "start": "at", "end": "till", "name": "name", "status": "state"}
ITEM = {"id": 7, "at": "2026-01-05T10:00:00Z", "till": "2026-01-05T10:30:00Z", "name": "Ada", "state": "booked"}


def post(room: BookingsRoom, body: Any, mapping: dict[str, Any] | None = None, **settings: Any) -> str:
    """Sends a body under a mapping that differs from `MAPPING`: what became of it."""
    wanted = {name: value for name, value in (MAPPING | (mapping or {})).items() if value is not None}
    room.connect("any", "json", mapping=wanted, **settings)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    room.inbox.accept("any", Raw(data, {}, {"key": SECRET}), room.clock.now())
    room.clock.advance(seconds=1)
    (outcome,) = room.drain()
    return f"{outcome.state}: {outcome.note}"


# --- statuses ---


@pytest.mark.parametrize(
    ("value", "statuses", "status"),
    [
        (True, {"true": "cancelled"}, "cancelled"),
        (False, {"true": "cancelled"}, "booked"),
        (False, {"false": "cancelled"}, "cancelled"),
        (True, {"False": "cancelled"}, "booked"),
        (True, {"true": "no_show", "false": "booked"}, "no_show"),
        (False, {"true": None}, "booked"),
        (2, {"2": "cancelled"}, "cancelled"),
        (2.0, {"2": "cancelled"}, "cancelled"),
        ("OFF", {" off ": "cancelled"}, "cancelled"),
        (None, {"": "booked"}, "booked"),
        ("", {"": "requested"}, "requested"),
        ("Cancelled", {}, "cancelled"),
    ],
)
def test_words_of_a_status(value: Any, statuses: dict[str, Any], status: str) -> None:
    room = BookingsRoom()
    assert post(room, ITEM | {"state": value}, {"statuses": statuses}) == "done: "
    assert only(room).status == status


@pytest.mark.parametrize(
    ("value", "statuses", "reason"),
    [
        (True, {"true": None}, "done: nothing in it is an appointment"),
        (None, {}, "parked: status finds nothing (correct its path"),
        ("", {"off": "cancelled"}, "parked: status finds nothing (correct its path"),
        ([], {}, "parked: status is a list, not a word: correct its path"),
        ({"off": 1}, {}, "parked: status is an object, not a word: correct its path"),
        (True, {}, "parked: status is unknown: true (add it to the mapping's statuses)"),
        (False, {"true": "booked"}, "parked: status is unknown: false (add it to the mapping's statuses)"),
        (3, {"2": "cancelled"}, "parked: status is unknown: 3 (add it to the mapping's statuses)"),
    ],
)
def test_what_is_no_word_of_a_status_is_never_booked(value: Any, statuses: dict[str, Any], reason: str) -> None:
    room = BookingsRoom()
    assert post(room, ITEM | {"state": value}, {"statuses": statuses}).startswith(reason)
    assert room.all_bookings() == []


def test_a_status_path_that_leads_nowhere_is_parked() -> None:
    assert post(BookingsRoom(), ITEM, {"status": "no.such.place"}).startswith("parked: status finds nothing")


@pytest.mark.parametrize(
    "body", [{"id": 7, "state": "cancelled"}, ITEM | {"state": "cancelled", "at": "odd"}, ITEM | {"state": "rejected"}]
)
def test_an_ending_needs_no_more_than_the_uid(body: dict[str, Any]) -> None:
    room = BookingsRoom()
    post(room, ITEM)
    assert post(room, body | {"name": None}) == "done: "
    assert only(room).status == body["state"]
    assert only(room).customers[0].name == "Ada"


# --- zones ---


@pytest.mark.parametrize(
    ("mapping", "change", "start"),
    [
        ({"timezone": "zone"}, {"zone": "America/New_York"}, "17:00"),
        ({"timezone": "'America/New_York'"}, {}, "17:00"),
        ({"timezone": "America/New_York"}, {}, "17:00"),
        ({"timezone": "UTC"}, {}, "12:00"),
        ({"timezone": "zone"}, {}, "11:00"),
        ({}, {}, "11:00"),
        ({"timezone": "zone"}, {"zone": "America/New_York", "at": "2026-01-05T10:00+02:00"}, "10:00"),
    ],
)
def test_local_times_are_in_the_zone_beside_them_else_in_the_connections(
    mapping: dict[str, Any], change: dict[str, Any], start: str
) -> None:
    room = BookingsRoom()
    item = ITEM | {"at": "2026-01-05T10:00"} | change
    assert post(room, item, mapping | {"end": None, "length_min": "`30`"}, timezone="Europe/Berlin") == "done: "
    assert f"{only(room).start:%H:%M}" == start


# --- orders ---


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026-01-05T09:00:00+01:00", "2026-01-05T08:30:00Z"),
        ("9", "10"),
        (9, "10"),
        ("9", 10),
        (9.5, 10),
        (0, 1),
        ("rev-9", "rev-10"),
        ("v9", "v10"),
        (1767600000, 1767600001),
        (1767600000, "2026-01-05T08:00:01Z"),
        (1767600000999, 1767600001000),
        ("05.01.2026 09:00", "05.01.2026 10:00"),
        ("31.01.2026 09:00", "01.02.2026 09:00"),
        ("Mon, 05 Jan 2026 23:00:00 +0000", "Tue, 06 Jan 2026 00:00:00 +0000"),
        ("2026-01-05 9:59 AM", "2026-01-05 1:00 PM"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"),
    ],
)
def test_orders_are_compared_as_what_they_are(older: Any, newer: Any) -> None:
    for orders in ((older, newer), (newer, older)):
        room = BookingsRoom()
        for order in orders:
            hour = 11 if order is newer else 10
            body = {"at": f"2026-01-06T{hour}:00:00Z", "till": "2026-01-06T12:00:00Z", "rev": order}
            assert post(room, ITEM | body, {"order": "rev"}) == "done: "
        assert only(room).start.astimezone(UTC).hour == 11, orders


@given(st.lists(st.integers(0, 10**17) | st.decimals(0, 10**6, places=3).map(float), min_size=2, unique=True))
def test_numbers_sort_by_size_as_numbers_and_as_texts(numbers: list[float]) -> None:
    plain = [one for one in numbers if not mapped_times.is_unix_time(mapped_times.number_of(one))]  # type: ignore[arg-type]
    for written in (plain, [f"{one:.3f}" if isinstance(one, float) else str(one) for one in plain]):
        orders = [mapped_times.order_of(one, None, None, NOW) for one in written]
        assert sorted(orders, key=str) == [order for _, order in sorted(zip(plain, orders, strict=True))]


def test_the_same_bytes_again_are_news_where_nothing_orders_them(room: BookingsRoom) -> None:
    first, second = ITEM, ITEM | {"at": "2026-01-05T11:00:00Z", "till": "2026-01-05T11:30:00Z"}
    for body, hour in ((first, 12), (second, 13), (first, 12), (second, 13)):
        post(room, body)
        assert only(room).start.hour == hour


def test_what_was_stored_with_a_text_for_its_order_is_followed_by_a_number(room: BookingsRoom) -> None:
    post(room, ITEM | {"rev": "9"}, {"order": "rev"})
    (document,) = room.documents.tables["bookings"].values()
    facts = document["thread"]["facts"]["7"]
    document["thread"]["facts"]["7"] = {name: ["9#1", value] for name, (_, value) in facts.items()}  # as it was before
    post(room, ITEM | {"rev": "10", "state": "cancelled"}, {"order": "rev"})
    assert only(room).status is Status.CANCELLED


@pytest.mark.parametrize("rev", [3, "2026-01-01T08:00:00Z", "a"])
def test_what_has_no_order_follows_what_is_known_and_precedes_what_comes(room: BookingsRoom, rev: Any) -> None:
    later = {3: 4, "2026-01-01T08:00:00Z": "2026-01-01T08:00:01Z", "a": "b"}[rev]
    post(room, ITEM | {"rev": rev}, {"order": "rev"})
    for name in ("Ben", "Cyd"):
        assert post(room, ITEM | {"name": name}, {"order": "rev"}) == "done: "
        assert only(room).customers[0].name == name
    post(room, ITEM | {"rev": rev}, {"order": "rev"})
    assert only(room).customers[0].name == "Cyd"
    post(room, ITEM | {"rev": later, "name": "Dot"}, {"order": "rev"})
    assert only(room).customers[0].name == "Dot"


@pytest.mark.parametrize(
    ("rev", "words"), [(-1, "order is not a number"), ([], "order is neither"), ("05/01/2026 09:00", "may be two days")]
)
def test_an_order_that_cannot_be_compared_is_parked(room: BookingsRoom, rev: Any, words: str) -> None:
    assert words in post(room, ITEM | {"rev": rev}, {"order": "rev"})


# --- times ---

NOON = "2026-01-05T10:00:00+00:00"


@pytest.mark.parametrize(
    "value",
    [
        1767607200,
        1767607200.0,
        "1767607200",
        1767607200000,
        "1767607200000",
        "2026-01-05T10:00:00.0000000Z",
        "2026-01-05 12:00:00 +0200",
        "2026-01-05 10:00:00 UTC",
        "2026-01-05 10:00:00 Z",
        "Mon, 05 Jan 2026 12:00:00 +0200",
        "5 Jan 2026 10:00 GMT",
        "Mon, 05 Jan 2026 05:00:00 EST",
        "2026-01-05T12:00",
        "2026-01-05 12:00 PM",
        "2026/01/05 12:00",
        "05.01.2026 12:00",
        "5.1.2026, 12:00:00",
        "05.01.2026 12:00 pm",
        "05.01.2026 12:00 p.m.",
    ],
)
def test_times_that_can_be_read_in_one_way_only(value: Any) -> None:
    found = mapped_times.instant_of(value, "start", ZoneInfo("Europe/Vilnius"))
    assert found.isoformat() == NOON, value


@pytest.mark.parametrize(
    ("value", "time_format"),
    [
        ("05/01/2026 12:00", "dd/mm/yyyy HH:MM"),
        ("01/05/2026 12:00 PM", "mm/dd/yyyy hh:MM AM"),
        ("5-Jan-2026 12:00", "%d-%b-%Y %H:%M"),
        ("20260105120000", "yyyymmddHHMMSS"),
        (1767607200, "epoch_s"),
        (1767607200000, "epoch_ms"),
        ("2026-01-05T10:00:00Z", "iso"),
    ],
)
def test_times_whose_format_is_said(value: Any, time_format: str) -> None:
    mapped_times.check_format(time_format)
    assert mapped_times.instant_of(value, "start", ZoneInfo("Europe/Vilnius"), time_format).isoformat() == NOON


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("05/01/2026 10:00", "start may be two days: 05/01/2026 10:00 (say in the mapping's time_format"),
        ("25/01/2026 10:00", "start may be two days"),
        ("5-1-26 10:00", "start may be two days"),
        ("2026-01-05", "start is a day without a time: 2026-01-05"),
        ("20260105", "start is not a time: 20260105"),
        ("05.01.2026", "start is a day without a time"),
        ("05.13.2026 10:00", "start is not a time"),
        ("05.01.2026 13:00 pm", "start is not a time"),
        ("05.01.2026 0:30 am", "start is not a time"),
        ("Mon, 05 Jan 2026 10:00:00 CET", "start is not a time"),
        (None, "start is missing"),
        (True, "start is not a time: bool"),
        ({}, "start is not a time: dict"),
        (20, "start is not a time: 20 is no Unix time in seconds or milliseconds"),
        (-1767607200, "is no Unix time"),
        (2**63, "is no Unix time"),
        (float("inf"), "start is not a time"),
        (1e308, "start is not a time"),
        ("9" * 5000, "start is not a time"),
        ("0001-01-01T00:00:00+23:59", "start is in the year 1"),
        ("9999-12-31T23:59:59-23:59", "start is in the year 9999"),
        ("31.12.9999 23:59", "start is in the year 9999"),
    ],
)
def test_times_that_are_none_or_might_be_two(value: Any, words: str) -> None:
    with pytest.raises(Parked) as said:
        mapped_times.instant_of(value, "start", ZoneInfo("Europe/Vilnius"))
    assert words in str(said.value)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2027-03-28T02:30", "2027-03-28T01:30:00+00:00"),  # skipped: as before the skip, so 03:30 in summer time
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),  # twice: the first
    ],
)
def test_a_local_time_that_is_not_there_or_is_there_twice(written: str, instant: str) -> None:
    assert mapped_times.instant_of(written, "start", ZoneInfo("Europe/Vienna")).isoformat() == instant


def test_a_format_that_leaves_something_open_is_refused(room: BookingsRoom) -> None:
    for odd in ("dd.mm.yyyy", "HH:MM", "hh:MM dd.mm.yyyy", "nonsense", "%Q"):
        with pytest.raises(Invalid, match="time_format"):
            room.connect("any", "json", mapping=MAPPING | {"time_format": odd})


# --- lengths ---


@pytest.mark.parametrize(
    ("name", "value", "minutes"),
    [
        ("length_min", 30, 30),
        ("length_min", "30", 30),
        ("length_s", 1800, 30),
        ("length_s", "1800", 30),
        ("length", "PT30M", 30),
        ("length", "PT1H30M", 90),
        ("length", "P1DT1H", 25 * 60),
        ("length", "PT0.5H", 30),
        ("length", "01:30:00", 90),
        ("length", "90 min", 90),
        ("length", "1h 30m", 90),
        ("length", "1 hour, 30 minutes", 90),
        ("length_min", "PT45M", 45),
        ("length_s", "45 min", 45),
    ],
)
def test_lengths_with_their_unit(name: str, value: Any, minutes: int) -> None:
    room = BookingsRoom()
    assert post(room, ITEM | {"long": value}, {"end": None, name: "long"}) == "done: "
    assert (only(room).end - only(room).start).total_seconds() == minutes * 60


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("length", 1800, "length has no unit: 1800 (map it as length_min or length_s, or send 30 min or PT30M)"),
        ("length", "1800", "length has no unit"),
        ("length_min", 1800, "length_min is 1800 minutes, more than a day: is it length_s?"),
        ("length_s", 1_800_000, "length_s is 1800000 seconds, more than a day"),
        ("length_min", -5, "length_min is not a length of time: -5"),
        ("length_min", True, "length_min is not a length of time"),
        ("length", "1:30", "length is not a length of time: 1:30"),
        ("length", "3 moons", "length is not a length of time"),
        ("length", "P", "length is not a length of time"),
        ("length", "P9999999D", "length is not a length of time"),
        ("length_min", 1e308, "length_min is "),
        ("length_min", None, "end is missing (and no length_min says how long it takes)"),
    ],
)
def test_lengths_without_a_unit_or_beyond_reason(name: str, value: Any, words: str) -> None:
    assert post(BookingsRoom(), ITEM | {"long": value}, {"end": None, name: "long"}).startswith(f"parked: {words}")


@given(
    st.timedeltas(
        min_value=__import__("datetime").timedelta(minutes=1), max_value=__import__("datetime").timedelta(days=1)
    )
)
def test_however_a_length_is_written_it_is_the_same(length: timedelta) -> None:
    seconds = int(length.total_seconds())
    hours, rest = divmod(seconds, 3600)
    for written in (
        f"PT{seconds}S",
        f"{hours}:{rest // 60:02}:{rest % 60:02}",
        f"{hours} h {rest // 60} min {rest % 60} s",
    ):
        assert mapped_times.length_of(written, "length", None).total_seconds() == seconds
    assert mapped_times.length_of(seconds, "length_s", 1).total_seconds() == seconds


# --- people, and data outside ---


def test_several_customers_each_with_their_own_data(room: BookingsRoom) -> None:
    people = [{"n": "Ada", "mail": "ada@example.com", "from": "Old Mill"}, {"n": "Ben", "tel": "+447700900123"}]
    mapping = {"customers": "people", "name": "n", "email": "mail", "phone": "tel", "address": "from"}
    assert post(room, ITEM | {"people": people}, mapping) == "done: "
    assert [(one.key, one.address) for one in only(room).customers] == [
        ("ada@example.com", "Old Mill"),
        ("+447700900123", None),
    ]
    assert post(room, ITEM | {"people": []}, mapping).startswith("parked: customers is not a list of 1 to 500 people")
    assert post(room, ITEM | {"people": [{}]}, mapping).startswith("parked: the customer has neither name")


def test_a_customer_finds_what_stands_beside_in_the_item_and_in_the_body(room: BookingsRoom) -> None:
    mapping = {"items": "list", "customers": "people", "name": "join(' ', [first, item().family, body().shop])"}
    body = {"shop": "Lind", "list": [ITEM | {"family": "Example", "people": [{"first": "Ada"}]}]}
    assert post(room, body, mapping) == "done: "
    assert only(room).customers[0].name == "Ada Example Lind"


def test_what_all_items_share_stands_outside_them(room: BookingsRoom) -> None:
    mapping = {
        "items": "slots",
        "uid": "join('-', [body().order, n])",
        "name": "body().client.name",
        "timezone": "body().zone",
    }
    slots = [{"n": n, "at": f"2026-01-05T1{n}:00", "till": f"2026-01-05T1{n}:30", "state": "booked"} for n in (1, 2)]
    assert post(room, {"order": 5, "zone": "UTC", "client": {"name": "Ada"}, "slots": slots}, mapping) == "done: "
    assert [(one.start.hour, one.customers[0].name) for one in room.all_bookings()] == [(13, "Ada"), (14, "Ada")]


def test_joining_over_null_leaves_it_out(room: BookingsRoom) -> None:
    mapping = {"name": "join(' ', [first, middle, last])"}
    assert post(room, ITEM | {"first": "Ada", "last": "Example", "middle": None}, mapping) == "done: "
    assert only(room).customers[0].name == "Ada Example"
    assert post(room, ITEM, mapping).startswith("parked: the customer has neither name")


def test_a_function_that_there_is_not_is_refused_at_once(room: BookingsRoom) -> None:
    with pytest.raises(Invalid, match="calls a function that there is not"):
        room.connect("any", "json", mapping=MAPPING | {"name": "concat(first, last)"})


def test_local_times_around_a_clock_change_are_read_as_they_were_written() -> None:
    zone = ZoneInfo("Europe/Vienna")
    for hour in range(24 * 4):
        local = (datetime(2027, 3, 26, tzinfo=UTC) + timedelta(hours=hour)).astimezone(zone)
        for written in (f"{local:%Y-%m-%dT%H:%M}", f"{local:%d.%m.%Y %H:%M}", f"{local:%d.%m.%Y %I:%M %p}"):
            assert mapped_times.instant_of(written, "start", zone) == local.astimezone(UTC)
