"""Reading back from tools whose lists we do not know well: a list only says whom to ask about.

Rules
- What is listed as we know it is left alone; what is new or differs, and what we know and the list does not hold, is
  asked for one by one, as a call of the tool would have it (`ALONE_MAX` in one reading, the soonest first).
- Only the tool's own "there is no such appointment" cancels. Where it lists nothing and knows none of several that we
  know, it is asked about the wrong account, or at a wrong address: that is parked, not believed.
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

ALONE_MAX = 200

Listed = dict[str, "tuple[datetime | None, Status | None]"]
"""Appointments that are not cancelled: the tool's uid → start and status, None where the list does not say."""


def compare(listed: Listed, context: Context, alone: Callable[[str], Report]) -> Reading:
    """What differs from what we know. `alone` asks about one appointment; it raises `Gone`, `Parked`."""
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
    """The items at `path` of all pages. `page(None)` is the first; `next_of(page, number)` says what to ask for next.

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
