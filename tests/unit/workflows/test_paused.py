"""One switch holds all of a business's messages: none is lost that is still news when it is put back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Customer
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.repository import Notices
from tests.fakes.lindenau import SALON, Lindenau

if TYPE_CHECKING:
    from pathlib import Path

ADA = (Customer("ada@example.com", "Ada Example", phone="+12025550123"),)


@pytest.fixture
def town(tmp_path: Path) -> Lindenau:
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    town.hub.operator.businesses.put("salon", {**SALON, "paused": True})
    town.hub.operator.overview.trial("salon", {"phone": "+12025550123", "start": "2026-09-04T10:00:00+02:00"})
    for queued in town.hub.queues.take("inbox"):  # type: ignore[attr-defined] # the memory's own
        town.hub.worker.process(queued["event_id"], town.clock.now())
    return town


def deliver(town: Lindenau) -> list[tuple[NoticeState, str | None]]:
    """What became of every notice after each was given its turn."""
    notices = Notices(town.hub.documents)
    for one in notices.of_business("salon"):
        town.hub.outbox.deliver(one.notice_id, town.clock.now())
    return [(one.state, one.reason) for one in notices.of_business("salon")]


def test_what_is_held_goes_out_when_the_switch_is_put_back(town: Lindenau) -> None:
    assert deliver(town) == [(NoticeState.HELD, "paused")]
    assert town.hub.texts.sent == []  # type: ignore[attr-defined] # the memory's own
    town.hub.operator.businesses.put("salon", SALON)
    assert deliver(town) == [(NoticeState.HELD, "paused")]  # for five minutes at most
    town.clock.advance(minutes=5)
    assert deliver(town) == [(NoticeState.SENT, None)]
    assert len(town.hub.texts.sent) == 1  # type: ignore[attr-defined] # the memory's own


def test_what_is_no_news_any_more_is_not_sent_late(town: Lindenau) -> None:
    deliver(town)
    town.clock.advance(days=2)
    town.hub.operator.businesses.put("salon", SALON)
    assert deliver(town) == [(NoticeState.EXPIRED, "too_late_to_act_on")]


def test_quiet_hours_are_the_businesss_own(tmp_path: Path) -> None:
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    town.hub.operator.businesses.put("salon", {**SALON, "quiet_from": "22:30", "quiet_until": "07:00"})
    states = []
    for number, hours in enumerate((14.25, 14.75)):  # 22:15 and 22:45
        town.clock.set(town.clock.now() + timedelta(hours=hours - (0 if number == 0 else 14.25)))
        start = town.clock.now() + timedelta(days=2)
        town.book(f"late-{number}", start=start, end=start + timedelta(minutes=45), customers=ADA)
        states.append(Notices(town.hub.documents).of_business("salon")[-1].state)
    assert states == [NoticeState.DUE, NoticeState.HELD]
