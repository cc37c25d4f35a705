"""Gateways and test messages through the real app: from setting one up to STOP; only AWS is replaced."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from chalicelib import wiring
from chalicelib.entrypoints.messages import handle_message
from chalicelib.notices.delivery.opt_out import is_opted_out
from chalicelib.workflows.trying.test_message import A_DAY_MAX
from infra.local.booking_tool import Appointment, signed, webhook
from tests.fakes.lindenau import Lindenau
from tests.fakes.openapi import check_answer
from tests.fakes.smtp_server import SmtpServer
from tests.fakes.text_gateways import ACCEPTED, SECRETS, KeptSecrets
from tests.fakes.tools_http import Reply, running_tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.http import Gateway
    from tests.fakes.tools_http import ToolServer

PHONE = "+12025550123"
QUEUES = ("inbox", "tickets", "notices")
HOOKS_SECRET = "made-up"


@dataclass
class Operator:
    """An operator with the key, and the hub's workers, which run when somebody waits."""

    gateway: Gateway
    town: Lindenau

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        sent = {"host": "hub.example.com", "authorization": "Bearer operators-key", **(headers or {})}
        status, _, answer = self.gateway.answer(method, path, sent, raw)
        check_answer(method, path.partition("?")[0], status, answer)
        return status, json.loads(answer) if answer else None

    def work(self, *_: object) -> None:
        hub = self.town.hub
        while any(hub.queues.messages[queue] for queue in QUEUES):  # type: ignore[attr-defined]
            for message in [one for queue in QUEUES for one in hub.queues.take(queue)]:  # type: ignore[attr-defined]
                handle_message(message, hub, hub.now())

    def book(self) -> None:
        """Ada books with the salon's tool."""
        self.ask("PUT", "/admin/businesses/salon/connections/cal", {"provider": "calcom", "secret": HOOKS_SECRET})
        start = self.town.hub.now() + timedelta(hours=6)
        appointment = Appointment("Ada", start, phone=PHONE, email="ada@example.com")
        body = json.dumps(webhook("BOOKING_CREATED", appointment, self.town.hub.now())).encode()
        assert self.ask("POST", "/hooks/cal", body, signed(body, HOOKS_SECRET))[0] == 202
        self.work()

    def notices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/admin/businesses/salon/notices")[1]["notices"]
        return found


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Gateway  # noqa: PLC0415 - as above

    town = Lindenau.founded(tmp_path)
    town.hub.secrets = secrets = KeptSecrets()
    town.hub.keep_secret = secrets.write
    town.hub.admin_key = lambda: "operators-key"
    town.hub.operator.feeds.put("town", {"gtfs": "https://example.org/town.zip"})
    town.open_salon()
    made = Operator(Gateway(app.app), town)
    trials = replace(town.hub.operator.trials, pause=made.work)
    town.hub.__dict__["operator"] = replace(town.hub.operator, trials=trials)
    wiring.install(town.hub)
    yield made
    wiring._installed.clear()  # noqa: SLF001 - gives the process back without a hub


@pytest.fixture
def server() -> Iterator[ToolServer]:
    yield from running_tool()


def with_elks(operator: Operator, server: ToolServer, answer: Reply | None = None) -> dict[str, Any]:
    server.answers["/a1/sms"] = answer or ACCEPTED["46elks"][1]
    body = {"provider": "46elks", "url": server.url, "secret": SECRETS["46elks"], "sender": "SALON"}
    status, gateway = operator.ask("PUT", "/admin/businesses/salon/gateways/elks", body)
    assert status == 200, gateway
    return dict(gateway)


def test_from_a_gateway_to_a_report_and_a_stop(operator: Operator, server: ToolServer) -> None:
    gateway = with_elks(operator, server)
    assert gateway["inbound_url"].startswith("https://hub.example.com/texts/elks/")
    operator.book()
    (notice,) = operator.notices()
    assert (notice["state"], notice["carrier"], notice["sender"]) == ("sent", "gateway:elks", "SALON")
    assert notice["delivery"]["state"] == "accepted"

    form = dict(pair.split("=", 1) for pair in server.asked[0].body.decode().split("&"))
    called = urlsplit(
        form["whendelivered"].replace("%3A", ":").replace("%2F", "/").replace("%3F", "?").replace("%3D", "=")
    )
    report = f"{called.path}?{called.query}"
    assert operator.ask("POST", report, b"id=s70d&status=delivered") == (204, None)
    operator.work()
    assert operator.notices()[0]["delivery"]["state"] == "delivered"

    inbound = urlencode({"from": PHONE, "to": "+46", "message": "Stop!", "id": "s1", "direction": "incoming"}).encode()
    assert operator.ask("POST", urlsplit(gateway["inbound_url"]).path, inbound) == (204, None)
    operator.work()
    assert is_opted_out(operator.town.hub.documents, PHONE)


def test_a_text_that_the_gateway_lost_comes_by_mail(operator: Operator, server: ToolServer) -> None:
    gateway = with_elks(operator, server)
    operator.book()
    (notice,) = operator.notices()
    path = urlsplit(gateway["inbound_url"]).path + "?" + urlencode({"ref": notice["notice_id"]})
    assert operator.ask("POST", path, b"id=s70d&status=failed") == (204, None)
    operator.work()
    assert [(one["channel"], one["state"]) for one in operator.notices()] == [("sms", "sent"), ("mail", "sent")]


def test_calls_with_another_key_are_refused(operator: Operator, server: ToolServer) -> None:
    with_elks(operator, server)
    assert operator.ask("POST", "/texts/elks", b"id=s70d&status=failed")[0] == 401
    assert operator.ask("POST", "/texts/elks/guess", b"id=s70d&status=failed")[0] == 401
    assert operator.ask("POST", "/texts/nothing", b"")[0] == 404


def test_a_test_text_says_what_became_of_it(operator: Operator, server: ToolServer) -> None:
    status, said = operator.ask("POST", "/admin/businesses/salon/test_text")
    assert (status, said["notice"]["to"]) == (200, "+12025550199")
    assert said["says"] == "It was taken by memory as text-1; delivery: no report will come."
    with_elks(operator, server)
    assert (
        "taken by gateway:elks as s70d; delivery: accepted."
        in operator.ask("POST", "/admin/businesses/salon/test_text", {"to": PHONE})[1]["says"]
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Reply(b"Invalid to number", 400), 'It was refused by gateway:elks: "elks said 400: Invalid to number".'),
        (
            Reply(b"API access requires Basic HTTP authentication", 401),
            (
                (
                    'It waits: service unavailable: "elks said 401: API access requires Basic HTTP authentication '
                    '(it refuses the credentials: check the gateway and its secret)". Ask again: GET'
                ),
            ),
        ),
        (Reply(b"oops", 500), 'Nobody knows whether it was sent by gateway:elks: "elks said 500: oops".'),
    ],
)
def test_a_test_text_that_fails_says_so_in_the_gateway_s_words(
    operator: Operator, server: ToolServer, answer: Reply, says: str
) -> None:
    with_elks(operator, server, answer)
    said = operator.ask("POST", "/admin/businesses/salon/test_text", {"to": PHONE})[1]["says"]
    assert said.startswith(says)


def test_a_test_mail_goes_by_the_mail_server_of_the_operator(operator: Operator) -> None:
    with SmtpServer() as post:
        body = {
            "provider": "smtp",
            "host": "localhost",
            "port": post.port,
            "security": "none",
            "from": "hub@example.org",
        }
        status, gateway = operator.ask("PUT", "/admin/gateways/post", body)
        assert (status, gateway["takes"], gateway.get("ignored")) == (200, "mail", None)
        said = operator.ask("POST", "/admin/businesses/salon/test_mail", {"to": "o@example.com"})[1]
    assert said["notice"]["carrier"] == "gateway:post"
    assert b"Subject: Test by Salon Lind" in post.mails[0]


def test_whoever_has_a_key_cannot_text_the_world(operator: Operator) -> None:
    for _ in range(A_DAY_MAX):
        assert operator.ask("POST", "/admin/businesses/salon/test_text", {"to": PHONE})[0] == 200
    status, said = operator.ask("POST", "/admin/businesses/salon/test_text", {"to": PHONE})
    assert (status, said["error"]["code"]) == (400, "too_many_tests")


def test_who_wants_no_texts_gets_no_test(operator: Operator) -> None:
    from chalicelib.notices.delivery.opt_out import record_wish  # noqa: PLC0415 - only here

    record_wish(operator.town.hub.documents, PHONE, operator.town.hub.now(), stopped=True)
    said = operator.ask("POST", "/admin/businesses/salon/test_text", {"to": PHONE})[1]
    assert said["says"] == "It was not sent: opted out."


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"provider": "pigeon"}, "provider must be one of: twilio, vonage"),
        ({"provider": "twilio", "secret": {"account_sid": "AC1"}}, "the secret of a twilio gateway lacks auth_token"),
        ({"provider": "twilio", "credentials": "none"}, "looked for as gateways/salon/none"),
        ({"provider": "smtp", "host": "h"}, "needs host and from"),
        ({"provider": "smtp", "host": "10.1.2.3", "from": "a@b.example"}, "host: is a private address"),
        ({"provider": "46elks", "url": "http://10.0.0.1", "secret": SECRETS["46elks"]}, "url: is a private address"),
        ({"provider": "http"}, "needs template"),
        ({"provider": "http", "template": {"url": "https://g.example", "json": {"a": "{text}"}}}, "needs {text} and"),
        ({"provider": "http", "template": {"url": "https://g.example.org/{to}", "form": {"t": "{text} {tim}"}}},
         "there is no {tim}"),
        ({"provider": "http", "template": {"url": "https://{secret.x}.example.org/{to}", "form": {"t": "{text}"}}},
         "a secret cannot be part of the host"),
        ({"provider": "http", "template": {"url": "https://g.example/{to}", "form": {"t": "{text}"}, "error": "[["}},
         "is not a JMESPath expression"),
    ],
)  # a table, read by rows # fmt: skip
def test_what_is_wrong_with_a_gateway_is_said(operator: Operator, body: dict[str, Any], words: str) -> None:
    status, said = operator.ask("PUT", "/admin/businesses/salon/gateways/g", body)
    assert status == 400
    assert words in said["error"]["message"]


def test_gateways_are_seen_without_their_secrets_and_removed(operator: Operator, server: ToolServer) -> None:
    with_elks(operator, server)
    listed = operator.ask("GET", "/admin/businesses/salon/gateways")[1]["gateways"]
    assert [one["gateway_id"] for one in listed] == ["elks"]
    assert operator.ask("GET", "/admin/gateways")[1] == {"gateways": []}
    assert operator.ask("GET", "/admin/gateways/elks")[0] == 404
    seen = json.dumps(operator.ask("GET", "/admin/businesses/salon/gateways/elks")[1])
    stored = json.dumps(operator.town.hub.documents.tables["config"], default=str)  # type: ignore[attr-defined]
    for secret in SECRETS["46elks"].values():
        assert f'"{secret}"' not in seen + stored
    assert not operator.ask("DELETE", "/admin/businesses/salon/gateways/elks?only_say=1")[1]["deleted"]
    assert operator.ask("DELETE", "/admin/businesses/salon/gateways/elks")[1]["deleted"]
    assert operator.ask("DELETE", "/admin/businesses/salon/gateways/elks")[0] == 404
