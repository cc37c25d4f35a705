"""What a customer does on the page, in a real browser: by thumb, by keyboard, without JavaScript, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.tickets.said.wish import What
from tests.fakes.visits import STAGES

if TYPE_CHECKING:
    from tests.browser.conftest import Street

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False])
def test_running_late_is_two_taps_with_and_without_javascript(street: Street, script: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with street.phone(java_script_enabled=script) as page:
        page.goto(street.stage("planned"))
        page.locator("#say").get_by_role("button", name="10 min").click()
        assert "Salon Lind knows that you will be about 10 minutes late." in page.locator("#said").inner_text()
        assert [(one.what, one.minutes) for one in street.visits.heard] == [(What.LATE, 10)]
    street.all_quiet()


def test_being_here_is_one_tap_and_ends_the_offer_to_be_late(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("planned"))
        page.get_by_role("button", name="I am here").click()
        assert "Noted: you are here." in page.locator("#said").inner_text()
        assert page.locator("#say").get_by_role("button", name="10 min").count() == 0


def test_another_itinerary_is_chosen_by_keyboard_alone(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("planned"))
        before = page.locator("time.big").inner_text()
        for fold in ("#others > summary", "#other-1 > summary"):
            page.locator(fold).focus()
            page.keyboard.press("Enter")
        button = page.locator("#other-1").get_by_role("button", name="Take this one")
        button.focus()
        page.keyboard.press("Enter")
        page.get_by_text("We follow this way now").wait_for()
        assert page.locator("time.big").inner_text() != before


def test_by_car_gives_a_time_to_leave_without_any_timetable(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("waiting"))
        page.locator("#alone > summary").click()
        page.locator("#alone form").first.get_by_role("button", name="20 min").click()
        page.get_by_text("You come by yourself").wait_for()
        assert "Leave by" in page.locator("h1").inner_text()
        assert "Car" in page.locator(".itinerary").inner_text()


def test_cannot_come_says_that_the_appointment_stands(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("planned"))
        page.locator("#change > summary").click()
        page.get_by_role("button", name="I can't come").click()
        assert "Your appointment stands until they cancel it." in page.locator("#said").inner_text()


def test_the_page_speaks_another_language_after_one_tap(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("planned"))
        page.locator("#settings > summary").click()
        page.get_by_role("button", name="Deutsch").click()
        page.get_by_text("Ab jetzt auf Deutsch.").wait_for()
        assert page.locator("html").get_attribute("lang") == "de"


def test_the_last_plan_is_readable_offline_and_erased_by_forget_me(street: Street) -> None:
    with street.phone(service_workers="allow") as page:
        page.goto(street.stage("planned"))
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.wait_for_function("caches.has('plan')")
        time_shown = page.locator("time.big").inner_text()
        page.context.set_offline(True)
        page.reload()
        assert page.locator("time.big").inner_text() == time_shown
        page.context.set_offline(False)
        page.reload()
        page.locator("#settings > summary").click()
        page.get_by_role("button", name="Forget what you know of me").click()
        page.get_by_text("Forgotten:").wait_for()
        page.wait_for_function("caches.has('plan').then(kept => !kept)")


def test_every_stage_offers_only_what_makes_sense(street: Street) -> None:
    with street.phone() as page:
        for stage in STAGES:
            page.goto(street.stage(stage))
            scene = page.locator("#page").get_attribute("data-scene")
            is_closed = scene in {"over", "cancelled", "missed", "not_held"}
            assert (page.locator("form[action$='/say']").count() == 0) is is_closed, stage
