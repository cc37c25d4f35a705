"""The operator's pages through the app: the key, the session, who sees what, and what each form does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from chalicelib.bookings.access.caller import KeyKind
from chalicelib.bookings.providers.contract import Raw
from tests.fakes import signers
from tests.fakes.calcom import calcom_payload
from tests.fakes.console import MASTER, browsing, two_salons
from tests.fakes.lindenau import SALON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.console import Browser
    from tests.fakes.lindenau import Lindenau

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lindenau:
    monkeypatch.setenv("HUB_ADMIN_KEY", MASTER)
    return two_salons(tmp_path)


@pytest.fixture
def browser(town: Lindenau) -> Iterator[Browser]:
    with browsing(town) as browser:
        yield browser


def park(town: Lindenau, business_id: str = "salon") -> str:
    """A call that nobody understands; its event."""
    body, headers = signers.calcom(calcom_payload("NEVER_HEARD_OF"), "x")
    raw = Raw(body, {name.lower(): value for name, value in headers.items()})
    event_id = town.hub.inbox.accept(f"{business_id}-cal", raw, town.clock.now()).event_id
    for queued in town.hub.queues.take("inbox"):  # type: ignore[attr-defined] # the memory's own
        town.hub.worker.process(queued["event_id"], town.clock.now())
    return event_id


def test_the_start_says_what_this_is_and_where_to_go(browser: Browser) -> None:
    page = browser.ask("GET", "/")
    assert "live ticket" in page.text
    assert {"/setup", "/operator", "/health", "/openapi.json"} <= {one["href"] for one in page.all("a")}


def test_the_key_is_entered_once_and_no_page_or_address_holds_it(browser: Browser) -> None:
    page = browser.ask("GET", "/operator")
    assert "Enter the key" in page.text
    assert page.all("input", name="key")[0]["type"] == "password"
    browser.enter("wrong")
    assert (browser.status, browser.cookie) == (401, "")
    page = browser.enter(MASTER)
    assert "Salon salon" in page.text
    assert MASTER not in page.text + browser.headers.get("location", "")
    browser.ask("GET", "/operator/keys")
    assert "Operators' keys" in (browser.page.text if browser.page else "")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    answered = browser.gateway.answer(
        "POST",
        "/operator/do/login",
        {"host": "hub.example.com", "content-type": "application/x-www-form-urlencoded"},
        urlencode({"key": MASTER}).encode(),
    )
    cookie = dict(answered[1])["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert MASTER not in cookie


def test_where_one_wanted_to_go_is_where_one_goes_after_the_key_but_never_elsewhere(browser: Browser) -> None:
    for go_on, goes in (
        ("/operator/keys", "/operator/keys"),
        ("//evil.example/", "/operator"),
        ("https://e.e", "/operator"),
    ):
        browser.cookie = ""
        _, answered, _ = browser.gateway.answer(
            "POST",
            "/operator/do/login",
            {"host": "h", "content-type": "application/x-www-form-urlencoded"},
            urlencode({"key": MASTER, "go_on": go_on}).encode(),
        )
        assert dict(answered)["Location"] == goes


def test_a_form_needs_the_sessions_token_and_a_page_of_ours(browser: Browser, town: Lindenau) -> None:
    browser.enter(MASTER)
    fields = {"business_id": "salon", "paused": "yes"}
    browser.ask("POST", "/operator/do/pause", fields)
    assert browser.status == 403
    browser.ask("POST", "/operator/do/pause", {**fields, "csrf": "guessed"})
    assert browser.status == 403
    page = browser.ask("GET", "/operator/businesses/salon")
    token = page.all("input", name="csrf")[0]["value"]
    browser.ask("POST", "/operator/do/pause", {**fields, "csrf": token}, sec_fetch_site="cross-site")
    assert browser.status == 403
    assert not town.hub.config.business("salon").paused  # type: ignore[union-attr] # it is there


def test_a_business_sees_its_own_pages_and_no_others(browser: Browser, town: Lindenau) -> None:
    import app  # noqa: PLC0415 - the app is made when it is needed

    key = town.hub.keyring.issue(KeyKind.BUSINESS, "salon", "till", "", town.clock.now())
    page = browser.enter(key)
    assert "Salon salon" in page.text
    named = {"feed_id": "town", "notice_id": "n"}
    for route, methods in app.app.routes.items():
        if not route.startswith(("/operator", "/setup")) or "GET" not in methods or "{token}" in route:
            continue
        for business_id in ("salon", "other"):
            path = re.sub(r"{(\w+)}", lambda found: {**named, "business_id": business_id}.get(found[1], "x"), route)  # noqa: B023 - used at once
            browser.ask("GET", path)
            opens = "{business_id}" in route and business_id == "salon"
            assert (browser.status != 403) is opens, path
            assert "Salon other" not in (browser.page.text if browser.page else "")


def test_a_business_can_send_no_form_for_another_or_for_the_hub(browser: Browser, town: Lindenau) -> None:
    key = town.hub.keyring.issue(KeyKind.BUSINESS, "salon", "till", "", town.clock.now())
    browser.enter(key)
    start = browser.page
    for act in town.hub.console.forms:
        for business_id in ("other", ""):
            browser.page = start
            browser.send(act, business_id=business_id, feed_id="town", key_id="k", kind="business", ids="1")
            assert browser.status == 403, act


def test_a_session_ends_with_its_key(browser: Browser, town: Lindenau, monkeypatch: pytest.MonkeyPatch) -> None:
    key = town.hub.keyring.issue(KeyKind.OPERATOR, None, "second", "", town.clock.now())
    browser.enter(key)
    town.hub.keyring.revoke(KeyKind.OPERATOR, None, "second")
    assert "Enter the key" in browser.ask("GET", "/operator").text
    browser.enter(MASTER)
    monkeypatch.setenv("HUB_ADMIN_KEY", "another-first-key-of-all")
    assert "Enter the key" in browser.ask("GET", "/operator").text
    monkeypatch.setenv("HUB_ADMIN_KEY", MASTER)
    browser.ask("GET", "/operator")
    browser.send("logout")
    assert "Enter the key" in browser.ask("GET", "/operator").text


def test_a_parked_event_shows_reason_and_remedy_and_is_replayed(browser: Browser, town: Lindenau) -> None:
    event_id = park(town)
    browser.enter(MASTER)
    page = browser.ask("GET", "/operator/businesses/salon")
    assert "NEVER_HEARD_OF" in page.text
    assert "replay after an update" in page.text
    page = browser.send("replay", business_id="salon", event_id=event_id)
    assert "It is processed again" in page.text
    assert town.hub.documents.get("inbox", event_id)["state"] == "open"  # type: ignore[index] # it is there
    page = browser.send("replay", business_id="salon", event_id=event_id)
    assert "No event" in page.text


def test_pausing_is_one_switch_and_said_on_every_page_of_the_business(browser: Browser, town: Lindenau) -> None:
    browser.enter(MASTER)
    browser.ask("GET", "/operator/businesses/salon")
    page = browser.send("pause", business_id="salon", paused="yes")
    assert "All messages of Salon salon are paused" in page.text
    assert "messages paused" in browser.ask("GET", "/operator").text
    assert "are paused" in browser.ask("GET", "/operator/businesses/salon/notices").text
    before = town.hub.operator.businesses.get("salon")
    page = browser.send("pause", business_id="salon", paused="no")
    after = town.hub.operator.businesses.get("salon")
    assert {name for name in after if after[name] != before[name]} == {"paused", "version"}


def test_a_staff_link_is_made_shown_once_and_revoked(browser: Browser, town: Lindenau) -> None:
    browser.enter(MASTER)
    browser.ask("GET", "/operator/businesses/salon")
    page = browser.send("new_key", business_id="salon", kind="staff", key_id="door", label="At the door")
    url = page.all("input", id="shown")[0]["value"]
    assert town.hub.keyring.business_of_staff_link(url.rpartition("/")[2], town.clock.now()) == "salon"
    page = browser.ask("GET", "/operator/businesses/salon")
    assert "At the door" in page.text
    assert url not in page.text
    browser.send("revoke", business_id="salon", kind="staff", key_id="door")
    assert town.hub.keyring.business_of_staff_link(url.rpartition("/")[2], town.clock.now()) is None


def test_what_deleting_does_is_said_before(browser: Browser, town: Lindenau) -> None:
    browser.enter(MASTER)
    page = browser.ask("GET", "/operator/businesses/salon/delete?connection=salon-cal")
    assert "coming bookings stay as they are" in page.text
    assert town.hub.config.connection("salon-cal") is not None
    page = browser.send("delete", business_id="salon", connection_id="salon-cal")
    assert "It is deleted" in page.text
    assert town.hub.config.connection("salon-cal") is None
    page = browser.ask("GET", "/operator/businesses/other/delete")
    assert "DELETE them first" in page.text


def test_names_from_elsewhere_are_only_ever_text(browser: Browser, town: Lindenau) -> None:
    town.hub.operator.businesses.put("salon", {**SALON, "name": HOSTILE})
    browser.enter(MASTER)
    for path in (
        "/operator",
        "/operator/businesses/salon",
        f"/operator/businesses/salon?{urlencode({'done': HOSTILE})}",
    ):
        page = browser.ask("GET", path)
        assert all("alert" not in element.text for element in page.all("script"))
        assert HOSTILE in page.text
        assert "default-src 'none'" in browser.headers["content-security-policy"]
