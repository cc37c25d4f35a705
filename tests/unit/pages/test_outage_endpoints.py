"""The operator's endpoints for outages through the real app, and what the customer's link says meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import wiring
from chalicelib.outages.outage import Outage, What
from chalicelib.outages.store import OPEN_OUTAGES_MAX
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes import lindenau
from tests.fakes.lindenau import START, Lindenau
from tests.fakes.openapi import check_answer, validator
from tests.fakes.reading import Reading, read
from tests.fakes.visits import SALON, at, planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chalicelib.bookings.business import Business
    from infra.local.http import Gateway

KEY = "the-admin-key"
PATH = "/admin/businesses/salon/outages"


def clock(hours: float) -> str:
    """An instant that many hours after the visit's start."""
    return (START + timedelta(hours=hours)).isoformat()


GOOD = {"back_from": clock(-0.25), "back_until": clock(0.5)}


@dataclass
class Operator:
    """Whoever knows the admin key."""

    gateway: Gateway
    town: Lindenau

    def ask(self, method: str, path: str, body: Any = None, key: str = KEY) -> tuple[int, Any]:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"Host": "hub.example.com", "Authorization": f"Bearer {key}"}
        status, _, answer = self.gateway.answer(method, path, headers, raw)
        check_answer(method, path, status, answer)
        return status, json.loads(answer) if answer.startswith(b"{") else answer

    def put(self, outage_id: str = "o1", **body: Any) -> tuple[int, Any]:
        return self.ask("PUT", f"{PATH}/{outage_id}", body)


@pytest.fixture(name="operator")
def _operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Gateway  # noqa: PLC0415 - as above

    monkeypatch.setenv("HUB_ADMIN_KEY", KEY)
    town = Lindenau.founded(tmp_path)
    town.hub.config.put_business("salon", lindenau.SALON, town.clock.now())
    wiring.install(town.hub)
    yield Operator(Gateway(app.app), town)
    wiring._installed.clear()  # noqa: SLF001 - gives the process back without a hub


def test_reported_listed_changed_and_ended(operator: Operator) -> None:
    status, made = operator.put(**GOOD, reason="power_cut", wrong=1)
    assert status == 200
    validator("Outage").validate(made)
    assert (made["open"], made["detected"], made["ignored"], made["reason"]) == (True, False, ["wrong"], "power_cut")
    assert made["since"] == operator.town.clock.now().astimezone(START.tzinfo).isoformat()
    again = operator.put(**GOOD)[1]
    assert (again["version"], again["reason"], again["since"]) == (1, "power_cut", made["since"])
    assert operator.put(**GOOD | {"back_until": clock(1)})[1]["version"] == 2
    listed = operator.ask("GET", PATH)[1]
    validator("Outages").validate(listed)
    assert [one["outage_id"] for one in listed["outages"]] == ["o1"]
    assert operator.ask("GET", "/admin/businesses/salon")[1]["outages"] == ["o1"]
    status, ended = operator.ask("DELETE", f"{PATH}/o1")
    assert (status, ended["open"]) == (200, False)
    assert operator.put(ended=True)[1] == ended
    assert operator.ask("GET", "/admin/businesses/salon")[1]["outages"] == []
    assert operator.put(**GOOD)[1]["open"] is True, "the same name may serve again"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "back_from and back_until are needed"),
        ({"back_from": clock(0)}, "back_from and back_until are needed"),
        ({"back_from": clock(1), "back_until": clock(0)}, "the other way round"),
        ({"back_from": clock(1), "back_until": clock(1)}, "a range of 5 minutes"),
        ({"back_from": clock(-8), "back_until": clock(-7)}, "in the past"),
        (GOOD | {"since": clock(2)}, "since is after back_from"),
        (GOOD | {"since": clock(-24 * 40)}, "days ago"),
        ({"since": clock(24 * 70), "back_from": clock(24 * 71), "back_until": clock(24 * 72)}, "days ahead"),
        (GOOD | {"back_until": clock(24 * 40)}, "more than 31 days"),
        (GOOD | {"back_until": "2026-09-03T15:00:00"}, "back_until: must say its offset"),
        (GOOD | {"back_until": "soon"}, "back_until: must be an instant"),
        (GOOD | {"back_until": 1788000000}, "back_until: must be an instant"),
        (GOOD | {"back_until": "0001-01-01T00:00:00+14:00"}, "back_until"),
        (GOOD | {"reason": "hangover"}, "reason: Input should be"),
        (GOOD | {"what": "weather"}, "what: Input should be"),
        (GOOD | {"connection_id": "nope"}, "has no connection nope"),
        (GOOD | {"connection_id": "a b"}, "connection_id"),
    ],
)
def test_what_cannot_be_is_refused_saying_why(operator: Operator, body: dict[str, Any], words: str) -> None:
    status, answer = operator.ask("PUT", f"{PATH}/o1", body)
    assert status == 400
    assert words in answer["error"]["message"]
    assert operator.ask("GET", PATH)[1] == {"outages": []}


def test_unknown_names_and_a_wrong_key(operator: Operator) -> None:
    assert operator.ask("PUT", "/admin/businesses/nobody/outages/o1", GOOD)[0] == 404
    assert operator.ask("GET", "/admin/businesses/nobody/outages")[0] == 404
    assert operator.ask("DELETE", f"{PATH}/never")[0] == 404
    assert operator.put("never", ended=True)[0] == 404
    assert operator.ask("PUT", f"{PATH}/{'x' * 65}", GOOD)[1]["error"]["code"] == "invalid_outage_id"
    for method, path in (("PUT", f"{PATH}/o1"), ("DELETE", f"{PATH}/o1"), ("GET", PATH)):
        assert operator.ask(method, path, GOOD if method == "PUT" else None, key="guess")[0] == 401


