"""Reading back from tools whose lists are not documented well: a list only gives the uids to ask about.

Rules
- A booking that is listed as it is known is left alone. What is new or differs, and what is known but not listed, is
  asked for one by one, as after a call of the tool (`ALONE_MAX` in one reading, the soonest first).
- Only the tool's own "there is no such appointment" cancels. Where it lists nothing and has none of several coming
  bookings, it is asked about a wrong account or at a wrong address: that is parked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import LIST_PAGES_MAX, MISSING_TOGETHER_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Gone, Parked, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from chalicelib.bookings.providers.contract import Context

ALONE_MAX = 200  # appointments that are asked for one by one in one reading

Listed = dict[str, "tuple[datetime | None, Status | None]"]
"""Appointments that are not cancelled: the tool's uid → start and status, None where the list does not hold them."""


def compare(listed: Listed, context: Context, alone: Callable[[str], Report]) -> Reading:
    """Reports of what differs from what is known. `alone` asks about one appointment; it raises `Gone`, `Parked`."""
    known = {one.uid: (one.start, one.status) for one in context.coming_bookings()}
    starts = {uid: start for uid, (start, _) in {**known, **listed}.items() if start}
    open_ones = [uid for uid in {**listed, **known} if uid not in known or listed.get(uid) != known[uid]]
    found: list[Report] = []
    unread: list[str] = []
    gone = 0
    for uid in sorted(open_ones, key=lambda one: (str(starts.get(one, "")), one))[:ALONE_MAX]:
        try:
            found.append(alone(uid))
        except Gone:
            gone += 1
            found.append(Report(uid, reading.stamp(context.now), Status.CANCELLED))
        except Parked as reason:
            unread.append(str(reason))
    if not listed and gone > MISSING_TOGETHER_MAX and gone == len(known):
        raise Parked(f"the tool lists nothing and knows none of {gone} coming appointments: is it the right account?")
    return Reading(tuple(found), tuple(unread))


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
