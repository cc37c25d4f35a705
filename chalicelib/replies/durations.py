"""How long somebody says: minutes in digits, words, halves and quarters, of a range the larger. Pure.

What counts as a minute or an hour is said by CLDR's unit names (`languages/units.json`) and by the section `units` of a
language; numbers in words are built from `numbers` and `compose`, fixed phrases ("a quarter of an hour") stand in
`durations`. A time of day ("at 15 h") is none: words of `clock` before it tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.replies.fold import WITHOUT_SPACES, fold
from chalicelib.replies.patterns import NEVER, NUMBER, compile_line, sections, units

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_MIN = 24 * 60  # beyond it, it is no delay
TENS, HOUR_MIN = 10, 60
_UNITS = {"minute": ("min", "mins", "minute", "minutes"), "hour": ("h", "hr", "hrs")}  # understood in every language


@dataclass(frozen=True, slots=True)
class Spoken:
    """A folded text with `NUMBER` in the place of each duration, and the largest of them in minutes."""

    text: str
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one language says how long."""

    numbers: dict[str, float]  # word → value
    fixed: tuple[tuple[re.Pattern[str], int], ...]  # phrase → minutes
    with_unit: re.Pattern[str]
    clock: re.Pattern[str]


def find_duration(folded: str, language: str) -> Spoken:
    """The durations of a folded text."""
    grammar = _grammar(language)
    found: list[int] = []

    def note(minutes: float) -> str:
        found.append(round(minutes))
        return NUMBER if language in WITHOUT_SPACES else f"{NUMBER} "

    def note_counted(match: re.Match[str]) -> str:
        if match["hour"] and not match["rest"] and grammar.clock.search(match.string[: match.start()]):
            return match.group()
        return note(_minutes_of(match, grammar))

    text = folded + " "
    for phrase, minutes in grammar.fixed:
        text = phrase.sub(lambda _, minutes=minutes: note(minutes), text)  # type: ignore[misc]
    text = " ".join(grammar.with_unit.sub(note_counted, text).split())
    fitting = [minutes for minutes in found if 0 < minutes <= LONGEST_MIN]
    return Spoken(text, max(fitting, default=None))


def with_digits(folded: str, language: str) -> str:
    """The text with numbers in words as digits, from two on: one is an article in many languages."""
    words = {word: value for word, value in _grammar(language).numbers.items() if value > 1}
    return " ".join(f"{words[word]:.0f}" if word in words else word for word in folded.split()) + " "


def _minutes_of(match: re.Match[str], grammar: Grammar) -> float:
    value = max(_value(match[name], grammar) for name in ("number", "until") if match[name])
    if match["and_half"] or match["then_half"]:
        value += 0.5
    if not match["hour"]:
        return value
    return value * HOUR_MIN + (_value(match["rest"], grammar) if match["rest"] else 0)


def _value(said: str, grammar: Grammar) -> float:
    said = said.strip()
    if said in grammar.numbers:
        return grammar.numbers[said]
    if re.fullmatch(r"[0-9]+:[0-9]{2}", said):
        hours, minutes = said.split(":")
        return int(hours) + int(minutes) / HOUR_MIN
    return float(said.replace(",", "."))


@cache
def _grammar(language: str) -> Grammar:
    said = {name.strip(): value for name, value in (line.split(":", 1) for line in sections(language).get("units", ()))}
    names = units().get(language, {})
    minute, hour = (
        {fold(name, language) for name in (*names.get(unit, ()), *always, *said.get(unit, "").split())} - {""}
        for unit, always in _UNITS.items()
    )
    numbers = _numbers(language)
    fixed = (line.rsplit("=", 1) for line in sections(language).get("durations", ()))
    to, half, joint, clock = (
        _either({fold(word.replace("_", " "), language) for word in said.get(name, "").split()} - {""})
        for name in ("to", "half", "and", "clock")
    )
    return Grammar(
        numbers,
        tuple((compile_line(phrase.strip(), language), int(value)) for phrase, value in fixed),
        _counted(language, _either(numbers), _either(minute), _either(hour - minute), to, half, joint),
        re.compile(rf"(?:^|\s)(?:{clock}) ?$"),
    )


def _counted(language: str, words: str, minute: str, hour: str, to: str, half: str, joint: str) -> re.Pattern[str]:
    """A number, or a range, with a unit: "10 to 15 min", "two and a half hours", "1 h 20"."""
    has_spaces = language not in WITHOUT_SPACES | {"ko"}
    end = r"(?=[ ])" if has_spaces else ""
    begin = rf"(?:(?<=^)|(?<=[ +~])|(?<={NUMBER}))" if has_spaces else ""
    number = rf"[0-9]+(?::[0-9]{{2}}|[.,][0-9]+)?|(?:{words}){end}"
    until = rf"(?:-| ?\| | ?(?:{to}) ?| (?=[0-9]))(?P<until>{number})"
    of_minutes = rf"(?= ?(?:{minute}){end})"
    rest = rf"(?P<rest>[0-9]+(?:{of_minutes}|(?=[ ]|$))|(?:{words}){of_minutes})(?: ?(?:{minute}))?{end}"
    after_hour = rf"(?P<then_half> ?(?:{half}))?(?: ?(?:(?:{joint}) ?)?{rest})?"
    return re.compile(
        rf"{begin}(?P<number>{number})(?:{until})? ?(?:(?P<and_half>{half}) ?)?"
        rf"(?:(?P<hour>{hour}){after_hour}|(?P<minute>{minute})){end}"
    )


def _either(words: Iterable[str]) -> str:
    """A pattern of any of these, the longest first; of none it never matches."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True)) or NEVER.pattern


@cache
def _numbers(language: str) -> dict[str, float]:
    """Every number in words that is understood, folded; 1 to 99 where the language says how they are composed."""
    spelt: dict[int, list[str]] = {}
    for line in sections(language).get("numbers", ()):
        value, words = line.split(":", 1)
        spelt[int(value)] = [word.strip() for word in words.split(",")]
    found = {word: value for value, words in spelt.items() for word in words}
    for form in sections(language).get("compose", ()):
        for tens in range(20, 100, TENS):
            for ones in range(1, TENS):
                for ten in spelt.get(tens, ()):
                    for one in spelt.get(ones, ()):
                        found.setdefault(form.replace("tens", ten).replace("ones", one), tens + ones)
    return {fold(word, language): float(value) for word, value in found.items()}
