"""Tickets as documents."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.tickets.documents import Forward, forward_write, ticket_or_forward, ticket_write, to_document
from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.origin import at_stop
from chalicelib.tickets.promised_itinerary import boardings_of
from chalicelib.tickets.repository import Tickets
from chalicelib.tickets.ticket import Aboard, Promise, Ticket, TicketStatus, Underway
from chalicelib.tickets.ticket_json import to_json
from chalicelib.transit.itinerary import Place
from tests.fakes.memory import ManualClock, MemoryDocuments
from tests.fakes.salon import ADA, HOME, SALON, START, Town, at, booking, plan_ticket

NOW = at("3 09:00")


def ticket() -> Ticket:
    """With everything that a ticket can have."""
    made = new_ticket(booking(), ADA, SALON, NOW, Link("abcdefghijkl", "secret000001"))
    assert made
    full = plan_ticket(replace(made, origin=HOME), SALON, Town(), NOW)
    promise = Promise(
        START, full.leave_by, full.arrive_at, ("booked", "leave_by"), full.itineraries[0], NOW, 1, 2, None, 0.8
    )
    ride = Aboard("t1400", "mill", at("14:00"), "bridge", at("14:20"))
    return replace(
        full,
        promise=promise,
        decision=3,
        next_check_at=at("13:35"),
        observed_at=NOW,
        on_time_probability=0.9,
        updated_at=NOW,
        version=4,
        confirmed=False,
        late_probability=0.05,
        underway=Underway(0, at("14:01"), ride),
        address="From the Ferry",
        address_open=True,
        origin_assumed=True,
    )


def stored(what: Ticket) -> Tickets:
    documents = MemoryDocuments(ManualClock(NOW))
    documents.write(ticket_write(replace(what, version=1), None))
    return Tickets(documents)


def test_a_stop_stored_before_its_minutes_were_asked_for_is_three_minutes_away() -> None:
    mill = Place("Old Mill", 48.2, 16.3, "mill")
    document = to_document(replace(ticket(), origin=mill))
    assert "minutes" not in document["location"]["origin"]
    assert ticket_or_forward(document, NOW) == replace(ticket(), origin=at_stop(mill, 3))
    at_the_stop = replace(ticket(), origin=at_stop(mill, 0))
    assert ticket_or_forward(to_document(at_the_stop), NOW) == at_the_stop


def test_a_ticket_comes_back_as_it_went_also_through_json() -> None:
    document = json.loads(json.dumps(to_document(ticket())))
    assert ticket_or_forward(document, NOW) == ticket()


def test_the_keys_of_the_indexes_are_there_and_only_where_they_are_wanted() -> None:
    document = to_document(ticket())
    assert document["next_look_at"] == "2026-09-03T11:35:00Z"
    assert document["business_day"] == "salon#2026-09-03"
    assert document["feed_part"][:-1] == "town#2026-09-03#"
    asleep = to_document(replace(ticket(), next_check_at=None))
    assert (asleep["due_shard"], asleep["next_look_at"]) == (None, None)


def test_where_the_customer_was_cannot_be_read_a_day_after_the_visit() -> None:
    document = to_document(ticket())
    day_after = ticket().end + timedelta(hours=24)
    early, late = ticket_or_forward(document, day_after - timedelta(seconds=1)), ticket_or_forward(document, day_after)
    assert isinstance(early, Ticket)
    assert early.origin == HOME
    assert isinstance(late, Ticket)
    assert (late.origin, late.itineraries, late.leave_by, late.promise.itinerary) == (None, (), None, None)
    assert late.underway is None


def test_what_is_forgotten_is_not_stored_any_more() -> None:
    late = ticket_or_forward(to_document(ticket()), ticket().end + timedelta(hours=24))
    assert isinstance(late, Ticket)
    text = json.dumps(to_document(late))
    assert "48.2211" not in text
    assert "Old Mill" not in text
    assert "Ferry" not in text
    assert "t1400" not in text


def test_a_document_that_an_older_version_wrote_is_read_in_full_and_written_as_it_was() -> None:
    """`stored_ticket.json` is a customer aboard a replanned bus, as stored before the code had its present names."""
    stored_then = json.loads((Path(__file__).parent / "stored_ticket.json").read_text())
    read = ticket_or_forward(stored_then, datetime(2025, 3, 11, 8, 14, tzinfo=UTC))
    assert isinstance(read, Ticket)
    promise, (itinerary,) = read.promise, read.itineraries
    assert (read.token, read.version, read.status) == ("7x3kq2mfa5bdQ0fZ8sLw3TbN", 7, TicketStatus.UNDER_WAY)
    assert (read.on_time_probability, read.late_probability, read.decision) == (0.765625, 0.2265625, 3)
    assert (read.address, read.address_open, read.origin_assumed) == ("Home Road 1", False, True)
    assert read.next_check_at == datetime(2025, 3, 11, 8, 20, tzinfo=UTC)
    assert read.underway
    assert read.underway.aboard
    assert (read.underway.stage, read.underway.aboard.trip_id, read.underway.aboard.alight_stop) == (0, "r", "B")
    assert promise.told_kinds == ("booked", "leave_by", "replan")
    assert (promise.texts, promise.void_before_decision, promise.probability) == (2, 3, 0.765625)
    assert boardings_of(itinerary) == (("r", "A"), ("t", "B"))
    assert promise.itinerary == itinerary
    assert [(one.outage_id, one.effect, one.decision) for one in promise.outages] == [("o1", "uncertain", 2)]
    written = to_document(read)
    for part in ("ticket", "location", "promise"):
        assert stored_then.pop(part).items() <= written[part].items()
    assert stored_then.pop("feed_day") == written["feed_part"][:-2], "the index of its feed has parts since"
    assert stored_then.pop("due_shard")[:-1] == written["due_shard"][:-1], "an hour has more parts since"
    assert stored_then.items() <= written.items()


def test_documents_from_before_chances_were_followed_are_still_read() -> None:
    document = to_document(ticket())
    del document["ticket"]["late_probability"], document["location"]["underway"], document["promise"]["probability"]
    old = ticket_or_forward(document, NOW)
    assert isinstance(old, Ticket)
    assert (old.late_probability, old.underway, old.promise.probability) == (None, None, None)


def test_a_ticket_expires_thirty_days_after_the_visit() -> None:
    assert to_document(ticket())["expires_at"] == (ticket().end + timedelta(days=30)).timestamp()


def test_a_link_opens_its_ticket_and_no_other() -> None:
    tickets = stored(ticket())
    assert tickets.by_token("abcdefghijklsecret000001", NOW)
    for wrong in ("abcdefghijklsecret000002", "abcdefghijkmsecret000001", "abcdefghijkl", "", "ä" * 24, "x" * 5000):
        assert tickets.by_token(wrong, NOW) is None


def test_a_guess_that_equals_what_stands_in_for_a_missing_secret_opens_nothing() -> None:
    tickets = stored(ticket())
    for guess in ("x" * 24, "abcdefghijkl" + "x" * 12):
        assert tickets.by_token(guess, NOW) is None


def test_a_forwarded_link_opens_the_ticket_that_it_leads_to() -> None:
    tickets = stored(ticket())
    tickets.documents.write(forward_write(Forward("aaaaaaaaaaaa", "abcdefghijkl", "secret000009", 2**40, 1), None))
    found = tickets.by_token("aaaaaaaaaaaasecret000009", NOW)
    assert found
    assert found.ticket_id == "abcdefghijkl"
    assert tickets.by_token("aaaaaaaaaaaasecret000001", NOW) is None


def test_a_forward_that_never_had_a_link_opens_nothing() -> None:
    tickets = stored(ticket())
    tickets.documents.write(forward_write(Forward("aaaaaaaaaaaa", "abcdefghijkl", "", 2**40, 1), None))
    assert tickets.by_token("aaaaaaaaaaaa" + "x" * 12, NOW) is None
    assert tickets.load("aaaaaaaaaaaa", NOW)


def test_forwards_in_a_circle_lead_nowhere() -> None:
    tickets = stored(ticket())
    for key, to in (("aaaaaaaaaaaa", "bbbbbbbbbbbb"), ("bbbbbbbbbbbb", "aaaaaaaaaaaa")):
        tickets.documents.write(forward_write(Forward(key, to, "secret000009", 2**40, 1), None))
    assert tickets.load("aaaaaaaaaaaa", NOW) is None
    assert tickets.by_token("aaaaaaaaaaaasecret000009", NOW) is None


def test_the_contracts_json_is_in_the_venues_zone_and_holds_nobodys_address() -> None:
    shown = to_json(ticket(), NOW + timedelta(seconds=90))
    assert shown["start"] == "2026-09-03T14:30:00+02:00"
    assert shown["leave_by"] == "2026-09-03T13:55:00+02:00"
    assert (shown["token"], shown["status"]) == ("abcdefghijklsecret000001", "planned")
    assert (shown["live_data_age_s"], shown["on_time_probability"]) == (90, 0.9)
    assert shown["customer"] == {"name": "Ada Example"}
    assert "+12025550123" not in json.dumps(shown)


def test_all_times_of_a_ticket_are_on_the_venues_clock() -> None:
    far = replace(ticket(), timezone="America/New_York")
    shown = to_json(far, NOW)
    offset = shown["start"][-6:]
    assert offset in {"-04:00", "-05:00"}
    (first, *_) = shown["options"]
    times = [first["leave_at"], first["arrive_at"]]
    times += [leg[name] for leg in first["legs"] for name in leg if name.endswith(("departs", "arrives"))]
    assert {time[-6:] for time in times} == {offset}
    assert datetime.fromisoformat(first["leave_at"]) == far.itineraries[0].leave_at
