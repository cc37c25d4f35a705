"""Every parser of the bookings room under damaged input for as long as one likes, with bounds on time and memory.

`python -m tests.property.bookings_fuzz_long --minutes 10 [--seed S] [--only NAME]`

Each input has a name, "parser/seed/number"; `--input NAME` plays it again. Damaged are recorded hooks and calendars
(where ../shared/data is beside the checkout) and our own miniatures. A finding is whatever gets out of a parser, or
takes more than `CPU_S` of processor time, or makes the process grow by more than `GROWTH_MB`; each kind is told once.
Ends with 1 if there was any.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.config import Config
from chalicelib.bookings.inbox import mail
from chalicelib.bookings.providers import MODULES, provider
from chalicelib.bookings.providers.contract import Raw
from chalicelib.foundation.invalid import Invalid
from chalicelib.tickets.origin import coordinates
from tests.fakes import damage
from tests.fakes.calcom import calcom_payload
from tests.fakes.damaged_bookings import ANSWERS, LINES_TEXT, LISTS, READ_BACK, TEMPLATES, Answers, survives
from tests.fakes.hub import BUSINESS, NOW
from tests.fakes.memory import ManualClock, MemoryDocuments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CPU_S = 5.0  # of one input; the largest that is accepted takes about one
GROWTH_MB = 600
ADDRESS_SPACE_MB = 6_000
SLICE_S = 0.5  # a parser's turn; calendars take long to read
CALENDAR_SLICE_S = 4.0
CALENDARS = ("ical", "itip")


class TooSlow(BaseException):
    """Nothing that a parser catches."""


@dataclass
class Parser:
    """One parser and what is damaged for it. `eat` is given the input and the chance to draw from."""

    name: str
    eat: Callable[[bytes, random.Random], object]
    seeds: list[bytes]
    huge: list[bytes] = field(default_factory=list)
    tried: int = 0


def recorded() -> dict[str, list[bytes]]:
    """Bodies by provider, and all calendars as "ical"."""
    found: dict[str, list[bytes]] = {"ical": [path.read_bytes() for path in sorted(SHARED.glob("ics/**/*.ics"))]}
    for path in sorted(SHARED.glob("hooks/*/*")):
        name = {"msgraph": "graph", "standardwebhooks": "standard"}.get(path.parent.name, path.parent.name)
        data = path.read_bytes()
        found.setdefault(name, []).append(data.split(b"\n\n", 1)[-1] if path.suffix == ".http" else data)
    return found


def invitation(calendar: bytes, method: str = "REQUEST") -> bytes:
    """A calendar as a mail brings it."""
    head = f"MIME-Version: 1.0\r\nContent-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n"
    return head.encode() + calendar


def event(*lines: str) -> bytes:
    """A calendar of one event."""
    return "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:a", *lines, "END:VEVENT", "END:VCALENDAR"]).encode()


def huge(name: str) -> list[bytes]:
    """What is far too large or too deep."""
    crowd = [{"email": f"a{n}@example.com", "name": "A"} for n in range(10_000)]
    found = [
        b'{"a":' * 100_000,
        b"[" * 1_000_000,
        b'{"a": "' + b"x" * 300_000 + b'"}',
        b"\xff" * 300_000,
        b"9" * 1_000_000,
    ]
    if name == "calcom":
        found += [json.dumps(calcom_payload(attendees=crowd, seatsPerTimeSlot=1)).encode()]
        found += [json.dumps(calcom_payload(notes="x" * 300_000)).encode()]
    if name in CALENDARS:
        start = "DTSTART:20260105T100000Z"
        attendees = [f"ATTENDEE;CN=A:mailto:a{n}@example.com" for n in range(10_000)]
        dates = ",".join(f"2026{1 + n // 280 % 12:02}{1 + n // 10 % 28:02}T1{n % 10}0000Z" for n in range(10_000))
        calendars = [
            event(start, "SUMMARY:" + "x" * 10_000_000),
            event(start, "SUMMARY:" + "x" * 7_500_000),
            event(start, *("SUMMARY:" + "é" * 40_000 for _ in range(90))),
            event(start, "DESCRIPTION:" + "a:b\\n" * 100_000),
            event(start, "X:" + "\r\n y" * 300_000),
            event(start, *attendees),
            event(start, "SUMMARY:A", f"RDATE:{dates}"),
            event(start, "SUMMARY:A", "RRULE:FREQ=DAILY;COUNT=10000"),
            event(start, "SUMMARY:A", "RRULE:FREQ=HOURLY;BYMINUTE=" + ",".join(map(str, range(60)))),
            event(start, "SUMMARY:A", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
            b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 100_000,
            b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 20_000 + b"END:X\r\n" * 20_000 + b"END:VCALENDAR",
            b"BEGIN:VCALENDAR" + b"\r\n".join(event(start, "SUMMARY:A") for _ in range(3_000)),
        ]
        found += calendars if name == "ical" else [*map(invitation, calendars), b"--b\r\n" * 200_000]
    return found


def sent(name: str) -> Callable[[bytes, random.Random], object]:
    """A provider's reading of a call, the tool answering oddly."""

    def eat(data: bytes, chance: random.Random) -> None:
        answers = [damage.damaged_value(chance.choice(ANSWERS), chance) for _ in range(chance.randint(0, 3))]
        survives(name, Raw(data, dict.fromkeys(provider(name).headers, "x"), {"key": "secret"}), Answers(answers))

    return eat


