"""Service days made ready for tickets: their networks, their calls, and what was searched in them. A few are kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from chalicelib.tickets.replanning.recheck import CallFinder
from chalicelib.transit.reliability.itinerary_rating import question_for
from chalicelib.transit.search.network import Network

if TYPE_CHECKING:
    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Request
    from chalicelib.transit.reliability.itinerary_rating import Question

QUESTIONS_MAX = 2048  # some kilobytes each, in memory only
PREPARED_DAYS_MAX = 4  # a feed's today and tomorrow, for two change times


class PreparedDay:
    """One timetable with one least time to change."""

    def __init__(self, timetable: Timetable, change_s: int) -> None:
        self.timetable, self.change_s = timetable, change_s
        self.planned = Network(timetable, change_s)
        self.calls = CallFinder(timetable)
        self._changed: tuple[Conditions, Network] | None = None
        self._questions: OrderedDict[tuple[Request, Walking], Question] = OrderedDict()

    def under(self, conditions: Conditions | None) -> Network:
        """The network under these conditions; the last one is kept, for a batch of tickets asks for the same."""
        if conditions is None:
            return self.planned
        if self._changed is None or self._changed[0] is not conditions:
            self._changed = (conditions, self.planned.under(conditions))
        return self._changed[1]

    def question(self, request: Request, walking: Walking) -> Question:
        """The paths that an answer to this request is chosen from. Who asks again soon is spared the search.

        Raises `walking.UnknownStop`.
        """
        key = (request, walking)
        if key not in self._questions:
            self._questions[key] = question_for(request, self.planned, walking)
            while len(self._questions) > QUESTIONS_MAX:
                self._questions.popitem(last=False)
        self._questions.move_to_end(key)
        return self._questions[key]


class PreparedDays:
    """The days used last, by (feed, date, least time to change)."""

    def __init__(self) -> None:
        self._days: OrderedDict[tuple[str, str, int], PreparedDay] = OrderedDict()

    def of(self, feed_id: str, date: str, change_s: int, timetable: Timetable) -> PreparedDay:
        """This timetable made ready, unless it is already."""
        key = (feed_id, date, change_s)
        kept = self._days.get(key)
        if kept is None or kept.timetable is not timetable:
            kept = self._days[key] = PreparedDay(timetable, change_s)
        self._days.move_to_end(key)
        while len(self._days) > PREPARED_DAYS_MAX:
            self._days.popitem(last=False)
        return kept
