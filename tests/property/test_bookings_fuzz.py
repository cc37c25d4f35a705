"""No reader of what tools send lets anything but `Parked` out, and all of them stay bounded.

`BOOKINGS_FUZZ=20000 pytest tests/property/test_bookings_fuzz.py` is the long run.
"""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bookings.providers import MODULES, provider
from chalicelib.bookings.providers.contract import Parked, Raw
from tests.fakes.calcom import calcom_payload
from tests.fakes.damage import places
from tests.fakes.damaged_bookings import ANSWERS, LINES_TEXT, LISTS, READ_BACK, TEMPLATES, Answers, read, survives

ROUNDS = int(os.environ.get("BOOKINGS_FUZZ", "25"))
quick = settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck))
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(),
    st.sampled_from(
        [
            "2026-01-05T10:00:00Z",
            "2026-01-05",
            "9999-12-31T23:59:59.999999-23:59",
            "0001-01-01T00:00:00+23:59",
            "24:00",
            "\ud800",
            "\x00",
            "9" * 5000,
            10**400,
            -(10**30),
            1e308,
            "../../etc/passwd",
            "Europe/Vilnius",
            [],
            {},
            [[]],
            {"value": {}},
        ]
    ),
)
json_like = st.recursive(odd, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


@pytest.mark.parametrize("name", MODULES)
@given(body=st.binary(max_size=300), query=st.dictionaries(st.sampled_from(["key", "validationToken"]), st.text()))
@quick
def test_any_bytes(name: str, body: bytes, query: dict[str, str]) -> None:
    survives(name, Raw(body, dict.fromkeys(provider(name).headers, "x"), query), Answers([]))


def damaged(value: Any, data: st.DataObject) -> Any:
    """The value with something odd in one place, or with that place gone."""
    value = copy.deepcopy(value)
    place = data.draw(st.sampled_from(places(value)))
    if not place:
        return data.draw(json_like)
    parent = value
    for step in place[:-1]:
        parent = parent[step]
    if data.draw(st.booleans()):
        parent[place[-1]] = data.draw(json_like)
    else:
        del parent[place[-1]]
    return value


@pytest.mark.parametrize("name", TEMPLATES)
@given(data=st.data())
@quick
def test_damaged_bodies_and_answers(name: str, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(TEMPLATES[name]))
    try:
        parsed = json.loads(body) if isinstance(body, bytes) else body
        sent = json.dumps(damaged(parsed, data)).encode()
    except ValueError:  # a form or a calendar: damage its bytes
        place = data.draw(st.integers(0, len(body)))
        sent = body[:place] + data.draw(st.binary(max_size=6)) + body[place + data.draw(st.integers(0, 6)) :]
    answers = [damaged(data.draw(st.sampled_from(ANSWERS)), data) for _ in range(data.draw(st.integers(0, 3)))]
    survives(name, Raw(sent, dict.fromkeys(provider(name).headers, "x"), {"key": "secret"}), Answers(answers))


@pytest.mark.parametrize("name", READ_BACK)
@given(data=st.data())
@quick
def test_damaged_lists_when_reading_back(name: str, data: st.DataObject) -> None:
    drawn = st.sampled_from([*LISTS, *ANSWERS])
    survives(name, None, Answers([damaged(data.draw(drawn), data) for _ in range(data.draw(st.integers(0, 6)))]))


LINES = st.sampled_from(LINES_TEXT)


@given(events=st.lists(st.lists(LINES | st.text(max_size=20), max_size=9), max_size=4), method=st.text(max_size=8))
@settings(quick, max_examples=ROUNDS * 3)
def test_calendars_of_odd_lines(events: list[list[str]], method: str) -> None:
    lines = ["BEGIN:VCALENDAR", f"METHOD:{method}"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    data = "\r\n".join([*lines, "END:VCALENDAR"]).encode("utf-8", "replace")
    for name in ("ical", "itip"):
        survives(name, Raw(data), Answers([]))


def test_ten_thousand_attendees_and_deep_nesting_are_bounded() -> None:
    crowd = [{"email": f"a{n}@example.com", "name": "A"} for n in range(10_000)]
    with pytest.raises(Parked, match="more than 500"):
        read("calcom", Raw(json.dumps(calcom_payload(attendees=crowd, seatsPerTimeSlot=1)).encode()), Answers([]))
    for name in MODULES:
        survives(name, Raw(b'{"a":' * 50_000), Answers([]))
        survives(name, Raw(b"[" * 500_000), Answers([]))
