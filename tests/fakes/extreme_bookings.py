"""Extremes in what booking tools send and answer, through inbox and worker of a room that has other bookings, too.

Of each input is asked: the event ends as done, parked with a reason, or waiting, at the first try; the booking beside
it stands as it did; and the tool's next call, a good one, is carried out.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.inbox.accept import BadSignature, TooLarge
from chalicelib.bookings.providers import MODULES, provider
from chalicelib.bookings.providers.contract import Parked, Raw
from tests.fakes.asked_tools import ASKED, PUSHING
from tests.fakes.booking_tools import URL
from tests.fakes.calendar_tools import google_item, graph_item
from tests.fakes.damaged_bookings import ANSWERS, LINES_TEXT, LISTS, SETTINGS, TEMPLATES, Answers
from tests.fakes.extremes import as_bytes, cells, places, spoilers, spoilings
from tests.fakes.fetched_tools import Feed
from tests.fakes.histories import connected
from tests.fakes.hub import SECRET, BookingsRoom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalicelib.bookings.business import Connection
    from tests.fakes.booking_tools import Tool
    from tests.fakes.extremes import Place

Case = tuple[str, "Callable[[], object]"]

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "hooks"
CASES_A_ROOM = 40  # then a new one: many odd bookings make every step slower
TRIES_MAX = 20
REASON_MAX = 2_000
COUNTERS = ("v is", "data.version", "data.object.booking.version", "line")  # whoever counts is believed, however far
ENDS = frozenset({"done", "parked", "waiting", "gone"})


class Beside:
    """A tool with two appointments; whatever is said is about the second, and the first is looked at.

    `spoil` changes one answer of the tool while it is asked about a case.
    """

    def __init__(self, kind: type[Tool], cases_a_room: int = CASES_A_ROOM) -> None:
        self.cases_a_room = cases_a_room
        self.kind: type[Tool] = type(kind.__name__, (kind,), {"when": property(lambda tool: tool.clock.now())})
        self.tried = 0
        self.begin()

    def begin(self) -> None:
        self.tool = self.kind()
        self.room = connected(self.tool)
        self.tool.clock = self.room.clock  # type: ignore[attr-defined]
        found = self.room.config.connection("tool")
        assert found is not None
        self.connection: Connection = found
        self.answers: list[Any] = []
        self.spoil: Callable[[int, Any], Any] = lambda _number, answer: answer
        self.room.worker = self.room.new_worker(api=lambda _connection, _tool: self)
        for which in (0, 1):
            for one in self.tool.happened("book", which, which):
                self.sent(*one.signed, one.query)
        assert self.stands()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        try:
            answer = self.tool.get(path, query)  # type: ignore[attr-defined]
        except (AssertionError, ValueError, KeyError):  # it was asked for what it has never named
            raise Parked("the tool answers HTTP 400") from None
        return self._answered(answer)

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return self._answered(self.tool.send(method, path, body))  # type: ignore[attr-defined]

    def _answered(self, answer: Any) -> Any:
        self.answers.append(answer)
        return self.spoil(len(self.answers) - 1, answer)

    def sent(self, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], url: str = URL) -> None:
        """Whether a call is refused at the door or not, it is stored and read."""
        room = self.room
        room.clock.advance(seconds=1)
        raw = Raw(body, headers, query, url)
        try:
            room.inbox.accept("tool", raw, room.clock.now())
        except (BadSignature, TooLarge):
            lower = {name.lower(): value for name, value in headers.items()}
            room.inbox.store(
                self.connection, provider(self.tool.provider), Raw(body, lower, query, url), room.clock.now()
            )
        self.work()

    def read_back(self) -> None:
        self.room.clock.advance(hours=1)
        if isinstance(self.tool, Feed):
            self.sent(self.tool.calendar(), {}, {})
        self.room.inbox.request_read_back("tool", self.room.clock.now())
        self.work()

    def work(self) -> None:
        for _ in range(TRIES_MAX):
            messages = self.room.queues.take("inbox")
            if not messages:
                return
            for message in messages:
                outcome = self.room.worker.process(message["event_id"], self.room.clock.now())
                assert outcome.state in ENDS
                assert len(outcome.note) < REASON_MAX
                assert outcome.note or outcome.state != "parked"
                assert "crash" not in outcome.note, outcome.note
        raise AssertionError("events are queued again and again")

    def stands(self, which: int = 0) -> bool:
        """Whether the first (or another) appointment is known as the tool has it."""
        asked = self.tool.appointments[which]
        return any(one.start == asked.start and one.status.value == asked.status for one in self.room.all_bookings())

    def case(self, name: str, happen: Callable[[], None], *, both: bool = False) -> Case:
        """A case that ends with a good call about the first, or about both."""

        def run() -> None:
            if self.tried % self.cases_a_room == 0:
                self.begin()
            self.tried += 1
            self.both = both
            self.is_beside = True  # the first appointment is not in what is spoiled
            try:
                happen()
                assert not self.is_beside or self.stands(), "the booking beside it has changed"
                self.spoil = lambda _number, answer: answer
                self.next_is_carried_out()
            except BaseException:
                self.tried = 0
                raise

        return name, run

    def next_is_carried_out(self) -> None:
        """What a hint misses a reading brings; one that loses much has to be confirmed."""
        for which, slot in ((0, 2 + self.tried % 9), (1, 20 + self.tried % 9))[: self.both + 1]:
            self.room.clock.advance(seconds=2)
            for one in self.tool.happened("move", which, slot):
                self.sent(*one.signed, one.query)
            for _ in range(2):
                if not self.stands(which):
                    self.read_back()
            assert self.stands(which), f"the next call about appointment {which} is not carried out"


def calls_of(kind: type[Tool]) -> Iterator[Case]:
    """The tool's own calls about the second appointment, spoiled in body, headers and address."""
    at = Beside(kind)
    sample = at.kind()
    sample.clock = at.room.clock  # type: ignore[attr-defined]
    sample.ticks = 1_000_000  # its calls are no repetitions of good ones
    sample.happened("book", 0, 0)
    calls = [(what, one) for what in ("book", "move", "no_show", "cancel") for one in sample.happened(what, 1, 5)]
    for what, one in calls:
        body, headers = one.signed
        for name, spoiled in _bodies(body):
            both = what == "book" and not name.startswith(COUNTERS)
            yield at.case(f"{what}: {name}", partial(at.sent, spoiled, headers, one.query), both=both)
    what, one = calls[0]
    body, headers = one.signed
    for header in headers:
        for name, value in cells():
            other = {**headers, header: value}
            yield at.case(f"{header} is {name}", partial(at.sent, body, other, one.query))
    for name, value in cells():
        yield at.case(f"address is {name}", partial(at.sent, body, headers, one.query, value))
    for key in {*one.query, "key", "validationToken"}:
        for name, value in cells():
            query = {**one.query, key: value}
            yield at.case(f"?{key}= is {name}", partial(at.sent, body, headers, query))


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Bodies with something extreme in each place: JSON, forms, calendars."""
    yield "nothing", b""
    for size in (100_000, 1_000_000):
        yield f"{size} levels", b"[" * size
        yield f"{size} objects", b'{"a":' * (size // 5)
        yield f"{size} bytes of no text", b"\xff" * size
    try:
        value = json.loads(body)
    except ValueError:
        yield from spoiled_lines(body)
    else:
        yield from ((name, as_bytes(one)) for name, one in spoilings(value))


def spoiled_lines(text: bytes) -> Iterator[tuple[str, bytes]]:
    """A form or a calendar: each value (after "=" or ":") in turn an extreme; each line gone, alone, or there often."""
    separator = b"\r\n" if b"\n" in text else b"&"
    lines = text.split(separator)
    for number, line in enumerate(lines):
        start, rest = separator.join(lines[:number]), separator.join(lines[number + 1 :])

        def whole(middle: bytes, start: bytes = start, rest: bytes = rest) -> bytes:
            return separator.join(filter(None, (start, middle, rest)))

        named = line[:20].decode("utf-8", "replace")
        yield f"line {number} ({named}) is gone", whole(b"")
        yield f"line {number} ({named}) 3,000 times", whole(separator.join([line] * 3_000))
        ends = [place + 1 for place, byte in enumerate(line) if byte in b":=;"]
        for end in ends[:4]:
            for name, value in cells():
                written = value.encode("utf-8", "surrogatepass")
                yield f"line {number} ({named}) after {end} is {name}", whole(line[:end] + written)


def answers_of(kind: type[Tool]) -> Iterator[Case]:
    """What the tool answers, to a call and to reading back, spoiled."""
    at = Beside(kind)
    readings: list[tuple[str, Callable[[], None]]] = [("asked", lambda: _told(at))]
    if provider(kind.provider).upcoming:
        readings.append(("read back", at.read_back))
    for how, happen in readings:
        at.begin()
        at.answers.clear()
        happen()
        for number, good in enumerate(tuple(at.answers)):
            for name, place, spoil in spoilers(good):
                yield at.case(
                    f"{how}: answer {number}: {name}", partial(_spoil_and_ask, at, happen, number, place, spoil)
                )


def _spoil_and_ask(
    at: Beside, happen: Callable[[], None], number: int, place: Place, spoil: Callable[[Any], Any]
) -> None:
    """Spoils one answer as it is now; where that is about the first appointment, too, it need not stand."""
    at.answers.clear()

    def changed(asked: int, answer: Any) -> Any:
        if asked != number:
            return answer
        part = _part_of(answer, at.tool.appointments[1].uid)
        at.is_beside = part is not None and place[: len(part)] == part
        try:
            return spoil(answer)
        except (KeyError, IndexError, TypeError, AttributeError):
            return answer  # this time it has no such place

    at.spoil = changed
    happen()


def _told(at: Beside) -> None:
    for one in at.tool.happened("move", 1, 3 + at.tried % 7):
        at.sent(*one.signed, one.query)


def _part_of(answer: Any, uid: str) -> tuple[Any, ...] | None:
    """The place of the part of a list that names the uid."""
    found = [place for place, held in places(answer) if held == uid and any(isinstance(step, int) for step in place)]
    if not found:
        return None
    last = max(number for number, step in enumerate(found[0]) if isinstance(step, int))
    return found[0][: last + 1]


def documented(name: str) -> list[bytes]:
    """Bodies that tools are known to send: our miniatures' and, where they lie beside the checkout, recorded ones."""
    own = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in TEMPLATES.get(name, [])]
    folder = {"graph": "msgraph", "standard": "standardwebhooks"}.get(name, name)
    recorded = [path.read_bytes() for path in sorted(RECORDED.glob(f"{folder}/*"))]
    return [*own, *(one.split(b"\n\n", 1)[-1] if one.startswith(b"POST") else one for one in recorded)] or [b"{}"]


class AnswersInTurn(Answers):
    """A tool that answers with whatever documented answers come next, and is never at its end."""

    def __init__(self) -> None:
        super().__init__([])
        self.turn = 0

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        self.turn += 1
        if self.turn % 7 == 0:
            return super().get(path, query)  # there is no such thing
        items = [{"items": [google_item()]}, {"value": [graph_item()]}]
        choice = [*ANSWERS, *LISTS, *items]
        return choice[self.turn % len(choice)]


def documented_calls(name: str) -> Iterator[Case]:
    """Documented bodies of one provider, spoiled, whatever the tool answers when it is asked."""
    room, tool = BookingsRoom(), provider(name)
    settings = (
        {**SETTINGS, "signature": {"scheme": "hex", "header": "x"}} if name == "json" else {**SETTINGS, "mapping": None}
    )
    body = {"provider": name, "secret": SECRET} | {key: one for key, one in settings.items() if one is not None}
    room.config.put_connection("salon", "tool", body, room.clock.now())
    connection = room.config.connection("tool")
    assert connection is not None
    worker = room.new_worker(api=lambda _connection, _tool: AnswersInTurn())

    def run(body: bytes) -> None:
        room.clock.advance(milliseconds=1)
        room.inbox.store(connection, tool, Raw(body, dict.fromkeys(tool.headers, "x")), room.clock.now())
        for message in room.queues.take("inbox"):
            outcome = worker.process(message["event_id"], room.clock.now())
            assert outcome.state in ENDS
            assert len(outcome.note) < REASON_MAX
            assert "crash" not in outcome.note, outcome.note

    for number, payload in enumerate(documented(name)):
        for what, spoiled in _bodies(payload):
            yield f"payload {number}: {what}", partial(run, spoiled)


class OddFeed(Feed):
    """A feed in which everything that a calendar can say about an appointment is said about the second one."""

    lines: tuple[bytes, ...] = ()

    def calendar(self) -> bytes:
        good = super().calendar().removesuffix(b"END:VCALENDAR")
        return good + b"\r\n".join([*self.lines, b"END:VCALENDAR"])


def calendars() -> Iterator[Case]:
    """A feed whose second event has each line that calendars have, with each extreme in it; the first one stands."""
    at = Beside(OddFeed, 4)
    tool = at.tool

    def fetched(lines: tuple[bytes, ...]) -> None:
        at.tool.lines = lines  # type: ignore[attr-defined]
        at.room.clock.advance(minutes=15)
        raw = Raw(at.tool.calendar())  # type: ignore[attr-defined]
        at.room.inbox.store(at.connection, provider("ical"), raw, at.room.clock.now())
        at.work()
        at.tool.lines = ()  # type: ignore[attr-defined]

    assert isinstance(tool, OddFeed)
    full = [
        "UID:odd",
        "DTSTART;TZID=Europe/Vilnius:20260107T100000",
        "DTEND;TZID=Europe/Vilnius:20260107T103000",
        "SUMMARY:Cut",
        "ATTENDEE;CN=Bea;PARTSTAT=ACCEPTED:mailto:bea@example.com",
    ]
    zone = [
        "BEGIN:VTIMEZONE",
        "TZID:Own",
        "BEGIN:STANDARD",
        "DTSTART:20200101T000000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    rules = ["RRULE:FREQ=HOURLY;COUNT=5", "RRULE:FREQ=DAILY;INTERVAL=9;UNTIL=20260301T000000Z;BYHOUR=9"]
    lines_tried = [one for one in LINES_TEXT if not one.startswith("RRULE") or "COUNT=9" in one or "MONTHLY" in one]
    for extra in [
        *lines_tried,
        *rules,
        "DURATION:PT30M",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "LOCATION:x",
        "RDATE;VALUE=PERIOD:20260108T100000Z/20260108T110000Z",
        "X-OWN:1",
    ]:
        if extra.startswith(("BEGIN", "END")):
            continue
        for name, spoiled in spoiled_lines(extra.encode()):
            lines = (b"BEGIN:VEVENT", *(one.encode() for one in full), spoiled, b"END:VEVENT")
            yield at.case(f"{extra[:30]}: {name}", partial(fetched, lines))
    for number in range(len(zone)):
        for name, spoiled in spoiled_lines(zone[number].encode()):
            defined = [*(one.encode() for one in zone[:number]), spoiled, *(one.encode() for one in zone[number + 1 :])]
            own = [one.replace("Europe/Vilnius", "Own").encode() for one in full]
            whole = (*defined, b"BEGIN:VEVENT", *own, b"END:VEVENT")
            yield at.case(f"zone: {name}", partial(fetched, whole))


TOOLS = tuple(dict.fromkeys((*PUSHING, *ASKED)))
OWN_NAMES = tuple(name for name in MODULES if provider(name).name == name)  # some tools have two
BOOKINGS: dict[str, Callable[[], Iterator[Case]]] = {
    **{f"calls of {kind.provider}": partial(calls_of, kind) for kind in TOOLS},
    **{f"answers of {kind.provider}": partial(answers_of, kind) for kind in ASKED},
    **{f"payloads of {name}": partial(documented_calls, name) for name in OWN_NAMES},
    "calendars": calendars,
}
