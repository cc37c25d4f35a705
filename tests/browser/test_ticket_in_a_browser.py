"""The ticket's page in a real browser on a small phone: with and without JavaScript, by touch and by keyboard."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.outages.outage import Outage, What
from chalicelib.tickets.origin import at_stop
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.visits import BRIDGE, MILL, SALON, STAGES, STATION, WAITING, at, planned

if TYPE_CHECKING:
    from tests.browser.conftest import Street

pytestmark = pytest.mark.browser

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
CONTRAST = """() => {
  const number = text => text.match(/[\\d.]+/g).map(Number);
  const over = (a, b) => [0, 1, 2].map(i => a[i] * (a[3] ?? 1) + b[i] * (1 - (a[3] ?? 1)));
  const light = c => c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => e ? over(number(getComputedStyle(e).backgroundColor), ground(e.parentElement)) : [255, 255, 255];
  const bad = [];
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, style = getComputedStyle(e);
    if (!walk.currentNode.data.trim() || !e.getClientRects().length) continue;
    const behind = ground(e), a = light(over(number(style.color), behind)), b = light(behind);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${walk.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
    if (parseFloat(style.fontSize) < 16) bad.push(`${walk.currentNode.data.trim()}: ${style.fontSize}`);
  }
  return bad;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
  .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 44)
  .map(e => `${e.tagName} ${e.textContent}: ${e.getBoundingClientRect().height}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360])
def test_every_stage_fits_a_small_phone_and_can_be_read_and_touched(street: Street, width: int, scheme: str) -> None:
    with street.phone(viewport={"width": width, "height": 640}, color_scheme=scheme) as page:
        for stage in STAGES:
            page.goto(street.stage(stage))
            page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, stage
            assert page.evaluate(CONTRAST) == [], stage
            assert page.evaluate(SMALL_TARGETS) == [], stage


def test_the_checks_see_faint_small_and_narrow_things(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("planned"))
        page.evaluate("document.documentElement.style.setProperty('--quiet', '#999')")
        page.evaluate("document.querySelector('.button').style.cssText = 'min-height: 0; padding: 0; font-size: 12px'")
        assert any("Live data" in text for text in page.evaluate(CONTRAST))
        assert any("12px" in text for text in page.evaluate(CONTRAST))
        assert any("Call" in text for text in page.evaluate(SMALL_TARGETS))


def test_endless_names_do_not_widen_the_page(street: Street) -> None:
    street.visits.businesses["salon"] = replace(SALON, name=LONG)
    street.visits.stops = [replace(MILL, name=LONG + LONG)]
    with street.phone(viewport={"width": 320, "height": 640}) as page:
        for stage in ("planned", "late", "under_way", "cancelled"):
            page.goto(street.stage(stage))
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, stage
        page.goto(street.stage("waiting") + "?q=donau")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(
    ("what", "stage", "said"),
    [
        (What.BUSINESS, "planned", "Salon Lind is closed"),
        (What.BUSINESS, "waiting", "Salon Lind is closed"),
        (What.BOOKING_TOOL, "planned", "out of order"),
    ],
)
def test_an_outage_is_said_first_and_fits(street: Street, what: What, stage: str, said: str) -> None:
    outage = Outage("power", "salon", what, at("12:30"), at("14:45"), at("15:10"))
    street.visits.businesses["salon"] = replace(SALON, outages=(outage,))
    address = street.stage(stage)
    street.visits.add(replace(street.visits.tickets[address.rpartition("/")[2]], created_at=at("11:00")))
    street.now = at("12:47")
    with street.phone(viewport={"width": 320, "height": 640}) as page:
        page.goto(address)
        banner = page.get_by_role("status").filter(has_text=said)
        box = banner.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 400
        assert "between 14:45 and 15:10" in banner.inner_text()
        assert page.get_by_text("Leave by").is_visible() == (what is What.BOOKING_TOOL)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(CONTRAST) == []


def test_large_letters_still_fit(street: Street) -> None:
    with street.phone() as page:
        for stage in ("planned", "waiting", "late"):
            page.goto(street.stage(stage))
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, stage


BROKEN = """() => [...document.querySelectorAll("time, .line, label, h1, h2, button")].filter(e => {
  if (!e.getClientRects().length) return false;
  const range = document.createRange();
  range.selectNodeContents(e);
  const rows = new Set([...range.getClientRects()].map(r => Math.round(r.bottom)));
  const words = e.textContent.trim().split(/\\s+/).length;
  return (e.tagName === "TIME" && rows.size > 1) || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
    || e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 || words === 1 && rows.size > 1;
}).map(e => `${e.tagName} ${e.textContent.trim()}`)"""
FALLBACK_FONTS = ("DejaVu Sans", "DejaVu Sans Mono")  # wider than any phone's own


@pytest.mark.parametrize("font", FALLBACK_FONTS)
@pytest.mark.parametrize("percent", [100, 150, 200])
def test_large_letters_of_a_strange_font_break_no_time_and_no_word(street: Street, percent: int, font: str) -> None:
    with street.phone(viewport={"width": 320, "height": 640}) as page:
        for stage in STAGES:
            page.goto(street.stage(stage))
            page.evaluate("font => { document.body.style.fontFamily = font; }", font)
            page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
            page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, stage
            assert page.evaluate(BROKEN) == [], stage


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_a_browser_set_to_large_letters_shows_the_time_whole_and_largest(street: Street, percent: int) -> None:
    with street.phone(viewport={"width": 320, "height": 640}) as page:
        size = {"standard": 16 * percent // 100, "fixed": 13 * percent // 100}
        page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": size})
        for stage in ("planned", "late", "under_way", "waiting"):
            page.goto(street.stage(stage))
            assert page.evaluate(BROKEN) == [], stage
            sizes = "e => parseFloat(getComputedStyle(e).fontSize)"
            others = page.locator("main *:not(.big):not(h1)").evaluate_all(f"all => Math.max(...all.map({sizes}))")
            assert page.locator(".big").evaluate(sizes) > 1.4 * others, stage


def test_who_is_late_can_call_from_the_first_screen(street: Street) -> None:
    with street.phone(viewport={"width": 320, "height": 640}) as page:
        page.goto(street.stage("late"))
        call = page.get_by_role("link", name="Call +1 202-555-0199")
        box = call.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 640
        assert call.get_attribute("href") == "tel:+12025550199"
        assert page.evaluate(CONTRAST) == []


def test_a_page_that_cannot_be_shown_comes_by_itself_once_it_can_and_moves_nothing_before(street: Street) -> None:
    with street.phone(viewport={"width": 320, "height": 640}) as page:
        page.clock.install()
        address = street.stage("planned")
        street.visits.unreachable.add("by_token")
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 503
        assert page.locator("meta[http-equiv=refresh]").count() == 0
        assert page.evaluate(CONTRAST) == []
        again = page.get_by_role("link", name="Refresh")
        again.focus()
        with page.expect_response(re.compile(WAITING.token)):
            page.clock.fast_forward(11_000)
        assert again.evaluate("e => e === document.activeElement")
        street.visits.unreachable.clear()
        page.clock.fast_forward(11_000)
        page.get_by_text("Leave by").wait_for()
    street.troubles = [trouble for trouble in street.troubles if "503" not in trouble]


def test_the_time_to_leave_is_the_largest_thing_on_the_first_screen(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("planned"))
        box = page.locator(".big").bounding_box()
        assert box is not None
        assert box["height"] >= 72
        assert box["y"] + box["height"] < 300
        assert page.locator(".big").inner_text() == "13:36"


def test_without_javascript_a_stop_is_searched_chosen_seen_and_forgotten(street: Street) -> None:
    with street.phone(java_script_enabled=False) as page:
        page.goto(street.stage("waiting"))
        assert not page.get_by_role("button", name="Use my location").is_visible()
        page.locator("#q").fill("mill")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("button", name="Old Mill").click()
        assert page.url == f"{street.address}/t/{WAITING.token}"
        assert page.locator(".big").inner_text() == "13:36"
        assert street.visits.tickets[WAITING.token].origin == at_stop(MILL)
        page.get_by_text("Change starting point").click()
        page.get_by_role("button", name="Forget my starting point").click()
        assert page.get_by_role("heading", name="From where will you set out?").is_visible()
        assert street.visits.tickets[WAITING.token].origin is None


def test_without_javascript_a_search_without_result_says_so(street: Street) -> None:
    with street.phone(java_script_enabled=False) as page:
        page.goto(street.stage("waiting"))
        page.locator("#q").fill("Atlantis")
        page.locator("#q").press("Enter")
        assert page.get_by_text("No stop called “Atlantis” was found.").is_visible()


def test_the_phones_location_becomes_the_starting_point(street: Street) -> None:
    here = {"latitude": 48.22110, "longitude": 16.33120}
    with street.phone(geolocation=here, permissions=["geolocation"]) as page:
        page.goto(street.stage("waiting"))
        page.get_by_role("button", name="Use my location").click()
        page.get_by_text("Leave by").wait_for()
        origin = street.visits.tickets[WAITING.token].origin
        assert origin is not None
        assert (origin.lat, origin.lon, origin.stop_id) == (48.2211, 16.3312, None)


def test_a_phone_that_does_not_tell_its_location_leads_to_the_search(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("waiting"))
        page.get_by_role("button", name="Use my location").click()
        page.get_by_text("Your phone did not share its location.").wait_for()
        assert page.evaluate("document.activeElement.id") == "q"


def test_a_location_far_away_is_answered_kindly(street: Street) -> None:
    there = {"latitude": 52.52, "longitude": 13.40}
    with street.phone(geolocation=there, permissions=["geolocation"]) as page:
        page.goto(street.stage("waiting"))
        page.get_by_role("button", name="Use my location").click()
        page.get_by_role("alert").wait_for()
        assert "too far from the public transport" in page.get_by_role("alert").inner_text()
        assert street.visits.tickets[WAITING.token].origin is None


def test_stops_are_offered_while_typing_and_chosen_by_keyboard(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("waiting"))
        box = page.get_by_role("combobox", name="Stop or station")
        box.press_sequentially("st")
        page.get_by_role("option", name=STATION.name).wait_for()
        assert box.get_attribute("aria-expanded") == "true"
        box.press("Escape")
        assert box.get_attribute("aria-expanded") == "false"
        box.press_sequentially("a")
        page.get_by_role("option", name=STATION.name).wait_for()
        box.press("ArrowDown")
        assert box.get_attribute("aria-activedescendant") == "offer-0"
        box.press("ArrowUp")
        box.press("Enter")
        page.get_by_text("Leave by").wait_for()
        assert street.visits.tickets[WAITING.token].origin == at_stop(STATION)


def test_an_offered_stop_is_chosen_by_touch(street: Street) -> None:
    with street.phone(has_touch=True) as page:
        page.goto(street.stage("waiting"))
        page.locator("#q").press_sequentially("bri")
        page.get_by_role("option", name=BRIDGE.name).tap()
        page.get_by_text("Leave by").wait_for()
        assert street.visits.tickets[WAITING.token].origin == at_stop(BRIDGE)


def test_an_open_page_shows_a_new_plan_without_moving_focus_or_folding_anything(street: Street) -> None:
    with street.phone() as page:
        page.clock.install()
        page.goto(street.stage("time_to_leave"))
        summary = page.locator("#others > summary")
        summary.click()
        assert summary.evaluate("e => e === document.activeElement")
        later = planned(TicketStatus.TIME_TO_LEAVE)
        street.visits.add(replace(later, leave_by=at("13:41"), observed_at=at("13:26")))
        street.now = at("13:26")
        with page.expect_response(re.compile(WAITING.token)):
            page.clock.fast_forward(31_000)
        page.get_by_text("13:41").wait_for()
        assert page.locator("#others").evaluate("e => e.open")
        assert page.locator("#others > summary").evaluate("e => e === document.activeElement")
        assert page.get_by_text("Live data less than a minute old.").is_visible()


def test_a_new_stage_loads_the_page_anew_but_not_under_somebody_who_types(street: Street) -> None:
    with street.phone() as page:
        page.clock.install()
        page.goto(street.stage("waiting"))
        page.locator("#q").fill("x")
        street.visits.add(replace(WAITING, status=TicketStatus.CANCELLED))
        with page.expect_response(re.compile(WAITING.token)):
            page.clock.fast_forward(1_801_000)
        assert page.locator("#q").input_value() == "x"
        page.locator("#q").fill("")
        page.locator("#q").blur()
        page.clock.fast_forward(1_801_000)
        page.get_by_text("This appointment was cancelled").wait_for()


def test_a_lost_network_leaves_the_page_as_it_is(street: Street) -> None:
    with street.phone() as page:
        page.clock.install()
        page.goto(street.stage("time_to_leave"))
        page.context.set_offline(True)
        with page.expect_event("requestfailed"):
            page.clock.fast_forward(31_000)
        assert page.locator(".big").inner_text() == "13:36"
        page.context.set_offline(False)
    street.troubles = [trouble for trouble in street.troubles if "ERR_INTERNET_DISCONNECTED" not in trouble]


def test_the_page_for_nothing_is_readable_too(street: Street) -> None:
    with street.phone(locale="de-DE") as page:
        answer = page.goto(f"{street.address}/t/nothing")
        assert answer is not None
        assert answer.status == 404
        assert page.get_by_role("heading", name="Unter dieser Adresse gibt es kein Ticket").is_visible()
        assert page.evaluate(CONTRAST) == []
    street.troubles = [trouble for trouble in street.troubles if "404" not in trouble]


def test_the_policy_stops_a_script_that_got_into_the_page(street: Street) -> None:
    with street.phone() as page:
        page.goto(street.stage("planned"))
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.got = 1'}))"
        )
        assert page.evaluate("window.got") is None
    assert any("Content Security Policy" in trouble for trouble in street.troubles)
    street.troubles.clear()
