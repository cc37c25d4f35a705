"""Whole days on which a salon closes: who is told what, when, and how often."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.bookings.booking import Status
from chalicelib.notices.notice import NoticeState
from chalicelib.outages.reported import outage_from_form, parse_outage_form
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.closings import NAMES, ClosingSalon, a_day, booked_at, business_body, outage_texts, told
from tests.fakes.salon import SALON, at, handle

CLOSED = "Salon Lind closed; opens again between 10:05 and 10:40."


def test_a_power_cut_tells_each_what_it_means_for_theirs() -> None:
    place, _ = a_day(*NAMES)
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40", since=at("09:10").isoformat())
    place.salon.until(at("13:00"))
    assert told(place) == [
        ("08:10", "early", "leave_by"),
        ("08:40", "first", "leave_by"),
        ("09:10", "first", "outage"),
        ("09:10", "middle", "outage"),
        ("10:40", "middle", "outage"),  # the word that was promised
        ("10:40", "late", "leave_by"),
    ]
    assert outage_texts(place, "first") == [f"{CLOSED} Thu 09:30 cannot take place, you need not come."]
    assert outage_texts(place, "middle") == [
        f"{CLOSED} Thu 10:30 may begin late: wait for our next text.",
        "Salon Lind: your Thu 10:30 could not begin on time. Before you set out, please call +12025550199",
    ]


def test_it_ends_early_and_those_who_were_told_otherwise_hear_that_theirs_takes_place() -> None:
    place, tickets = a_day("middle", "late")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    assert place.salon.ticket(tickets["middle"].ticket_id).leave_by is None
    place.salon.until(at("09:30"))
    place.opens()
    place.opens()
    place.salon.until(at("13:00"))
    assert told(place) == [
        ("09:10", "middle", "outage"), ("09:30", "middle", "outage"),
        ("09:40", "middle", "leave_by"), ("10:40", "late", "leave_by"),
    ]  # a table, read by rows # fmt: skip
    assert outage_texts(place, "middle")[1] == "Salon Lind: your Thu 10:30 takes place after all. Leave by 09:55."
    assert place.salon.ticket(tickets["middle"].ticket_id).status is TicketStatus.DONE


def test_when_it_ends_at_the_time_to_leave_one_text_says_both() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    place.salon.until(at("09:50"))
    place.opens()
    place.salon.until(at("13:00"))
    assert told(place) == [("09:10", "middle", "outage"), ("09:50", "middle", "outage")]
    assert outage_texts(place, "middle")[1] == (
        "Salon Lind: your Thu 10:30 takes place after all. Leave by 09:55, Bus 12 10:00 at Old Mill, there 10:25."
    )


def test_when_it_ends_too_late_to_be_on_time_the_honest_arrival_is_said_to_both() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    place.salon.until(at("10:11"))
    place.opens()
    place.salon.until(at("13:00"))
    assert outage_texts(place, "middle")[1].startswith(
        "Salon Lind: your Thu 10:30 takes place after all; 25 min late, there 10:55. Leave by 10:25. +1202555"
    )
    assert ("10:11", SALON.phone, "customer_late") in told(place)
    assert [kind for _, who, kind in told(place) if who == "middle"] == ["outage", "outage"]


def test_another_range_is_told_only_when_the_told_one_is_left() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    for back_from, back_until in (("10:05", "10:40"), ("10:10", "10:35"), ("10:20", "10:40")):
        place.salon.until(place.salon.now.replace(second=0))
        place.closes(back_from, back_until)
    assert len(outage_texts(place, "middle")) == 1
    place.closes("11:00", "11:30")
    place.closes("11:05", "11:25")
    assert outage_texts(place, "middle")[1:] == [
        "Salon Lind closed; opens again between 11:00 and 11:30. Thu 10:30 cannot take place, please do not set out."
    ]
    place.closes("09:50", "10:20")
    assert len(outage_texts(place, "middle")) == 3
    assert outage_texts(place, "middle")[2] == "Salon Lind: your Thu 10:30 takes place after all. Leave by 09:55."


def test_who_is_told_to_leave_hears_at_once_and_is_not_sent_out_again_until_it_is_over() -> None:
    place, tickets = a_day("middle")
    place.salon.until(at("09:45"))
    assert told(place)[-1] == ("09:40", "middle", "leave_by")
    place.closes("12:00", "12:30")
    assert place.salon.ticket(tickets["middle"].ticket_id).status is TicketStatus.PLANNED
    place.salon.until(at("13:00"))
    assert told(place)[-1] == ("09:45", "middle", "outage")
    assert outage_texts(place, "middle") == [
        "Salon Lind closed; opens again between 12:00 and 12:30. Thu 10:30 cannot take place, please do not set out."
    ]


def test_who_is_under_way_to_a_visit_that_may_begin_late_goes_on() -> None:
    place, tickets = a_day("middle")
    place.salon.until(at("10:00"))
    place.closes("10:20", "10:50")
    place.salon.until(at("10:10"))
    assert place.salon.ticket(tickets["middle"].ticket_id).status is TicketStatus.UNDER_WAY
    assert outage_texts(place, "middle") == [
        "Salon Lind closed; opens again between 10:20 and 10:50. Thu 10:30 may begin late, you may have to wait."
    ]


def test_a_booking_made_meanwhile_is_answered_by_the_one_text_that_matters() -> None:
    place, _ = a_day()
    place.closes("10:05", "10:40")
    place.salon.book(booked_at("middle"))
    place.salon.book(booked_at("late"))
    place.salon.until(at("10:00"))
    assert told(place) == [("08:00", "middle", "outage"), ("08:00", "late", "booked")]
    assert "Reply STOP" not in outage_texts(place, "middle")[0], "what it means comes first; the link says the rest"


def the_night_before(name: str) -> ClosingSalon:
    """At 22:00 the operator says that tomorrow they open late."""
    place = ClosingSalon()
    place.salon.book(booked_at(name))
    place.salon.until(at("2 22:00"))
    place.closes("10:55", "11:20", since=at("3 08:30").isoformat())
    return place


def test_a_closing_of_tomorrow_is_told_with_its_day_and_not_in_the_night() -> None:
    place = the_night_before("middle")
    place.salon.until(at("3 09:00"))
    assert told(place) == [("08:00", "middle", "outage")]
    assert outage_texts(place, "middle") == [
        "Salon Lind closed from Thu 08:30; opens again between Thu 10:55 and Thu 11:20. Thu 10:30 cannot take place."
    ]


def test_what_was_taken_back_before_anybody_heard_of_it_is_never_heard_of() -> None:
    place = the_night_before("middle")
    place.salon.until(at("2 23:00"))
    place.opens()
    place.salon.until(at("3 09:25"))
    assert told(place) == [("09:00", "middle", "on_the_day")]
    held = [one for one in place.salon.notices() if one.kind == "outage"]
    assert [(one.state, one.reason) for one in held] == [(NoticeState.SUPPRESSED, "outage_over")]


def test_an_unplanned_visit_hears_the_same_without_any_way() -> None:
    place, _ = a_day("middle", origin=False)
    place.closes("10:05", "10:40")
    place.salon.until(at("09:00"))
    place.opens()
    assert outage_texts(place, "middle")[1] == "Salon Lind: your Thu 10:30 takes place after all."


def test_moved_out_of_the_closing_the_move_says_all_and_moved_into_it_both_are_said() -> None:
    place, _ = a_day("middle")
    place.closes("10:05", "10:40")
    place.salon.book(replace(booked_at("middle"), start=at("14:00"), end=at("15:00"), version=2))
    assert [kind for _, _, kind in told(place)] == ["outage", "moved"]
    place.opens()
    assert [kind for _, _, kind in told(place)] == ["outage", "moved"], "nothing was told that is different now"
    place.closes("10:05", "10:40")
    place.salon.book(replace(booked_at("middle"), start=at("09:00"), end=at("10:00"), version=3))
    assert [kind for _, _, kind in told(place)] == ["outage", "moved", "moved", "outage"]


def test_nobody_else_hears_of_it() -> None:
    empty = ClosingSalon()
    empty.closes("1 12:05", "1 12:40")
    assert empty.salon.notices() == []
    place, _ = a_day("first", "late")
    place.salon.book(replace(booked_at("first"), status=Status.CANCELLED, version=2))
    place.closes("10:05", "10:40")
    assert [one for one in told(place) if one[2] == "outage"] == []
    other = ClosingSalon(business_id="other")
    other.config.put_business("salon", business_body(), other.salon.now)
    other.know()
    other.salon.book(booked_at("first"))
    other.salon.until(at("08:00"))
    other.closes("10:05", "10:40")
    assert outage_texts(other, "first") == []


def test_a_business_that_wants_no_such_notices_still_sends_nobody_out() -> None:
    place, tickets = a_day("middle")
    place.config.put_business("salon", business_body(notices={"outage": False}), place.salon.now)
    place.closes("10:05", "10:40")
    place.salon.until(at("10:00"))
    assert told(place) == []
    assert place.salon.ticket(tickets["middle"].ticket_id).plan_note == "business_closed"


def test_configuring_the_business_anew_keeps_its_outages() -> None:
    place, _ = a_day("middle")
    place.closes("10:05", "10:40")
    place.config.put_business("salon", business_body(name="Salon Lind & Co"), place.salon.now)
    place.know()
    assert place.salon.business
    assert [one.outage_id for one in place.salon.business.outages] == ["o1"]


def test_a_crash_between_storing_and_telling_loses_nothing() -> None:
    """The first message is sent before the outage is stored; it alone is enough."""
    place, _ = a_day("middle")
    place.closes("10:05", "10:40", outage_id="gone")  # whatever was before
    place.opens("gone")
    place.salon.clock.advance(minutes=61)  # a closing that is back sooner has to last before it is told
    place.salon.queues.messages["tickets"].clear()
    calm = len(outage_texts(place, "middle"))
    body = {"back_from": at("11:05").isoformat(), "back_until": at("11:40").isoformat()}

    form, now = parse_outage_form("o2", body), place.salon.now
    place.outages.change("salon", "o2", lambda known: outage_from_form(known, "salon", "o2", form, now), now)
    place.know()
    messages = place.salon.queues.take("tickets")
    handle(place.salon.services, messages[0], now)
    place.salon.work()
    assert len(outage_texts(place, "middle")) == calm + 1
    handle(place.salon.services, messages[0], now)
    place.salon.work()
    assert len(outage_texts(place, "middle")) == calm + 1
