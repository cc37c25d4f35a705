"""The page's words: one catalogue per language in `texts/`, and how times and days are written in it.

Times are rounded to the safe side: setting out never later, arriving never earlier than the plan says.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.locales import TEXTS, language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

ISOLATE, END_ISOLATE = "\u2068", "\u2069"


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """All texts of one language, key → text (two lists: `weekdays` from Monday, `months` from January)."""
    texts: dict[str, Any] = json.loads((TEXTS / language / "page.json").read_text(encoding="utf-8"))
    return texts


def isolate(text: str) -> str:
    """Keeps a right-to-left name from turning around the sentence it stands in (Unicode UAX 9)."""
    rightward = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in text)
    return f"{ISOLATE}{text}{END_ISOLATE}" if rightward else text


@dataclass(frozen=True, slots=True)
class Wording:
    """Says things in one language; `now` is aware, in the venue's zone, and decides what "tomorrow" is."""

    language: str
    now: datetime

    def say(self, key: str, **values: object) -> str:
        """The text of `key` with its values filled in; with `n`, the text for that number. Raises KeyError."""
        texts = catalogue(self.language)
        if "n" in values and f"{key}.one" in texts:
            key = f"{key}.one" if language(self.language).is_one(values["n"]) else f"{key}.other"
        text: str = texts[key]
        return text.format(**{k: isolate(v) if isinstance(v, str) else v for k, v in values.items()})

    @property
    def direction(self) -> str:
        """In which direction the language is written, as HTML has it."""
        return language(self.language).direction

    def has(self, key: str) -> bool:
        """Whether the catalogue knows `key`."""
        return key in catalogue(self.language)

    def km(self, metres: int) -> str:
        """Kilometres with one digit after the decimal sign."""
        return f"{metres / 1000:.1f}".replace(".", self.say("decimal"))

    def minutes_since(self, moment: datetime) -> int:
        """Whole minutes, none for what is yet to come."""
        return max(0, int((self.now - moment).total_seconds() // 60))

    def leaving(self, moment: datetime) -> str:
        """A time to set out or to board, minutes rounded down."""
        return f"{moment.astimezone(self.now.tzinfo):%H:%M}"

    def arriving(self, moment: datetime) -> str:
        """A time of arrival, minutes rounded up."""
        return self.leaving(moment + timedelta(seconds=59, microseconds=999_999))

    def day(self, moment: datetime) -> str:
        """The day in the venue's zone, empty when it is today."""
        day = moment.astimezone(self.now.tzinfo).date()
        today = self.now.date()
        if day == today:
            return ""
        return self.say("tomorrow", date=self.date(day)) if day == today + timedelta(days=1) else self.date(day)

    def date(self, day: date) -> str:
        """A weekday and a date, with the year where it is not this one."""
        texts = catalogue(self.language)
        month = texts["months"][day.month - 1]
        known = {"weekday": texts["weekdays"][day.weekday()], "day": day.day, "month": month, "year": day.year}
        return self.say("date" if day.year == self.now.year else "date_and_year", **known)

    def full(self, moment: datetime) -> str:
        """Date and time, the date even if it is today."""
        day = self.date(moment.astimezone(self.now.tzinfo).date())
        return self.say("day_and_time", day=day, time=self.leaving(moment))

    def day_and_time(self, moment: datetime) -> str:
        """A day (where not today) and a time."""
        day = self.day(moment)
        clock = self.leaving(moment)
        return self.say("day_and_time", day=day, time=clock) if day else clock

    def by(self, moment: datetime) -> str:
        """A day (where not today) and a time within a sentence, with the article where the language has one."""
        return self.day_and_time(moment) if self.day(moment) else self.say("by", time=self.leaving(moment))
