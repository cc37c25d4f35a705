"""What is said of several visits, on the day, and by telephone or screen: word for word in every language, one segment.

`python -m tests.unit.notices.test_story_words` writes `story_words.txt` anew; read it before it is committed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.notices.facts import outage_facts
from chalicelib.notices.policy.situation import Say
from chalicelib.notices.rendering.fitting import fit_text
from chalicelib.notices.rendering.gsm7 import segments
from chalicelib.notices.rendering.phrases import sections
from chalicelib.notices.rendering.texts import Several, several_text, text_for
from chalicelib.outages.outage import Outage, What
from tests.fakes.salon import SALON, START, URL, at
from tests.fakes.tickets import ticket_named

GOLDEN = Path(__file__).with_name("story_words.txt")
NOW = at("2 17:00")
STARTS = tuple(START + timedelta(minutes=20 * n) for n in range(3))
CLOSED = Outage("o1", "salon", What.BUSINESS, at("12:00"), at("15:00"), at("15:40"))
OF_SEVERAL = (
    *(("booked", "ask"), ("booked", "plain"), ("reminder", "planned"), ("reminder", "plain"), ("on_the_day", "plain")),
    *(("cancelled", "several"), ("cancelled", "others_stand"), ("moved", "several")),
    *(("outage", "closed_several"), ("outage", "delayed_several"), ("outage", "over_several")),
)
OF_ONE = (
    *(("on_the_day", "plain"), ("on_the_day", "no_way"), ("reminder", "remote"), ("cancelled", "remote")),
    *(("moved", "remote"), ("moved", "late"), ("moved", "place_late"), ("outage", "over_behind"), ("booked", "late")),
)


def lines() -> list[str]:
    """One line a text: language, kind, variant, for how many visits, segments, words."""
    found = list[str]()
    for locale in LANGUAGES:
        given = ticket_named(locale=locale)
        for kind, variant in OF_SEVERAL:
            starts = STARTS[:1] if variant == "others_stand" else STARTS
            several = Several(kind, variant, starts, stands=STARTS[1:], was=STARTS[:2], outage=outage_facts(CLOSED))
            text = several_text(several, given, SALON, NOW, public_url=URL, first=False).text
            found.append(f"{locale} {kind} {variant} several {segments(text)}: {text}")
        for kind, variant in OF_ONE:
            is_late = "late" in variant or variant == "over_behind"
            given = replace(given, arrive_at=START + timedelta(minutes=25)) if is_late else given
            say = Say(kind, variant, START, START, was=at("2 10:00"), outage=CLOSED if kind == "outage" else None)
            text = text_for(say, given, SALON, NOW, public_url=URL, first=False).text
            found.append(f"{locale} {kind} {variant} one {segments(text)}: {text}")
        word = fit_text(sections(locale, "many_bookings")["plain"], {"n": "300", "to": "+12025550123"})
        found.append(f"{locale} many_bookings plain business {segments(word)}: {word}")
    return found


def test_they_are_as_they_were_read() -> None:
    assert lines() == GOLDEN.read_text("utf-8").splitlines()


def test_each_is_one_segment() -> None:
    assert [line for line in lines() if line.split(":")[0].split()[-1] != "1"] == []


if __name__ == "__main__":
    GOLDEN.write_text("\n".join(lines()) + "\n", "utf-8")
