"""Every number of this sub-room that is a judgement, and the price of a path made from them.

A path costs the minutes it takes, and on top of them what makes it worse to a sensible person, in minutes. A number
without a source is our judgement.
"""

from __future__ import annotations

# What is asked for unless the caller says otherwise
ITINERARIES_MAX = 4  # more are not compared on a telephone
CHANGE_S = 60  # the least time to change where transfers.txt says nothing: across a platform

# The price
WALK_EXTRA_PER_MIN = 0.6  # a minute on foot is worth so much more than a minute in a seat
CHANGE_MIN = 5.0  # getting off, finding the stop, and the risk
TIGHT_PER_MIN = 1.5  # per minute that a change has less than EASY_S beyond what it takes
EASY_S = 240
ORDER_MIN = 40.0  # a ride that runs only for those who phone before: whoever forgets stands there
ALTERNATIVE_MAX_MIN = 45.0  # an alternative that costs so much more than the best is none

# Which paths are one at all
# Nobody comes half a day before an appointment: what is there earlier than this (the last bus of the evening before,
# the only one of the week) is no way to it. Three hours are the long gap of a rural timetable
EARLY_MAX_S = 3 * 3600

# Which paths are tried
FEWER_RIDES_SLACK_S = 1800  # how much earlier somebody would leave (or later arrive) for a change less
SLOW_ON_FOOT = 2.5  # the factor by which "slow" walks in the search for paths with less walking
WORTH_SAVING_S = 300  # a path with less walking is searched if the best one walks more than this
ROUNDS = 3  # earlier (later) answers that are searched

AT_STOP_M = 3.0  # nearer than this one stands at the stop: what transfers.txt says about it wins over the distance


def price_min(rides: int, lost_s: int, walked_s: int, spare_s: list[int]) -> float:
    """Minutes. `lost_s`: the time that it takes from one's day; `spare_s`: what each change has beyond its least."""
    tight_s = sum(max(EASY_S - spare, 0) for spare in spare_s)
    changes = max(rides - 1, 0) * CHANGE_MIN
    return lost_s / 60 + walked_s / 60 * WALK_EXTRA_PER_MIN + changes + tight_s / 60 * TIGHT_PER_MIN
