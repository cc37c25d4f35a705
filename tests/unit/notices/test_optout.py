"""STOP and START."""

from __future__ import annotations

import pytest

from chalicelib.foundation.keys import opt_out_key
from chalicelib.foundation.ports import Write
from chalicelib.notices.delivery.opt_out import is_opted_out, record_wish
from chalicelib.replies.reading import Intent
from chalicelib.replies.understand import understand
from tests.fakes.memory import ManualClock, MemoryDocuments
from tests.fakes.salon import at

NOW, NUMBER = at("2 10:00"), "+12025550123"


@pytest.mark.parametrize("body", ["STOP", "stop", " Stop. ", "STOP!!", "Arrêt", "arret", "ABMELDEN", "baja", "Quit"])
def test_stop_is_understood_in_every_language(body: str) -> None:
    assert understand(body, "en").intent is Intent.STOP


@pytest.mark.parametrize(
    "body",
    [
        "stop please", "Please stop", "opt out", "Opt-out", "unsubscribe me", "STOP STOP", "please stop texting me",
        "stop all messages now, thanks", "Bitte stopp", "bitte abmelden", "keine SMS mehr, stopp",
        "Stop s'il vous plaît",
        "me désabonner svp", "darme de baja por favor", "stop por favor",
    ],
)  # a table, read by rows # fmt: skip
def test_stop_is_understood_among_polite_words(body: str) -> None:
    assert understand(body, "en").intent is Intent.STOP


@pytest.mark.parametrize(
    "body",
    [
        "don't stop", "please don't stop the texts", "which stop is it", "the bus stop", "stop 12",
        "I am at the stop now",
        "please cancel", "cancel my appointment", "the end", "merci, fin", "please", "thank you", "bitte", "stop start",
    ],
)  # a table, read by rows # fmt: skip
def test_a_sentence_that_says_something_else_asks_for_nothing(body: str) -> None:
    assert understand(body, "en").intent not in {Intent.STOP, Intent.START}


@pytest.mark.parametrize("body", ["cancelar", "annuler", "absagen", "stornieren"])
def test_the_word_for_cancelling_in_another_language_never_ends_texts(body: str) -> None:
    assert understand(body, "en").intent not in {Intent.STOP, Intent.START}


@pytest.mark.parametrize("body", ["START", "start", "Unstop", "alta"])
def test_start_is_understood(body: str) -> None:
    assert understand(body, "en").intent is Intent.START


@pytest.mark.parametrize("body", ["", "I cannot stop by today", "stopover", "thank you", "STOP START", "1", "😀"])
def test_other_texts_ask_for_nothing(body: str) -> None:
    assert understand(body, "en").intent not in {Intent.STOP, Intent.START}


def test_the_last_wish_counts() -> None:
    documents = MemoryDocuments(ManualClock(NOW))
    assert not is_opted_out(documents, NUMBER)
    for stopped in (True, True, False, True):
        record_wish(documents, NUMBER, NOW, stopped=stopped)
        assert is_opted_out(documents, NUMBER) is stopped
    assert not is_opted_out(documents, "+12025550199")


def test_a_stop_from_a_number_in_its_old_form_counts_for_the_new_one() -> None:
    documents = MemoryDocuments(ManualClock(NOW))
    record_wish(documents, "+5215512345678", NOW, stopped=True)
    assert is_opted_out(documents, "+525512345678")


def test_a_stop_stored_under_the_number_as_it_was_dialled_before_holds_until_the_next_wish() -> None:
    documents = MemoryDocuments(ManualClock(NOW))
    old = {"config_id": opt_out_key("+5215512345678"), "stopped": True, "at": NOW.isoformat(), "version": 1}
    documents.write(Write("config", old, None))
    for number in ("+525512345678", "+5215512345678", "+520445512345678"):
        assert is_opted_out(documents, number)
    assert not is_opted_out(documents, "+525512345679")
    record_wish(documents, "+5215512345678", NOW, stopped=False)
    assert not is_opted_out(documents, "+525512345678")
