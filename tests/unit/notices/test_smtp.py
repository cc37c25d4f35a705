"""Mail by SMTP against a real server on loopback: TLS, credentials, refusals, a server that says nothing."""

from __future__ import annotations

from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.ports import Doubtful, Letter, Refused, Unavailable
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, THIS_MACHINE, parse_allowed_hosts
from chalicelib.notices.delivery.gateways import smtp
from chalicelib.notices.delivery.gateways.gateway import Gateway
from tests.fakes.smtp_server import SmtpServer, certified

if TYPE_CHECKING:
    from pathlib import Path

LETTER = Letter("ada@example.com", "Salon Lind, Thu 14:30", "Größe:\nleave by 9:12\n", "salon", "t1-1-booked-mail")
LOGIN = {"username": "hub", "password": "geheim"}


def send(server: SmtpServer, fields: dict[str, str] | None = None, talk_s: float = 12, **settings: Any) -> Any:
    settings = {"host": "localhost", "port": server.port, "security": "none", "from": "hub@example.org"} | settings
    gateway = Gateway("post", "", "smtp", "post", settings)
    return smtp.send_by_smtp(LETTER, gateway, fields or {}, parse_allowed_hosts(THIS_MACHINE), talk_s)


def test_a_mail_is_taken_as_it_was_written() -> None:
    with SmtpServer() as server:
        handed = send(server)
    (raw,) = server.mails
    mail = message_from_bytes(raw)
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == LETTER.text
    assert (mail["From"], mail["To"], mail["Subject"]) == ("hub@example.org", LETTER.to, LETTER.subject)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (handed.carrier, handed.sender, mail["Message-ID"]) == (
        "gateway:post",
        "hub@example.org",
        f"<{handed.message_id}>",
    )
    assert "MAIL FROM:<hub@example.org>" in server.commands[1].upper().replace("HUB@EXAMPLE.ORG", "hub@example.org")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_credentials_go_over_a_private_connection(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with SmtpServer(context, from_the_start=security == "tls") as server:
        send(server, LOGIN, security=security)
    assert server.logins == ["hub\0geheim"]
    assert len(server.mails) == 1


def test_a_certificate_of_another_name_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = certified(tmp_path, "other.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with SmtpServer(context) as server, pytest.raises(Unavailable, match="cannot be reached: SSLCertVerificationError"):
        send(server, LOGIN, security="starttls")
    assert not server.logins


def test_a_server_without_tls_gets_no_mail_where_tls_is_wanted() -> None:
    with SmtpServer() as server, pytest.raises(Unavailable, match="SMTPNotSupportedError"):
        send(server, LOGIN, security="starttls")
    assert not server.logins


@pytest.mark.parametrize(
    ("answers", "raised", "words"),
    [
        ({"RCPT": "550 5.1.1 no such user ada@example.com"}, Refused, "post said 550: 5.1.1 no such user"),
        ({"RCPT": "451 4.7.1 greylisted"}, Unavailable, "post said 451: 4.7.1 greylisted"),
        ({"MAIL": "530 authentication required"}, Unavailable, "post said 530"),
        ({"GREETING": "554 go away"}, Unavailable, "cannot be reached: 554 go away"),
        ({"DATA": "554 no"}, Refused, "post said 554: no"),
        ({"MAIL-TAKEN": "552 too large"}, Refused, "post said 552: too large"),
        ({"MAIL-TAKEN": "421 later"}, Unavailable, "post said 421: later"),
        ({"AUTH": "535 5.7.8 bad credentials"}, Unavailable, "refuses the credentials: 535 5.7.8 bad credentials"),
    ],
)
def test_what_the_server_says_is_told(answers: dict[str, str], raised: type[Exception], words: str) -> None:
    with SmtpServer(answers=answers) as server, pytest.raises(raised) as caught:
        send(server, LOGIN)
    assert words in str(caught.value)


@pytest.mark.parametrize(("silent", "raised"), [("EHLO", Unavailable), ("RCPT", Unavailable), ("MAIL-TAKEN", Doubtful)])
def test_a_server_that_says_nothing_is_given_up(silent: str, raised: type[Exception]) -> None:
    with SmtpServer(answers={silent: ""}) as server, pytest.raises(raised):
        send(server, talk_s=0.3)


def test_a_server_that_is_not_public_is_not_called() -> None:
    gateway = Gateway("post", "", "smtp", "", {"host": "127.0.0.1", "port": 25, "from": "hub@example.org"})
    with pytest.raises(Unavailable, match="post cannot be called"):
        smtp.send_by_smtp(LETTER, gateway, {}, PUBLIC_ONLY)
