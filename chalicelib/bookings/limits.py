"""Numbers that are judgements and hold for every booking tool. A limit that one module needs stands in that module."""

from __future__ import annotations

from datetime import timedelta

HORIZON = timedelta(days=60)
"""How far ahead bookings are read back, compared, and expanded from series. Few are made earlier, and no ticket plans a
journey before its timetable exists; what lies beyond comes in sight day by day. (Square lists a month at most.)"""

LONGEST_APPOINTMENT = timedelta(days=31)
"""What claims to last longer is a mistake (a wrong year or month), and is parked."""

LONGEST_APPOINTMENT_MIN = int(LONGEST_APPOINTMENT.total_seconds()) // 60

ATTENDEES_MAX = 500
"""Of one appointment. Each gets a ticket of their own; a webinar with thousands is no visit to a business."""

LIST_PAGES_MAX = 50
"""Pages of a tool's list of bookings that are read: thousands of bookings. A list that is longer does not end."""

CHANGE_PAGES_MAX = 100
"""Pages of a calendar's changes that are read: besides appointments they hold everything else in the calendar."""
