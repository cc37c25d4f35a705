"""Many tickets at once: the exact answer of each, as `planner.plan` with one itinerary gives it.

Tickets share scans (`shared_scans`). What does not change between updates (who walks where, which tickets share a lane)
is prepared once: make a `Batch`, let it `learn` from its first answers, and ask it again under each new condition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.walking import CROW_FLY
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.network import NEVER
from chalicelib.transit.search.paths import Path
from chalicelib.transit.search.shared_scans import SharedScans, TicketQuestions, WalkCache, pad_rides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Itinerary, Request
    from chalicelib.transit.search.network import Network

    Ints = NDArray[Any]

# walk to it begins (after the ride before, or leaving), `next` when what follows begins (departure, or arriving)
LEG = np.dtype(
    [
        (name, np.int32)
        for name in ("ticket", "run", "board", "alight", "from_stop", "to_stop", "ready", "departs", "arrives", "next")
    ]
)


class Answers:
    """Numbers for every ticket, put in places and dates on demand. Nothing leads there: `found` is False."""

    def __init__(self, network: Network, requests: Sequence[Request], numbers: Ints, rides: Ints) -> None:
        self.network = network
        self._requests = requests
        self.leave = numbers[:, 0]  # seconds from the day's origin
        self.arrive = numbers[:, 1]
        self.count = numbers[:, 2]  # rides; 0: on foot all the way
        self.rides = rides  # [tickets, most rides, 2]: the calls at which one boards and alights
        self.found = self.leave < NEVER

    def __len__(self) -> int:
        return len(self.leave)

    def path(self, ticket: int) -> Path | None:
        """One answer in bare numbers."""
        if not self.found[ticket]:
            return None
        rides = self.rides[ticket, : self.count[ticket]].tolist()
        return Path(int(self.leave[ticket]), int(self.arrive[ticket]), tuple((a, b) for a, b in rides))

    def itinerary(self, ticket: int) -> Itinerary | None:
        """One answer with its legs; None: nothing leads there."""
        path = self.path(ticket)
        return ItineraryBuilder(self.network).itinerary(path, self._requests[ticket]) if path else None

    def legs(self, tickets: Ints) -> Ints:
        """All legs of these tickets' answers, a row each in order of travel (`LEG`); no objects are made."""
        running, wide = self.network.running, self.rides.shape[1]
        real = np.arange(wide)[None, :] < self.count[tickets][:, None]
        of, place = np.nonzero(real)
        calls = self.rides[tickets[of], place]
        legs = np.empty(len(of), LEG)
        legs["ticket"], legs["board"], legs["alight"] = tickets[of], calls[:, 0], calls[:, 1]
        legs["run"] = np.searchsorted(running.first, calls[:, 0], "right") - 1
        legs["from_stop"], legs["to_stop"] = running.stop[calls[:, 0]], running.stop[calls[:, 1]]
        legs["departs"], legs["arrives"] = running.departs[calls[:, 0]], running.arrives[calls[:, 1]]
        first, last = place == 0, place == self.count[tickets][of] - 1
        before, after = np.roll(legs["arrives"], 1), np.roll(legs["departs"], -1)
        legs["ready"] = np.where(first, self.leave[tickets][of], before)
        legs["next"] = np.where(last, self.arrive[tickets][of], after)
        return legs

    def changes_since(self, before: Answers) -> Ints:
        """The tickets whose answer is another than before: in time, in a ride, or in when a ride departs or arrives."""
        differ = (self.leave != before.leave) | (self.arrive != before.arrive) | (self.count != before.count)
        wide = max(self.rides.shape[1], before.rides.shape[1])
        ours, theirs = (pad_rides(answers.rides, wide) for answers in (self, before))
        differ |= (ours != theirs).any(axis=(1, 2))
        now, then = self.network.running, before.network.running
        same = np.flatnonzero(~differ & self.found & (self.count > 0))
        if now is not then and len(same):
            real = np.arange(wide)[None, :] < self.count[same][:, None]
            board, alight = np.where(real, ours[same, :, 0], 0), np.where(real, ours[same, :, 1], 0)
            moved = (now.departs[board] != then.departs[board]) | (now.arrives[alight] != then.arrives[alight])
            differ[same] |= (moved & real).any(axis=1)
        return np.flatnonzero(differ)


class Batch:
    """Tickets prepared for one timetable. Raises `UnknownStop`."""

    def __init__(self, requests: Sequence[Request], network: Network, walking: Walking = CROW_FLY) -> None:
        self.requests = requests
        by, at = ([i for i, r in enumerate(requests) if (r.arrive_by is not None) == by] for by in (True, False))
        walks = WalkCache(network, walking)
        self._directions = [
            SharedScans(network, TicketQuestions(network, requests, index, walks)) for index in (by, at) if index
        ]

    def learn(self, answers: Answers) -> None:
        """From now on tickets that travel about as long share scans: the same answers, found sooner."""
        for at, scans in enumerate(self._directions):
            asked = scans.asked
            first = -answers.leave if asked.backward else answers.arrive
            asked.far = np.where(answers.found, first, NEVER)[asked.index] - asked.time
            self._directions[at] = SharedScans(answers.network, asked)

    def answers(self, network: Network) -> Answers:
        """The answers on the same timetable under whatever conditions `network` is."""
        numbers = np.full((len(self.requests), 3), NEVER, np.int64)
        rides = np.zeros((len(self.requests), 1, 2), np.int32)
        for scans in self._directions:
            index = scans.asked.index
            found, calls = scans.answers(network)
            numbers[index] = found
            rides = pad_rides(rides, max(rides.shape[1], calls.shape[1]))
            rides[index, : calls.shape[1]] = calls
        return Answers(network, self.requests, numbers, rides)


def plan_many(requests: Sequence[Request], network: Network, *, walking: Walking = CROW_FLY) -> Answers:
    """The exact answer to each request. Tickets that are asked about again and again: keep a `Batch`."""
    return Batch(requests, network, walking).answers(network)
