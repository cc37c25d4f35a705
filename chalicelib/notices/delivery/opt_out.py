"""STOP ends texts to a number, in any of our languages, until START; the bookings stay as they are.

The wish is kept by number, not by ticket or business: somebody who says stop to one sender of ours means all of them.
"""

from __future__ import annotations

import json
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.phone_numbers import current_number
from chalicelib.foundation.keys import OPTED_OUT, opt_out_key
from chalicelib.foundation.locales import LANGUAGES
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry
from chalicelib.notices.rendering.phrases import words

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Documents


class Wish(StrEnum):
    """What an inbound text asks for."""

    STOP = "stop"
    START = "start"


CANCEL = "CANCEL"  # ends texts where carriers demand it (North America); elsewhere people mean their appointment
NORTH_AMERICA = "+1"


def wish_of(body: str, number: str = "") -> Wish | None:
    """STOP or START where the text says only that (any case, accents and punctuation aside); else None.

    STOP may stand among words of politeness and words for texts ("please stop the texts"), no others. `number` (E.164)
    tells where it was written.
    """
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", body) if not unicodedata.combining(mark))
    said = "".join(letter if letter.isalnum() else " " for letter in bare).upper().split()
    said = " ".join(said).replace("OPT OUT", "OPTOUT").split()
    if said == [CANCEL] and number.startswith(NORTH_AMERICA):
        return Wish.STOP
    if len(said) != 1:
        sentences = ((set(words(one, "stop_in_sentence")), set(words(one, "beside_stop"))) for one in LANGUAGES)
        asks = any(stop & set(said) and set(said) <= stop | beside for stop, beside in sentences)
        return Wish.STOP if asks else None
    for wish in Wish:
        if any(said[0] in words(locale, wish.value) for locale in LANGUAGES):
            return wish
    return None


def is_opted_out(documents: Documents, number: str) -> bool:
    """Whether the owner of this number (E.164) wants no texts. Raises `Unavailable`."""
    document = documents.get("config", opt_out_key(current_number(number)))
    return bool(document and document["stopped"])


def on_inbound(documents: Documents, message: dict[str, Any], now: datetime) -> Wish | None:
    """Handles one inbound text as SNS delivers it: {"originationNumber", "messageBody", …}; returns what it asked for.

    A message of another shape, or one that asks for nothing, changes nothing. Raises `Unavailable`.
    """
    number, body = message.get("originationNumber"), message.get("messageBody")
    if not isinstance(number, str) or not isinstance(body, str) or not number.startswith("+"):
        return None
    wish = wish_of(body, number)
    if wish:
        record_wish(documents, number, now, stopped=wish is Wish.STOP)
    return wish


def on_sns_event(documents: Documents, body: str, now: datetime) -> Wish | None:
    """The same for the JSON text inside an SNS notification; text that is no JSON object changes nothing."""
    try:
        message = json.loads(body)
    except ValueError:
        return None
    return on_inbound(documents, message, now) if isinstance(message, dict) else None


def record_wish(documents: Documents, number: str, now: datetime, *, stopped: bool) -> None:
    """Remembers the wish; the last one counts. Raises `Unavailable`."""
    number = current_number(number)  # a carrier may name the sender in the old form

    def step() -> None:
        known = documents.get("config", opt_out_key(number))
        version = known["version"] if known else None
        wish = {"stopped": stopped, "at": now.isoformat(), "version": (version or 0) + 1}
        documents.write(Write("config", {"config_id": opt_out_key(number), "owner": OPTED_OUT, **wish}, version))

    retry(step, "wish")
