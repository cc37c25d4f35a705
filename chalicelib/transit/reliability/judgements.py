"""Every number of this sub-room that is a judgement about people or operators, with its unit and its reason.

What the learner believes before it has seen anything (its priors, how fast it learns) stands beside it, in `profile`
and `delays`. A number without a source is our judgement.
"""

from __future__ import annotations

# What somebody does when a vehicle is missed or late
NEXT_RUNS = 4  # later vehicles of the line that they would wait for
EARLIER_RUNS = 2  # earlier vehicles that may be so late that they come when somebody is there
BOARDING_SLACK_S = 0  # between a passage and who is at the stop: both are known to the minute at best
UNSEEN_WAIT_S = 1200  # a vehicle that nobody has seen is waited for until so long after its time

# Which itineraries are tried
EARLIER_MIN = (0, 3, 6, 10, 14, 19, 25, 32, 40)  # deadlines tried, before the real one: denser where most differ
PATIENT_CHANGE_S = (300, 600)  # changes that stand a late arrival: the latest departure alone has the tightest ones
PATIENT_EARLIER_MIN = (0, 6, 14)  # deadlines tried with those
CANDIDATE_SLACK_S = 1200  # how much earlier somebody would leave for a ride less
SPARE_MIN = (0, 1, 2, 3, 5, 8)  # at the first stop, before the vehicle is due: vehicles leave early too
ON_FOOT_SPARE_S = 60  # who walks all the way is to be there so long before the deadline

# What being on time is worth before somebody sets out
TARGET = 0.9  # share on time that a business wants unless it says otherwise: nine customers of ten
LATE_SHARE_LEAST = 0.01  # beyond a target of 99 % nothing grows any more
LATE_COSTS_MIN = 55.0  # what being late costs at TARGET: one case in ten of it is worth five to six minutes
DOUBLE_COST_LATE_S = 600  # nobody waits so long for a customer: being later than this costs twice as much

# Changing to another journey on the way
SWITCH_MIN = 4.0  # what another journey has to be worth more: what seems better amid a delay often is not
ON_TIME_WORTH_MIN = 60.0  # being on time is worth as much as arriving late by so much costs
BOARDING_SPARE_MIN = (0, 2, 5, 9)  # to spare at the next boarding
ALIGHT_SHARE = 0.7  # share of histories in which somebody is at the stop by the time that is planned with
WAIT_MAX_S = 2 * 3600  # journeys on that arrive later than this after now are not searched

# How soon operators tell what their vehicles did
REPORT_LAG_S = 75  # a passage may take so long to be published: until then "not seen" says little
UNSEEN_LAG_S = 120  # the same for a vehicle of which nothing was ever heard
NEXT_LAG_S = 20  # the same for the next call of a vehicle that is watched: it is late by then
SEEN_BY_S = 600  # after its planned start even a late vehicle has mostly been seen somewhere
# a call of which fewer passages are seen than this share of those at the line's most seen call is not reported: "not
# seen" says nothing there. Known once so many were seen at that one
REPORTED_SHARE, REPORTED_KNOWN = 0.4, 5.0
SILENT_AT_END_S, LAST_CALLS = 120.0, 3  # overdue by more at one of the last calls of the run, it has arrived unseen

# What is expected where little is known
OVERDUE_S, OVERDUE_SHARE = 150.0, 0.3  # mean further wait for a vehicle later than anything learned: least, and growth
FULL_DOUBT_MIN = 30.0  # so far ahead the doubt about a line's profile counts in full