def answered(name: str) -> Callable[[bytes, random.Random], object]:
    """A provider's reading back, of which the input is the first answer."""

    def eat(data: bytes, chance: random.Random) -> None:
        try:
            first = json.loads(data)
        except (ValueError, RecursionError):
            first = data.decode("utf-8", "replace")
        others = [damage.damaged_value(chance.choice([*LISTS, *ANSWERS]), chance) for _ in range(chance.randint(0, 5))]
        survives(name, None, Answers([*others, first]))

    return eat


def configured(data: bytes, _chance: random.Random) -> None:
    """What an operator may write, as JSON."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return
    config = Config(MemoryDocuments(ManualClock(NOW)))
    for put in (
        lambda: config.put_business("salon", body, NOW),
        lambda: config.put_business("salon", BUSINESS, NOW),
        lambda: config.put_connection("salon", "c", body, NOW),
        lambda: config.parse_mapping(body),
    ):
        try:
            put()
        except Invalid as said:
            assert 0 < len(said.message) < 5000  # noqa: PT017 - the reason is what is looked at


def received(data: bytes, _chance: random.Random) -> None:
    """A receipt of mail."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(record, dict) and isinstance(record.get("ses"), dict):
        list(mail.mails_of({"ses": {"receipt": {"recipients": [str(record["ses"])]}}}))


def parsers() -> Iterator[Parser]:
    """All of them."""
    known = recorded()
    lines = [event(*LINES_TEXT[first : first + 8]) for first in range(0, len(LINES_TEXT), 4)]
    for name in filter(lambda one: provider(one).name == one, MODULES):  # some tools have two names
        own = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in TEMPLATES.get(name, [])]
        seeds = [*own, *known.get(name, [])]
        if name in CALENDARS:
            calendars = [*known["ical"], *lines]
            seeds += calendars if name == "ical" else [invitation(one) for one in calendars]
        yield Parser(name, sent(name), seeds or [b"{}", b""], huge(name))
    for name in filter(lambda one: provider(one).name == one, READ_BACK):
        yield Parser(
            f"{name} read back", answered(name), [json.dumps(one).encode() for one in (*LISTS, *ANSWERS)], huge("")
        )
    connection = {"provider": "json", "secret": "s", "mapping": {"uid": "id", "start": "at"}, "length_min": {"*": 5}}
    connection |= {
        "signature": {"scheme": "hex", "header": "X-S"},
        "calendars": {"a": {"name": "b", "lat": 1, "lon": 2}},
    }
    yield Parser("config", configured, [json.dumps(one).encode() for one in (connection, BUSINESS)], huge(""))
    yield Parser("mail receipt", received, [b'{"ses": {"receipt": {"recipients": ["a+b@c"]}}}'], [])
    places = [b"geo:48.2211,16.3312?q=1", b"https://maps.google.com/?q=48.2211,16.3312", b"48.2211, 16.3312"]
    yield Parser("place", lambda data, _: coordinates(data.decode("utf-8", "replace")), places, huge(""))


