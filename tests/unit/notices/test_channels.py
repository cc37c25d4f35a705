"""Channels: each in one shape, the first that reaches somebody is taken, one that is not known is not guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.notices.delivery.address import CHANNELS, NO_CHANNEL, address_of_business, address_of_operator
from chalicelib.notices.delivery.channel import Carriers, Recipient
from chalicelib.notices.documents import notice_write
from chalicelib.notices.notice import NoticeState
from chalicelib.workflows.booking_changed import follow_booking
from tests.fakes.memory import MemoryTopic, SentMail, SentTexts
from tests.fakes.salon import SALON, Salon, booking

EVERYBODY = Recipient("+12025550123", "ada@example.com", may_subscribe=True)


def test_every_channel_reaches_and_sends_in_one_shape() -> None:
    salon = Salon()
    salon.book(booking())
    (notice,) = salon.notices()
    for channel in CHANNELS:
        reach = channel.reach(EVERYBODY, SALON)
        assert reach.to is not None, channel.name
        carriers = Carriers(SentTexts(), SentMail(), MemoryTopic())
        channel.send(replace(notice, channel=channel.name, to=reach.to), carriers, None)
        assert channel.reach(Recipient(), SALON).to is None, channel.name
    assert len({channel.name for channel in CHANNELS} | {NO_CHANNEL}) == len(CHANNELS) + 1


def test_a_business_and_its_operator_are_reached_by_the_first_channel_that_can() -> None:
    assert address_of_business(SALON).channel == "sms"
    assert (address_of_business(replace(SALON, phone=None)).channel, address_of_operator(SALON).channel) == (
        "topic",
    ) * 2
    assert address_of_operator(replace(SALON, operator_mail="o@example.com")).to == "o@example.com"


def test_a_channel_that_this_version_does_not_have_leaves_the_notice_to_one_that_has_it() -> None:
    salon = Salon()
    salon.bookings["b1"] = booking()
    follow_booking(salon.services, salon.bookings["b1"], salon.now)
    (notice,) = salon.notices()
    salon.documents.write(notice_write(replace(notice, channel="pigeon", version=2), 1))
    with pytest.raises(LookupError, match="pigeon"):
        salon.outbox.deliver(notice.notice_id, salon.now)
    assert salon.notices()[0].state is NoticeState.DUE
