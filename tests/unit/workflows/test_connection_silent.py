"""The operator is told of a booking tool that went quiet: once, by mail or on the topic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.business import Connection
from chalicelib.bookings.connections.silence import Silence
from chalicelib.foundation.locales import LANGUAGES
from chalicelib.notices.notice import NoticeState
from chalicelib.workflows.connection_silent import silence_notice, silence_notifier
from tests.fakes.salon import SALON, Salon, at

if TYPE_CHECKING:
    from chalicelib.notices.notice import Notice

CAL = Connection("cal", "salon", "calcom", ("a-secret",))
SINCE = at("1 10:00")


def sent(salon: Salon, **changes: object) -> list[Notice]:
    business = replace(SALON, **changes)  # type: ignore[arg-type] # a test names the fields it changes
    salon.business = business
    report = silence_notifier(salon.documents)
    for _ in range(2):  # a crash may come between telling and remembering
        report(Silence(business, CAL, SINCE), salon.now)
        salon.outbox.sweep(salon.now)
        salon.work()
    return salon.notices()


def test_the_operator_gets_one_mail_that_says_what_to_do() -> None:
    salon = Salon()
    (notice,) = sent(salon, operator_mail="operator@example.com")
    ((to, subject, text),) = salon.mail.sent
    assert (to, subject) == ("operator@example.com", "Salon Lind: the booking tool has gone quiet")
    assert text.startswith("Salon Lind: nothing has come from the booking tool (cal, calcom) since Tue 10:00")
    assert (notice.state, notice.ticket_id, notice.audience) == (NoticeState.SENT, None, "operator")
    assert "secret" not in text


def test_without_an_address_those_hear_of_it_who_subscribe() -> None:
    salon = Salon()
    (notice,) = sent(salon)
    assert (notice.state, notice.channel, salon.mail.sent, salon.texts.sent) == (NoticeState.SENT, "topic", [], [])
    ((message, attributes),) = salon.topic.published
    assert (attributes["kind"], attributes["audience"]) == ("tool_quiet", "operator")
    assert "cal" in message["text"]


def test_it_can_be_switched_off_and_is_seen_all_the_same() -> None:
    salon = Salon()
    (notice,) = sent(salon, operator_mail="operator@example.com", notices={"tool_quiet": False})
    assert (notice.state, notice.reason, salon.mail.sent) == (NoticeState.SUPPRESSED, "switched_off", [])


@pytest.mark.parametrize("locale", LANGUAGES)
def test_it_is_said_in_the_businesss_language(locale: str) -> None:
    notice = silence_notice(Silence(replace(SALON, locale=locale), CAL, SINCE), at("3 10:00"))
    assert notice.locale == locale
    assert all(word in notice.text for word in ("Salon Lind", "(cal, calcom)", "10:00"))
    assert "{" not in notice.text + notice.subject


def test_news_of_a_silence_that_could_not_be_sent_for_days_is_not_sent() -> None:
    salon = Salon()
    silence_notifier(salon.documents)(Silence(SALON, CAL, SINCE), salon.now)
    salon.clock.advance(days=3)
    salon.outbox.sweep(salon.now)
    salon.work()
    assert [one.state for one in salon.notices()] == [NoticeState.EXPIRED]
