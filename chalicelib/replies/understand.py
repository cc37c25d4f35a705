"""A reply understood by rules: what it asks for, how many minutes it names, and whether the hub may act on it. Pure.

Rules, in this order
- A text that is wholly a stop word or phrase, courtesy aside, is a stop: it acts at once. START and HELP likewise.
- What denies ("please don't cancel") is no intent. A question is one only as a request ("can we move it?"), and then a
  person answers it.
- Of several intents the one counts that changes most for the business: move, cancel, late, on the way, here, yes,
  thanks. Nothing cancels a booking: a cancel and a move are handed on.
- Over `CLEAR_WORDS_MAX` words, or of two minds: it is handed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.replies.durations import find_duration, with_digits
from chalicelib.replies.fold import CLAUSE, QUESTION, fold
from chalicelib.replies.patterns import NUMBER, READ, patterns
from chalicelib.replies.reading import Intent, Reading

CLEAR_WORDS_MAX = 12  # more is a story, and a person reads it
LATE_MAX_MIN = 180  # more is no delay any more, but another appointment
ASKED_LATE_MAX_MIN = 30  # who asks to come later than by this asks for another time
FALLBACK = "en"  # people mix it into every language
HANDED_ON = frozenset({Intent.CANCEL, Intent.MOVE, Intent.OTHER})
REQUESTS = frozenset({Intent.MOVE, Intent.CANCEL, Intent.LATE})  # what a question may ask for
COUNTED = frozenset({Intent.LATE, Intent.ON_WAY})  # may name a number without a unit
WHOLE = (Intent.STOP, Intent.START, Intent.HELP)
HEAVIEST_FIRST = (
    *(Intent.MOVE, Intent.CANCEL, Intent.LATE, Intent.ON_WAY),
    *(Intent.HERE, Intent.CONFIRM, Intent.THANKS),
)
SIGNS = {"👍": Intent.CONFIRM, "🙏": Intent.THANKS}


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as it is compared. `folded` has signs for durations, `bare` no courtesy; each word ends in a space."""

    language: str
    folded: str
    bare: str
    minutes: int | None

    def says(self, section: str) -> bool:
        """Whether it holds what a section of its language lists."""
        return patterns(self.language, section).is_in(self.folded, self.bare)

    def is_wholly(self, intent: Intent) -> bool:
        """Whether every clause of it says this, courtesy aside."""
        if patterns(self.language, f"not_{intent}").is_in(self.folded, self.folded):
            return False
        clauses = [f"{clause.strip()} " for clause in self.bare.split(CLAUSE) if clause.strip(f" {QUESTION}")]
        said, beside = patterns(self.language, intent.value), patterns(self.language, f"beside_{intent}")
        others = [clause for clause in clauses if not said.whole.fullmatch(clause)]
        return len(others) < len(clauses) and all(beside.whole.fullmatch(clause) for clause in others)

    @property
    def asks(self) -> bool:
        """Whether it is a question, with its mark or without."""
        return QUESTION in self.folded or patterns(self.language, "question").is_in(self.folded, self.folded)


def understand(text: str, language: str) -> Reading:
    """What a reply says. `language` (ISO 639-1) is the one expected; a stop is understood in any."""
    own = _text_of(text, language)
    reading = _read(own)
    if reading.intent is not Intent.OTHER:
        return reading
    for other in READ:
        elsewhere = _text_of(text, other)
        if elsewhere.is_wholly(Intent.STOP):
            return Reading(Intent.STOP, acts=True)
        if patterns(other, Intent.START.value, fixed=True).whole.fullmatch(elsewhere.bare):
            return Reading(Intent.START, acts=True)
    if language == FALLBACK or own.asks or own.says("not") or own.says("no"):
        return reading
    english = _read(_text_of(text, FALLBACK))
    return Reading(english.intent, english.minutes if reading.minutes is None else reading.minutes, english.acts)


def _text_of(text: str, language: str) -> _Text:
    spoken = find_duration(fold(text, language), language)
    folded = spoken.text + " "
    minutes = spoken.minutes
    without_unit = patterns(language, "bare").anywhere.search(with_digits(folded, language))
    if minutes is None and without_unit:  # "10 late", "be there in twenty"
        numbers = [int(one) for one in re.findall(r"[0-9]+", without_unit.group())]
        minutes = max((one for one in numbers if 0 < one <= LATE_MAX_MIN), default=None)
    return _Text(language, folded, _without("courtesy", folded, language), minutes)


def _read(text: _Text) -> Reading:
    whole = next((intent for intent in WHOLE if text.is_wholly(intent)), None)
    if whole:
        return Reading(whole, text.minutes, acts=True)
    if text.says("not"):
        return Reading(Intent.OTHER, text.minutes)
    said = _settle(_intents(text), text)
    intent = next((one for one in HEAVIEST_FIRST if one in said), Intent.OTHER)
    if text.asks:
        return Reading(_requested(intent, text), text.minutes)
    denies = text.says("no")
    if denies and intent in {Intent.CONFIRM, Intent.THANKS}:
        intent = Intent.OTHER
    is_clear = not denies and len(text.folded.split()) <= CLEAR_WORDS_MAX
    is_delay = intent is not Intent.LATE or (text.minutes or 0) <= LATE_MAX_MIN
    return Reading(intent, text.minutes, is_clear and is_delay and intent not in HANDED_ON)


def _intents(text: _Text) -> set[Intent]:
    """All that it may mean."""
    counted = with_digits(text.folded, text.language)
    said = {
        intent
        for intent in HEAVIEST_FIRST
        if patterns(text.language, intent.value).is_in(counted if intent in COUNTED else text.folded, text.bare)
    }
    sign = text.folded.strip(f" {CLAUSE}")
    is_only_duration = NUMBER in text.bare and not text.bare.strip(f" +{CLAUSE}{NUMBER}")
    return said | {SIGNS[one] for one in SIGNS if one == sign} | ({Intent.LATE} if is_only_duration else set())


def _settle(said: set[Intent], text: _Text) -> set[Intent]:
    """What is left of several meanings that only look like it."""
    if said >= {Intent.LATE, Intent.CANCEL} and text.minutes is not None:
        said = said - {Intent.CANCEL}  # "can't make it by then, 20 min late"
    if said >= {Intent.ON_WAY, Intent.HERE} and text.minutes is None:
        said = said - {Intent.ON_WAY}  # "found a parking space, I'm here"
    if said >= {Intent.CONFIRM, Intent.THANKS}:
        plain = _without("praise", text.bare, text.language)
        if not patterns(text.language, Intent.CONFIRM.value).is_in(plain, plain):
            said = said - {Intent.CONFIRM}  # "great, thanks"
    if said & {Intent.HERE, Intent.ON_WAY} and text.minutes is None and text.says("another_day"):
        said = said - {Intent.HERE, Intent.ON_WAY} | {Intent.CONFIRM}  # "I'm there tomorrow"
    return said


def _requested(intent: Intent, text: _Text) -> Intent:
    """What a question asks for; OTHER where it is no request."""
    if intent not in REQUESTS or not text.says("ask"):
        return Intent.OTHER
    is_delay = 0 < (text.minutes or 0) <= ASKED_LATE_MAX_MIN
    return Intent.MOVE if intent is Intent.LATE and not is_delay else intent  # "can I come later?"


def _without(section: str, folded: str, language: str) -> str:
    return " ".join(patterns(language, section).anywhere.sub(" ", folded).split()) + " "
