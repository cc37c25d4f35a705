"""What a step leaves behind: its next check counts what was promised in it; where somebody was is forgotten last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.tickets.schedule import forget_at, next_check
from chalicelib.workflows.checking.step import StepContext, run_step
from tests.fakes.salon import Town, at
from tests.fakes.visits import HOME, SALON, WAITING

LINK = "https://hub.example.org"


def test_the_next_check_is_of_the_ticket_as_it_leaves_the_step() -> None:
    town = Town()
    ticket = replace(WAITING, origin=HOME)
    context = StepContext(SALON, lambda: town, at("13:30"))
    after, _ = run_step(ticket, None, context, LINK)
    assert after.next_check_at == next_check(after, SALON, at("13:30"))


def test_a_notice_of_the_step_that_forgets_is_written_before_it_forgets() -> None:
    town = Town()
    late = forget_at(WAITING) + timedelta(minutes=1)
    after, _ = run_step(replace(WAITING, origin=HOME), None, StepContext(SALON, lambda: town, late), LINK)
    assert after.forgotten
    assert after.origin is None
    assert after.next_check_at == next_check(after, SALON, late)
