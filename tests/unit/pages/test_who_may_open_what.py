"""Every route of the app with every kind of key: a business's key opens what is its own, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import wiring
from chalicelib.bookings.access.caller import KeyKind
from tests.fakes.lindenau import SALON, Lindenau

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.http import Gateway

MASTER = "the-first-key-of-all"
NAMED = {"feed_id": "town", "connection_id": "cal", "business_id": "salon"}


@dataclass
class Doors:
    """The app with two businesses, and a key of every kind."""

    gateway: Gateway
    town: Lindenau
    keys: dict[str, str]

    def ask(self, method: str, path: str, key: str = "", body: bytes = b"{}") -> int:
        given = {"authorization": f"Bearer {self.keys.get(key, key)}"} if key else {}
        headers = {"host": "hub.example.com", "content-type": "application/json", **given}
        return self.gateway.answer(method, path, headers, body)[0]

    def json(self, method: str, path: str, key: str, body: Any = None) -> Any:
        headers = {"host": "h", "content-type": "application/json", "authorization": f"Bearer {self.keys[key]}"}
        return json.loads(self.gateway.answer(method, path, headers, json.dumps(body or {}).encode())[2])


@pytest.fixture
def doors(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Gateway  # noqa: PLC0415 - as above

    monkeypatch.setenv("HUB_ADMIN_KEY", MASTER)
    town = Lindenau.founded(tmp_path)
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.com/town.zip"})
    for business_id in ("salon", "other"):
        town.hub.operator.businesses.put(business_id, SALON)
        town.hub.operator.connections.put(business_id, f"{business_id}-cal", {"provider": "calcom", "secret": "x"}, "")
    issue, now = town.hub.keyring.issue, town.clock.now()
    keys = {
        "master": MASTER,
        "operator": issue(KeyKind.OPERATOR, None, "second", "", now),
        "salon": issue(KeyKind.BUSINESS, "salon", "till", "", now),
        "other": issue(KeyKind.BUSINESS, "other", "till", "", now),
        "staff": issue(KeyKind.STAFF, "salon", "door", "", now),
    }
    wiring.install(town.hub)
    forget_refusals()
    yield Doors(Gateway(app.app), town, keys)
    forget_refusals()
    wiring._installed.clear()  # noqa: SLF001 - gives the process back without a hub


def routes(prefix: str) -> list[tuple[str, str]]:
    """(method, path with its names in braces) of every route below a prefix."""
    import app  # noqa: PLC0415 - the app is made when it is needed

    return sorted((method, path) for path, methods in app.app.routes.items() for method in methods if prefix in path)


def forget_refusals() -> None:
    import app  # noqa: PLC0415 - the app is made when it is needed

    app.REFUSED.forget()


def filled(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: NAMED.get(found[1], "some-id"), path)


def kept(doors: Doors) -> Any:
    """All that is stored, without when keys were used."""
    tables = doors.town.hub.documents.tables  # type: ignore[attr-defined] # the memory itself
    return json.dumps({name: {k: v for k, v in rows.items() if "access#" not in k} for name, rows in tables.items()})


def test_a_business_key_opens_nothing_of_another_business_and_nothing_of_the_hub(doors: Doors) -> None:
    before = kept(doors)
    for method, route in routes("/admin/"):
        forget_refusals()
        path = filled(route)
        answers = {key: doors.ask(method, path, key) for key in ("", "staff", "wrong", "other")}
        assert answers == {"": 401, "staff": 401, "wrong": 401, "other": 403}, (method, route)
    assert kept(doors) == before


def test_a_business_key_opens_what_is_its_own(doors: Doors) -> None:
    for method, route in routes("/admin/"):
        if route.startswith("/admin/businesses/{business_id}"):
            if (method, route) != ("DELETE", "/admin/businesses/{business_id}"):  # it would take its key with it
                assert doors.ask(method, filled(route), "salon") not in {401, 403, 429}, (method, route)
        else:
            assert doors.ask(method, filled(route), "salon") == 403, (method, route)


def test_an_operators_key_opens_everything(doors: Doors) -> None:
    for method, route in routes("/admin/"):
        for key in ("master", "operator"):
            assert doors.ask(method, filled(route), key) not in {401, 403}, (method, route)


def test_a_key_is_shown_once_and_listed_without_it(doors: Doors) -> None:
    made = doors.json("PUT", "/admin/businesses/salon/keys/laptop", "master", {"label": "the laptop"})
    doors.keys["laptop"] = made["key"]
    listed = doors.json("GET", "/admin/businesses/salon/keys", "laptop")["keys"]
    assert [(one["key_id"], one["label"], one["last_used_at"] is not None) for one in listed] == [
        ("laptop", "the laptop", True),
        ("till", "", False),
    ]
    assert made["key"] not in json.dumps(doors.town.hub.documents.tables)  # type: ignore[attr-defined] # the memory's
    assert made["key"] not in json.dumps(listed)


def test_a_revoked_key_a_replaced_one_and_those_of_a_business_that_is_gone_open_nothing(doors: Doors) -> None:
    doors.keys["second"] = doors.json("PUT", "/admin/businesses/salon/keys/till", "salon")["key"]
    assert doors.ask("GET", "/admin/businesses/salon", "salon") == 401
    assert doors.ask("GET", "/admin/businesses/salon", "second") == 200
    assert doors.ask("DELETE", "/admin/businesses/salon/keys/till", "second") == 200
    assert doors.ask("GET", "/admin/businesses/salon", "second") == 401
    assert doors.ask("DELETE", "/admin/businesses/other/connections/other-cal", "master") == 200
    assert doors.ask("DELETE", "/admin/businesses/other", "master") == 200
    assert doors.ask("GET", "/admin/businesses/other", "other") == 401


def test_a_staff_link_leads_to_its_business_until_it_is_revoked(doors: Doors) -> None:
    made = doors.json("PUT", "/admin/businesses/salon/staff_links/tablet", "salon", {"label": "at the door"})
    assert made["url"] == f"https://hub.example.com/b/{made['staff_link']}"
    find = doors.town.hub.keyring.business_of_staff_link
    assert find(made["staff_link"], doors.town.clock.now()) == "salon"
    others = ("", "x", made["staff_link"][:-1], doors.keys["salon"], MASTER)
    assert {find(one, doors.town.clock.now()) for one in others} == {None}
    doors.json("DELETE", "/admin/businesses/salon/staff_links/tablet", "salon")
    assert find(made["staff_link"], doors.town.clock.now()) is None


def test_a_business_key_names_no_credentials_of_another(doors: Doors) -> None:
    path = "/admin/businesses/salon/connections/salon-cal"
    for name, status in (
        ("hub/other/tool", 400),
        ("hub/salon/../other", 400),
        ("hub/salonette/x", 400),
        ("hub/salon/x", 200),
    ):
        body = json.dumps({"provider": "calcom", "secret": "x", "credentials": name}).encode()
        assert doors.ask("PUT", path, "salon", body) == status, name
        assert doors.ask("PUT", path, "operator", body) == 200


def test_a_key_guessed_a_thousand_times_is_slowed_down_and_who_is_right_still_passes(doors: Doors) -> None:
    answers = [doors.ask("GET", "/admin/businesses/salon", f"guess-{number}") for number in range(1000)]
    assert set(answers) == {401, 429}
    assert answers.count(401) < 200
    assert doors.ask("GET", "/admin/businesses/salon", "salon") == 200


@pytest.mark.parametrize(
    ("key_id", "label"), [("a b", ""), ("x" * 65, ""), ("admin", ""), ("fine", "x" * 121), ("y", 1)]
)
def test_what_cannot_be_a_keys_name_or_label_is_refused(doors: Doors, key_id: str, label: Any) -> None:
    path = f"/admin/keys/{key_id.replace(' ', '%20')}"
    assert doors.ask("PUT", path, "master", json.dumps({"label": label}).encode()) == 400
