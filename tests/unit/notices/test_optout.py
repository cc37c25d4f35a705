"""STOP and START."""

from __future__ import annotations

import json

import pytest

from chalicelib.notices.delivery.opt_out import Wish, is_opted_out, on_inbound, on_sns_event, wish_of
from tests.fakes.memory import ManualClock, MemoryDocuments
from tests.fakes.salon import at

NOW, NUMBER = at("2 10:00"), "+12025550123"


@pytest.mark.parametrize("body", ["STOP", "stop", " Stop. ", "STOP!!", "Arrêt", "arret", "ABMELDEN", "baja", "Quit"])
def test_stop_is_understood_in_every_language(body: str) -> None:
    assert wish_of(body) is Wish.STOP


@pytest.mark.parametrize("body", ["START", "start", "Unstop", "alta"])
def test_start_is_understood(body: str) -> None:
    assert wish_of(body) is Wish.START


@pytest.mark.parametrize("body", ["", "I cannot stop by today", "stopover", "thank you", "STOP START", "1", "😀"])
def test_other_texts_ask_for_nothing(body: str) -> None:
    assert wish_of(body) is None


def test_the_last_wish_counts() -> None:
    documents = MemoryDocuments(ManualClock(NOW))
    assert not is_opted_out(documents, NUMBER)
    for body, stopped in (("STOP", True), ("STOP", True), ("hello", True), ("START", False), ("stop", True)):
        on_inbound(documents, {"originationNumber": NUMBER, "messageBody": body}, NOW)
        assert is_opted_out(documents, NUMBER) is stopped
    assert not is_opted_out(documents, "+12025550199")


@pytest.mark.parametrize(
    "body",
    ["", "no json", "[]", "3", "null", "{}", '{"originationNumber": 5, "messageBody": "STOP"}',
     '{"originationNumber": "12", "messageBody": "STOP"}', '{"originationNumber": "+12025550123"}'],
)  # fmt: skip
def test_a_message_of_another_shape_changes_nothing(body: str) -> None:
    documents = MemoryDocuments(ManualClock(NOW))
    assert on_sns_event(documents, body, NOW) is None
    assert not documents.tables["config"]


def test_a_notification_from_sns_is_read() -> None:
    documents = MemoryDocuments(ManualClock(NOW))
    body = json.dumps({"originationNumber": NUMBER, "messageBody": "Stop", "messageKeyword": "X"})
    assert on_sns_event(documents, body, NOW) is Wish.STOP
    assert is_opted_out(documents, NUMBER)
