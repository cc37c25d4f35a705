"""The set-up through the app, as a browser without JavaScript goes through it; and what people paste and send."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.access.caller import KeyKind
from chalicelib.bookings.forms import ConnectionForm
from chalicelib.bookings.providers import MODULES
from chalicelib.pages.operator.setup import catalogue, places, tools, zones
from infra.local.town import CENTRE
from infra.local.upload import NotAForm, TooLarge, receive
from tests.fakes import signers
from tests.fakes.calcom import calcom_payload
from tests.fakes.console import MASTER, browsing, two_salons
from tests.fakes.lindenau import SALON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.console import Browser
    from tests.fakes.lindenau import Lindenau

PLACE = f"https://www.openstreetmap.org/?mlat={CENTRE[0]:.4f}&mlon={CENTRE[1]:.4f}"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lindenau:
    monkeypatch.setenv("HUB_ADMIN_KEY", MASTER)
    return two_salons(tmp_path)


@pytest.fixture
def browser(town: Lindenau) -> Iterator[Browser]:
    with browsing(town) as browser:
        yield browser


def work(town: Lindenau) -> None:
    """Everything that waits in queues is done."""
    hub, now = town.hub, town.clock.now()
    for queued in hub.queues.take("inbox"):  # type: ignore[attr-defined] # the memory's own
        hub.worker.process(queued["event_id"], now)
    for queued in hub.queues.take("notices"):  # type: ignore[attr-defined] # the memory's own
        hub.outbox.deliver(queued["notice_id"], now)


def test_from_a_name_and_a_pin_to_a_business_with_a_zone(browser: Browser, town: Lindenau) -> None:
    browser.enter(MASTER)
    browser.ask("GET", "/setup")
    page = browser.send("setup_start", name="Café Süd", place=PLACE, back="/setup")
    assert page.all("input", id="name")[0]["value"] == "Café Süd"
    business = town.hub.config.business("cafe-sud")
    assert business is not None
    assert (business.timezone, business.feed, business.lat) == ("Europe/Vienna", "", round(CENTRE[0], 4))
    browser.ask("GET", "/setup")
    browser.send("setup_start", name="Café Süd", place="48.2, 16.37", back="/setup")
    assert town.hub.config.business("cafe-sud-2") is not None


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("", "No point"),
        ("Main street 5", "No point"),
        ("https://maps.app.goo.gl/xyz", "short link"),
        ("91, 0", "No point"),
    ],
)
def test_a_place_without_a_point_is_said_and_nothing_is_made(
    browser: Browser, town: Lindenau, place: str, says: str
) -> None:
    browser.enter(MASTER)
    browser.ask("GET", "/setup")
    assert says in browser.send("setup_start", name="Nowhere", place=place, back="/setup").text
    assert town.hub.config.business("nowhere") is None


def test_every_step_can_be_opened_at_any_time(browser: Browser) -> None:
    browser.enter(MASTER)
    for step in ("business", "timetable", "tool", "messages", "test", "ticket"):
        page = browser.ask("GET", f"/setup/salon/{step}")
        assert browser.status == 200
        assert [one["aria-current"] for one in page.all("a") if "aria-current" in one.attributes] == ["step"]
    assert browser.ask("GET", "/setup/nobody/business").text
    assert browser.status == 404


def test_what_is_not_in_a_form_stays_as_it_was(browser: Browser, town: Lindenau) -> None:
    settings = {**SALON, "lead_min": 30, "sender": "Lind", "notices": {"customer_late": False}, "feed": "town"}
    town.hub.operator.businesses.put("salon", settings)
    before = town.hub.operator.businesses.get("salon")
    browser.enter(MASTER)
    browser.ask("GET", "/setup/salon/messages")
    browser.send(
        "setup_messages", business_id="salon", locale="de", hours_mon="9:00\u201312:30,13:30-18:00", quiet_from="22:00",
        quiet_until="07:00", privacy="https://example.org/p", imprint="Lind OG", say_booked="yes", say_reminder="yes",
    )  # a table, read by rows # fmt: skip
    after = town.hub.operator.businesses.get("salon")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"locale", "hours", "notices", "quiet_from", "quiet_until", "privacy", "imprint", "version"}
    assert after["hours"] == {"mon": ["09:00-12:30", "13:30-18:00"]}
    assert after["notices"]["customer_late"] is False
    assert after["notices"]["leave_by"] is False
    assert "booked" not in after["notices"]
    page = browser.ask("GET", "/setup/salon/messages")
    page = browser.send(
        "setup_messages", business_id="salon", locale="de", hours_mon="18:00-09:00", back="/setup/salon/messages"
    )
    assert "follow one another" in page.text


def test_without_a_feed_the_business_works_and_nobody_is_asked_for_a_starting_point(
    browser: Browser, town: Lindenau
) -> None:
    browser.enter(MASTER)
    browser.ask("GET", "/setup/salon/timetable")
    browser.send("setup_timetable", business_id="salon", use="none")
    assert town.hub.config.business("salon").feed == ""  # type: ignore[union-attr] # it is there
    browser.ask("GET", "/setup/salon/ticket")
    page = browser.send(
        "setup_trial", business_id="salon", name="Ada", phone="+12025550123", day="2026-09-05", time="10:00"
    )
    assert "comes in a moment" in page.text
    work(town)
    page = browser.ask("GET", browser.headers.get("location", "/setup/salon/ticket"))
    (text,) = town.hub.texts.sent  # type: ignore[attr-defined] # the memory's own
    assert "All about it" in str(text)
    assert "From where" not in str(text)


def test_a_first_booking_becomes_a_ticket_and_a_text_and_can_be_cancelled(
    browser: Browser, town: Lindenau, tmp_path: Path
) -> None:
    town.compile_town(tmp_path)
    browser.enter(MASTER)
    browser.ask("GET", "/setup/salon/ticket")
    browser.send("setup_trial", business_id="salon", name="Ada", phone="+12025550123", day="2026-09-04", time="10:00")
    work(town)
    uid = f"trial-{town.clock.now():%Y%m%d-%H%M%S}"
    page = browser.ask("GET", f"/setup/salon/ticket?uid={uid}")
    assert "Open the ticket of Ada" in page.text
    assert "From where will you set out?" in page.text
    town.clock.advance(minutes=1)
    browser.send("setup_cancel_trial", business_id="salon", uid=uid)
    work(town)
    assert "cancelled" in browser.ask("GET", f"/setup/salon/ticket?uid={uid}").text


@pytest.mark.parametrize("to", ["", "12345", "nobody@", "+1202555012x"])
def test_a_test_to_nobody_is_refused(browser: Browser, town: Lindenau, to: str) -> None:
    browser.enter(MASTER)
    browser.ask("GET", "/setup/salon/test")
    page = browser.send("setup_test", business_id="salon", to=to, back="/setup/salon/test")
    assert page.all("div", role="alert")
    work(town)
    assert not town.hub.texts.sent  # type: ignore[attr-defined] # the memory's own


def test_a_test_text_goes_the_way_of_every_text_and_says_what_became_of_it(browser: Browser, town: Lindenau) -> None:
    browser.enter(MASTER)
    for to in ("+1 202 555 0123", "ada@example.org"):
        browser.ask("GET", "/setup/salon/test")
        browser.send("setup_test", business_id="salon", to=to)
        work(town)
        town.clock.advance(seconds=2)
    page = browser.ask("GET", "/setup/salon/test")
    assert "+12025550123: sent" in page.text
    assert "ada@example.org: sent" in page.text


def test_a_tools_secret_is_shown_once_and_credentials_are_kept_apart(browser: Browser, town: Lindenau) -> None:
    kept: dict[str, object] = {}
    town.hub.keep_secret = lambda name, fields: kept.update({name: dict(fields)})
    browser.enter(MASTER)
    browser.ask("GET", "/setup/salon/tool?tool=calcom")
    page = browser.send(
        "setup_tool", business_id="salon", tool="calcom", connection_id="salon-tool", credential_token="t0ken"
    )
    secret = page.all("input", id="secret-shown")[0]["value"]
    connection = town.hub.config.connection("salon-tool")
    assert connection is not None
    assert connection.secrets == (secret,)
    assert connection.settings["credentials"] == "hub/salon/salon-tool"
    assert kept == {"hub/salon/salon-tool": {"token": "t0ken"}}
    assert "t0ken" not in page.text
    page = browser.ask("GET", "/setup/salon/tool?connection=salon-tool")
    assert "No verified call yet" in page.text
    assert secret not in page.text


def test_the_light_turns_green_with_the_first_verified_call(browser: Browser, town: Lindenau) -> None:
    browser.enter(MASTER)
    page = browser.ask("GET", "/setup/salon/tool?connection=salon-cal")
    assert "No verified call yet" in page.text
    body, headers = signers.calcom(calcom_payload(start="2026-09-05T10:00:00Z", end="2026-09-05T10:30:00Z"), "x")
    browser.gateway.answer("POST", "/hooks/salon-cal", {"host": "h", **headers}, body + b" ")
    page = browser.ask("GET", "/setup/salon/tool?connection=salon-cal")
    assert "1 calls were refused" in page.text
    browser.gateway.answer("POST", "/hooks/salon-cal", {"host": "h", **headers}, body)
    work(town)
    page = browser.ask("GET", "/setup/salon/tool?connection=salon-cal")
    assert "Calls arrive: 1 verified" in page.text


def test_a_business_key_adds_no_timetable_that_others_would_plan_with(browser: Browser, town: Lindenau) -> None:
    browser.enter(town.hub.keyring.issue(KeyKind.BUSINESS, "salon", "till", "", town.clock.now()))
    browser.ask("GET", "/setup/salon/timetable")
    page = browser.send(
        "setup_timetable",
        business_id="salon",
        use="url",
        url="https://example.com/a.zip",
        feed_id="town",
        back="/setup/salon/timetable",
    )
    assert "hub's operator" in page.text
    assert town.hub.operator.feeds.get("town")["gtfs"] == ("https://example.com/town.zip",)


@pytest.mark.parametrize(
    "text",
    [
        "48.2705, 14.8605", "48,2705; 14,8605", "48°16'13.8\"N 14°51'37.8\"E", "geo:48.2705,14.8605?z=17",
        "https://www.google.com/maps/place/X/@48.27,14.86,17z/data=!3m1!4b1!8m2!3d48.2705!4d14.8605",
        "https://www.openstreetmap.org/#map=17/48.2705/14.8605", "https://maps.apple.com/?ll=48.2705,14.8605&q=Salon",
        "https://www.bing.com/maps?cp=48.2705~14.8605&lvl=17", "https://maps.google.com/?q=48.2705,14.8605",
    ],
)  # a table, read by rows # fmt: skip
def test_a_point_is_read_from_what_people_paste(text: str) -> None:
    found = places.read_point(text)
    assert found is not None
    assert (round(found.lat, 3), round(found.lon, 3)) in {
        (48.27, 14.861),
        (48.27, 14.86),
        (48.271, 14.861),
        (48.271, 14.86),
    }


def test_geocoders_of_both_kinds_are_read() -> None:
    nominatim = [{"lat": "48.27", "lon": "14.86", "display_name": "Lindenau"}]
    photon = {"features": [{"geometry": {"coordinates": [14.86, 48.27]}, "properties": {"name": "Lindenau"}}]}
    for answer in (nominatim, photon):
        found = places.best_of(answer)
        assert found is not None
        assert (found.lat, found.lon, found.words) == (48.27, 14.86, "Lindenau")
    assert places.best_of([]) is None
    assert places.best_of({"features": []}) is None


@pytest.mark.parametrize(
    ("lat", "lon", "zone"),
    [
        (48.2, 16.37, "Europe/Vienna"),
        (54.69, 25.28, "Europe/Vilnius"),
        (40.7, -74.0, "America/New_York"),
        (-36.8, 174.8, "Pacific/Auckland"),
    ],
)
def test_a_zone_is_proposed_from_the_place(lat: float, lon: float, zone: str) -> None:
    assert zones.propose_zone(lat, lon) == zone


def test_the_shipped_catalogue_can_be_used_and_replaced(tmp_path: Path) -> None:
    shipped = catalogue.read_catalogue()
    assert len(shipped) > 60
    assert [one.name for one in catalogue.around(shipped, 54.687, 25.28)] == ["Vilnius Transport"]
    own = tmp_path / "own.csv"
    box = "location.bounding_box"
    own.write_text(
        f"provider,urls.latest,{box}.minimum_latitude,{box}.maximum_latitude,{box}.minimum_longitude,{box}.maximum_longitude\n"
        "Mine,https://example.org/a.zip,48,49,14,15\nBroken,https://example.org/b.zip,,,,\n"
    )
    assert [one.name for one in catalogue.read_catalogue(str(own))] == ["Mine"]
    assert catalogue.read_catalogue(str(tmp_path / "none.csv")) == ()


def test_every_tool_makes_a_connection_that_its_form_takes() -> None:
    known = tools.tools()
    assert {one.provider for one in known} >= set(MODULES) - {"msgraph", "ics", "standardwebhooks", "itip"}
    assert {"tidycal", "zcal", "easyappointments", "wix", "amelia", "msbookings", "zapier", "make", "n8n"} <= {
        one.tool_id for one in known
    }
    for one in known:
        assert one.provider in MODULES
        ConnectionForm.model_validate({"provider": one.provider, "secret": "x", **one.preset})


def form(boundary: str, *parts: tuple[str, bytes]) -> bytes:
    pieces = [f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data for head, data in parts]
    return b"\r\n".join(pieces) + f"\r\n--{boundary}--\r\n".encode()


def test_a_file_is_taken_from_a_form_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000 + b"\r\n--other"
    body = form("XX", ('name="csrf"', b"token"), ('name="file"; filename="a.zip"', data), ('name="use"', b"upload"))
    got = receive(io.BytesIO(body), len(body), "multipart/form-data; boundary=XX", tmp_path)
    assert got.fields == b"csrf=token&use=upload"
    from pathlib import Path as ThePath  # noqa: PLC0415 - beside what it reads

    assert ThePath(got.path).read_bytes() == data


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=YY"])
def test_what_is_no_form_with_a_file_leaves_nothing_behind(tmp_path: Path, kind: str) -> None:
    body = form("XX", ('name="file"; filename="a.zip"', b"data"))
    try:
        got = receive(io.BytesIO(body), len(body), kind, tmp_path)
    except NotAForm:
        pass
    else:
        assert got.path == ""
    assert not list(tmp_path.iterdir())


def test_two_gigabytes_are_refused_without_keeping_any(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        receive(io.BytesIO(b"x" * 1000), 2 << 30, "multipart/form-data; boundary=XX", tmp_path)
    assert not list(tmp_path.iterdir())