def test_a_business_has_only_so_many_at_once(operator: Operator) -> None:
    for number in range(OPEN_OUTAGES_MAX):
        assert operator.put(f"o{number}", **GOOD)[0] == 200
    status, answer = operator.put("one-more", **GOOD)
    assert (status, answer["error"]["code"]) == (400, "too_many_outages")


def test_what_the_hub_found_itself_ends_by_itself(operator: Operator) -> None:
    hub, now = operator.town.hub, operator.town.clock.now()
    later = (now + timedelta(hours=1), now + timedelta(hours=2))
    found = Outage("t1", "salon", What.BOOKING_TOOL, now, *later, connection_id="c", detected=True, opened_at=now)
    hub.outages.change("salon", "t1", lambda _: found, now)
    for method, body in (("DELETE", None), ("PUT", GOOD)):
        status, answer = operator.ask(method, f"{PATH}/t1", body)
        assert (status, answer["error"]["code"]) == (400, "detected_outage")


def test_the_link_says_at_once_what_it_means(operator: Operator) -> None:
    ticket = operator.town.book("closed")
    operator.put(**GOOD)
    ticket_json = operator.ask("GET", f"/t/{ticket.token}.json")[1]
    validator("Ticket").validate(ticket_json)
    assert (ticket_json["outage"]["effect"], ticket_json["plan_note"]) == ("uncertain", "business_closed")
    text = Reading.of(operator.ask("GET", f"/t/{ticket.token}")[1]).text
    assert "Salon Lind is closed; opens again between 14:15 and 15:00. Your appointment may begin late." in text
    operator.ask("DELETE", f"{PATH}/o1")
    assert operator.ask("GET", f"/t/{ticket.token}.json")[1]["outage"] is None
    assert "closed" not in Reading.of(operator.ask("GET", f"/t/{ticket.token}")[1]).text


def test_a_connection_names_what_concerns_it(operator: Operator) -> None:
    operator.ask("PUT", "/admin/businesses/salon/connections/cal", {"provider": "calcom", "secret": "choose-one"})
    operator.put(**GOOD)
    operator.put("o2", **GOOD, what="booking_tool", connection_id="cal")
    view = operator.ask("GET", "/admin/businesses/salon/connections/cal")[1]
    validator("ConnectionHealth").validate(view)
    assert [one["outage_id"] for one in view["outages"]] == ["o1", "o2"]


# --- a rehearsal ---


def notices_of(operator: Operator) -> set[tuple[str, str, str]]:
    found = operator.ask("GET", "/admin/businesses/salon/notices")[1]["notices"]
    return {(one["ticket_id"], one["kind"], one["text"]) for one in found}


def test_a_rehearsal_shows_what_the_report_then_does_and_changes_nothing(operator: Operator) -> None:
    tickets = [operator.town.book(name) for name in ("closed", "closed-too")]
    before = notices_of(operator)
    status, shown = operator.ask("POST", f"{PATH}/o1/rehearsal", GOOD)
    assert status == 200
    validator("Rehearsal").validate(shown)
    told = {(one["ticket_id"], one["kind"], one["text"]) for one in shown["would_tell"]}
    assert {one[0] for one in told} == {ticket.ticket_id for ticket in tickets}
    assert operator.ask("POST", f"{PATH}/o1/rehearsal", GOOD)[1] == shown, "as often as one likes"
    assert (notices_of(operator), operator.ask("GET", PATH)[1]) == (before, {"outages": []})
    operator.put(**GOOD)
    for ticket in tickets:
        check_ticket(operator.town.hub.services, ticket.ticket_id, operator.town.clock.now())
    assert notices_of(operator) - before == told
    assert operator.ask("POST", f"{PATH}/o1/rehearsal", GOOD)[1] == {"would_tell": []}, "they know"
    assert operator.ask("POST", f"{PATH}/never/rehearsal", {"ended": True})[0] == 404
    assert operator.ask("POST", f"{PATH}/o1/rehearsal", {})[0] == 400


# --- the page ---


def closed(effect: str) -> Business:
    what = What.BOOKING_TOOL if effect == "tool" else What.BUSINESS
    back_from = at("14:40") if effect == "impossible" else at("14:20")
    return replace(SALON, outages=(Outage("o1", "salon", what, at("12:10"), back_from, at("15:00")),))


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Please do not set out."), ("de", "Bitte nicht losgehen."), ("fr", "ne pas partir"), ("es", "no salga")],
)
def test_the_page_says_it_in_every_language_and_shows_no_way_to_a_closed_door(language: str, words: str) -> None:
    text = read(planned(), at("12:47"), business=closed("impossible"), accept_language=language).text
    assert words in text
    assert "14:40" in text
    assert "15:00" in text
    assert "13:36" not in text, "no time to leave"


def test_a_tool_out_of_order_leaves_the_way_as_it_is() -> None:
    text = read(planned(), at("12:47"), business=closed("tool")).text
    assert "Online booking of Salon Lind is out of order, expected back between 14:20 and 15:00." in text
    assert "13:36" in text


def test_a_visit_that_is_over_says_nothing_of_it() -> None:
    text = read(planned(), at("16:30"), business=closed("impossible")).text
    assert "closed" not in text
