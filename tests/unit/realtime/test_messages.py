"""Whole messages that cannot be used, or only with a doubt."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest

from feeds.realtime import read_conditions
from feeds.realtime.decode import MESSAGE_BYTES_MAX, Rejected, decode
from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import expected, message, posix, timetable

if TYPE_CHECKING:
    from pathlib import Path

TABLE = timetable("one: A 8:00, B 8:10")
GOOD = message("one | 2 arr+60").SerializeToString()


def test_gzip_is_unpacked_though_nobody_asked_for_it() -> None:
    assert decode(gzip.compress(GOOD)).entity[0].trip_update.trip.trip_id == "one"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<html>Maintenance</html>", "not_protobuf"),
        (GOOD[:-3], "not_protobuf"),
        (b"\xff" * 6, "not_protobuf"),
        (gzip.compress(GOOD)[:-10], "bad_gzip"),
        (b"\x1f\x8b" + b"nonsense", "bad_gzip"),
        (b"\x00" * (MESSAGE_BYTES_MAX + 1), "too_large"),
    ],
)
def test_what_is_no_message_is_rejected_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as problem:
        decode(data)
    assert problem.value.reason == reason


def test_a_gzip_bomb_is_never_unpacked_whole() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    with pytest.raises(Rejected) as problem:
        decode(bomb)
    assert problem.value.reason == "too_large"


def test_a_thirty_megabyte_message_is_read() -> None:
    made = message("one | 2 arr+60")
    made.entity.add(id="x").alert.header_text.translation.add(text="x" * 30_000_000)
    assert expected(TABLE, conditions_of([decode(made.SerializeToString())], TABLE)[0]) == {"one": "B 8:11:00"}


def test_text_that_is_no_utf8_costs_its_entity_only() -> None:
    made = message("XX | 1 dep+60\none | 2 arr+60")
    raw = made.SerializeToString().replace(b"XX", b"\xff\xfe")
    conditions, report = conditions_of([decode(raw)], TABLE)
    assert expected(TABLE, conditions) == {"one": "B 8:11:00"}
    assert report.rejected == {"invalid_utf8": 1}


def test_another_citys_feed_under_this_url_is_left_out_whole() -> None:
    strangers = "\n".join(f"stranger{n} | 1 dep+60" for n in range(30))
    conditions, report = conditions_of([message(strangers + "\none | 2 arr+60")], TABLE)
    assert report.wrong_feed
    assert report.messages_rejected == {"wrong_feed": 1}
    assert not len(conditions.at)
    assert conditions.observed_at == 0


def test_several_feeds_are_taken_together_and_the_younger_word_wins() -> None:
    early, late = message("one | 2 arr+60", at="8:00:00"), message("one | 2 arr+120", at="8:01:00")
    for order in ([early, late], [late, early]):
        conditions, _ = conditions_of(order, TABLE)
        assert expected(TABLE, conditions) == {"one": "B 8:12:00"}
        assert conditions.observed_at == posix("8:01:00")


def test_the_report_tells_an_operator_its_time_and_how_well_it_fits() -> None:
    _, report = conditions_of([message("one | 2 arr+60\nnobody | 1 dep+1", version="3.0")], TABLE)
    assert report.header_at == posix("8:00:00")
    assert report.match_rate == 0.5
    assert report.warnings == {"unknown_version": 1}
    assert report.to_json()["rejected"] == {"unknown_trip": 1}


def test_a_header_in_milliseconds_is_understood() -> None:
    made = message("one | 2 arr+60")
    made.header.timestamp *= 1000
    conditions, report = conditions_of([made], TABLE)
    assert conditions.observed_at == posix("8:00:00")
    assert report.warnings["time_in_milliseconds"] == 1


def test_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.pb").write_bytes(GOOD)
    assert expected(TABLE, read_conditions([tmp_path / "a.pb"], TABLE)) == {"one": "B 8:11:00"}
