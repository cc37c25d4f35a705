"""Mail by SMTP, with TLS from the start or by STARTTLS, and one deadline for the whole conversation.

A server that refuses the receiver has refused for good; a "not now" (4xx) comes back later. What was handed over with
no answer is doubtful. Credentials are never sent in the clear: without TLS there is no login, except where the
operator's environment allows that very host (a mail catcher on this machine).
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from email.message import EmailMessage
from email.policy import SMTP as SMTP_LINES
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.ports import Doubtful, Handover, Refused, Unavailable
from chalicelib.foundation.public_hosts.check import NotPublic, UnknownHost, address_to_connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.ports import Letter
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.notices.delivery.gateways.gateway import Gateway

SMTP_TALK_S = 12.0  # all of it
TLS, STARTTLS, NONE = "tls", "starttls", "none"
PORTS = {TLS: 465, STARTTLS: 587, NONE: 25}
REFUSES_FOR_GOOD = 500


def send_by_smtp(
    letter: Letter, gateway: Gateway, fields: Mapping[str, str], allowed: AllowedHosts, talk_s: float = SMTP_TALK_S
) -> Handover:
    """As `ports.Mail.send`, within `talk_s`."""
    host = gateway.settings["host"]
    security = gateway.settings.get("security", STARTTLS)
    port = gateway.settings.get("port") or PORTS[security]
    try:
        address = address_to_connect(host, port, allowed)
    except (NotPublic, UnknownHost) as error:
        raise Unavailable(f"{gateway.gateway_id} cannot be called: {error}") from None
    message = message_of(letter, gateway.settings["from"])
    talk = _Talk(gateway.gateway_id, host, port, address)
    timer = threading.Timer(talk_s, talk.hang_up)
    timer.daemon = True
    timer.start()
    try:
        with talk.trouble("cannot be reached"):
            talk.open(security)
        if fields.get("username"):
            if security == NONE and not allowed.allows(host, port):
                raise Unavailable(f"{gateway.gateway_id}: no login without TLS: set security to tls or starttls")
            with talk.trouble("refuses the credentials"):
                talk.server.login(fields["username"], fields.get("password", ""))
        talk.hand_over(gateway.settings["from"], letter.to, message)
    finally:
        timer.cancel()
        talk.hang_up()
    return Handover(message["Message-ID"].strip("<>"), gateway.carrier, sender=gateway.settings["from"])


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The mail: plain text, marked as written by a machine, so that no machine answers it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


class _Talk:
    """One conversation with a server, on an address that was checked."""

    def __init__(self, name: str, host: str, port: int, address: str) -> None:
        self._name, self._host, self._port, self._address = name, host, port, address
        self.server: smtplib.SMTP

    def open(self, security: str) -> None:
        """Greets, and makes it private."""
        context = ssl.create_default_context()
        kind: Any = _SmtpAtAddress
        self.server = kind(self._address, context if security == TLS else None)
        code, words = self.server.connect(self._host, self._port)
        if code >= 400:  # noqa: PLR2004 - RFC 5321, 4.2.1
            raise smtplib.SMTPConnectError(code, words)
        self.server.ehlo()
        if security == STARTTLS:
            self.server.starttls(context=context)
            self.server.ehlo()

    def hand_over(self, sender: str, to: str, message: EmailMessage) -> None:
        """Raises `Refused`, `Unavailable`, `Doubtful`."""
        with self.trouble("does not take mails"):
            self._want(self.server.mail(sender))
            self._want(self.server.rcpt(to), is_receiver=True)
        try:
            answer = self.server.data(message.as_bytes(policy=SMTP_LINES))
        except smtplib.SMTPDataError as error:  # before anything of it was sent
            answer = (error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b"")
        except (OSError, smtplib.SMTPException):
            raise Doubtful(f"{self._name} took the mail and gave no answer") from None
        self._want(answer, is_receiver=True)

    def _want(self, answer: tuple[int, bytes], *, is_receiver: bool = False) -> None:
        code, words = answer
        if code < 400:  # noqa: PLR2004 - RFC 5321, 4.2.1
            return
        said = f"{self._name} said {code}: {words.decode('utf-8', 'replace')}"
        raise Refused(said) if code >= REFUSES_FOR_GOOD and is_receiver else Unavailable(said)

    def trouble(self, what: str) -> _Trouble:
        """Turns what goes wrong inside into `Unavailable`, in the server's words."""
        return _Trouble(f"{self._name} {what}")

    def hang_up(self) -> None:
        """Ends it, whatever it waits for."""
        server = getattr(self, "server", None)
        if server is not None and server.sock is not None:
            with contextlib.suppress(OSError):
                server.sock.shutdown(socket.SHUT_RDWR)
            server.close()


class _Trouble:
    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, smtplib.SMTPResponseException):
            words = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else ""
            raise Unavailable(f"{self._what}: {error.smtp_code} {words}") from None
        if isinstance(error, smtplib.SMTPException | OSError):
            raise Unavailable(f"{self._what}: {type(error).__name__}") from None


class _SmtpAtAddress(smtplib.SMTP):
    """Connects to an address that was checked; what TLS proves stays the name."""

    def __init__(self, address: str, tls: ssl.SSLContext | None) -> None:
        super().__init__(timeout=SMTP_TALK_S)
        self._address, self._tls = address, tls

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host  # what STARTTLS proves
        plain = socket.create_connection((self._address, port), timeout)
        if self._tls is None:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise
