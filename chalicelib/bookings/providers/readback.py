"""Reading back from tools whose lists are not documented well: a list only gives the uids to ask about.

Rules
- A booking that is listed as it is known is left alone. What is new or differs, and what is known but not listed, is
  asked for one by one, as after a call of the tool (`ALONE_MAX` in one reading, the soonest first).
- Only the tool's own "there is no such appointment" cancels. Where it has lost several at once and half of what was
  coming, it may be asked about a wrong account or at a wrong address: that is doubted (`absence`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import LIST_PAGES_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.absence import is_suspicious, require_confirmation
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Gone, Parked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from chalicelib.bookings.providers.contract import Context, Reading

ALONE_MAX = 200  # appointments that are asked for one by one in one reading

Listed = dict[str, "tuple[datetime | None, Status | None]"]
"""Appointments that are not cancelled: the tool's uid → start and status, None where the list does not hold them."""


def compare(listed: Listed, context: Context, alone: Callable[[str], Report]) -> Reading:
    """Reports of what differs from what is known. `alone` asks about one appointment; it raises `Gone`, `Parked`."""
    known = {one.uid: (one.start, one.status) for one in context.coming_bookings()}
    starts = {uid: start for uid, (start, _) in {**known, **listed}.items() if start}
    open_ones = [uid for uid in {**listed, **known} if uid not in known or listed.get(uid) != known[uid]]
    asked = sorted(open_ones, key=lambda one: (str(starts.get(one, "")), one))[:ALONE_MAX]
    source = "the tool lists nothing and" if not listed else "the tool"
    return ask_each(asked, alone, context, source)


def ask_each(
    uids: Iterable[str], alone: Callable[[str], Report], context: Context, source: str = "the tool"
) -> Reading:
    """What `alone` answers about each uid; `Gone` is a cancel. Raises `Doubted` where too many are gone at once."""
    collected = Collected("uid")
    gone: list[str] = []

    def ask(item: dict[str, str]) -> Report:
        try:
            return alone(item["uid"])
        except Gone:
            gone.append(item["uid"])
            return Report(item["uid"], reading.stamp(context.now), Status.CANCELLED)

    collected.add_all(ask, [{"uid": uid} for uid in uids])
    known = set(context.coming_uids())
    lost = sorted(known.intersection(gone))
    if is_suspicious(len(lost), len(known)):
        left = f"none of {len(lost)}" if len(lost) == len(known) else f"{len(known) - len(lost)} of {len(known)}"
        reason = f"{source} knows {left} coming appointments: is it the right account?"
        require_confirmation(reason, lost, context.now, context.cursor)
    return replace(collected.reading({"doubt": None}), is_whole=True)


def pages(page: Callable[[Any], Any], path: str, next_of: Callable[[Any, int], Any]) -> Iterator[Any]:
    """The items at `path` of all pages. `page(None)` is the first; `next_of(page, number)` is the mark of the next.

    Parks on a list that does not end, or gives the same page again.
    """
    mark: Any = None
    before: Any = None
    for number in range(1, LIST_PAGES_MAX + 1):
        answer = page(mark)
        items = reading.at(answer, path)
        if not isinstance(items, list):
            raise Parked(f"{path} is missing in the tool's list")
        if items and items == before:
            raise Parked("the tool's list gives the same page again")
        yield from items
        mark, before = next_of(answer, number), items
        if not mark or not items:
            return
    raise Parked(f"the tool's list has more than {LIST_PAGES_MAX} pages")