@dataclass
class Findings:
    """What got out, each kind once with its first input's name."""

    kinds: Counter[str] = field(default_factory=Counter)

    def tell(self, parser: str, name: str, data: bytes, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        ours = next((one for one in reversed(frames) if "chalicelib" in one.filename), frames[-1])
        kind = f"{parser}: {type(error).__name__} at {Path(ours.filename).name}:{ours.lineno}"
        self.kinds[kind] += 1
        if self.kinds[kind] == 1:
            shown = base64.b64encode(data[:3000]).decode()
            print(f"FINDING {kind}\n  input {name} ({len(data)} bytes)\n  {error!s:.300}\n  {shown}", flush=True)


def drawn(parser: Parser, seed: int, number: int) -> tuple[bytes, random.Random]:
    """The input of that number: first what is huge, then what is damaged."""
    chance = random.Random(f"{parser.name}/{seed}/{number}")
    if number < len(parser.huge):
        return parser.huge[number], chance
    return damage.damaged(chance.choice(parser.seeds), parser.seeds, chance), chance


def tried(parser: Parser, seed: int, number: int, findings: Findings) -> None:
    """One input under both bounds."""
    data, chance = drawn(parser, seed, number)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_S)
    name = f"{parser.name}/{seed}/{number}"
    try:
        parser.eat(data, chance)
    except (Exception, TooSlow) as error:  # noqa: BLE001 - whatever gets out is what is looked for
        findings.tell(parser.name, name, data, error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    if grown_mb > GROWTH_MB:
        findings.tell(parser.name, name, data, MemoryError(f"grew by {grown_mb} MB"))
    parser.tried += 1


def bounded() -> None:
    """An input that takes too long, or far too much memory, is stopped."""

    def stop(_signal: int, _frame: Any) -> None:
        raise TooSlow(f"more than {CPU_S} s of processor time")

    signal.signal(signal.SIGVTALRM, stop)
    limit = ADDRESS_SPACE_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    warnings.simplefilter("ignore")


def main() -> int:
    """Fuzzes all parsers in turn until the time is over; 1 if anything got out."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--only")
    arguments.add_argument("--input")
    said = arguments.parse_args()
    bounded()
    findings = Findings()
    if said.input:
        name, seed, number = said.input.rsplit("/", 2)
        tried(next(one for one in parsers() if one.name == name), int(seed), int(number), findings)
        return 1 if findings.kinds else 0
    all_of_them = [one for one in parsers() if said.only in {None, one.name}]
    end = time.monotonic() + 60 * said.minutes
    while time.monotonic() < end:
        for parser in all_of_them:
            turn = time.monotonic() + (CALENDAR_SLICE_S if parser.name in CALENDARS else SLICE_S)
            while time.monotonic() < min(turn, end):
                tried(parser, said.seed, parser.tried, findings)
    for parser in all_of_them:
        print(f"{parser.name:24} {parser.tried:9} inputs", flush=True)
    print(f"{sum(one.tried for one in all_of_them)} inputs, {len(findings.kinds)} kinds of findings")
    for kind, times in findings.kinds.most_common():
        print(f"{times:9} x {kind}")
    return 1 if findings.kinds else 0


if __name__ == "__main__":
    sys.exit(main())
