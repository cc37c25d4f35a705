"""A mail server on loopback: greets, takes mails, refuses whom a test wants refused, with and without TLS."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class SmtpServer:
    """`answers`: to commands by their first word, instead of the usual ones; an answer of "" is none at all."""

    tls: ssl.SSLContext | None = None
    from_the_start: bool = False
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = Listening(self)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Listening(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, told: SmtpServer) -> None:
        self.told = told
        super().__init__(("127.0.0.1", 0), Conversation)


class Conversation(socketserver.StreamRequestHandler):
    server: Listening

    def setup(self) -> None:
        if self.server.told.from_the_start:
            assert self.server.told.tls
            self.request = self.server.told.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        self._say(self.server.told.answers.get("GREETING", "220 mail.example.org"))
        while line := self.rfile.readline():
            command = line.decode().strip()
            word = command.partition(" ")[0].upper()
            self.server.told.commands.append(command)
            self._obey(word, command)
            if word == "QUIT":
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _obey(self, word: str, command: str) -> None:
        if word in self.server.told.answers:
            self._say(self.server.told.answers[word])
        elif word == "EHLO":
            can = ["250-mail.example.org", "250-AUTH PLAIN"]
            can += ["250-STARTTLS"] if self.server.told.tls and not self.server.told.from_the_start else []
            self._say("\r\n".join([*can, "250 SIZE 1000000"]))
        elif word == "STARTTLS":
            assert self.server.told.tls
            self._say("220 go on")
            self.request = self.server.told.tls.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        elif word == "AUTH":
            self.server.told.logins.append(base64.b64decode(command.rsplit(maxsplit=1)[-1]).decode().strip("\0"))
            self._say("235 welcome")
        elif word == "DATA":
            self._say("354 go on")
            self._take()
        else:
            self._say("250 fine")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        self.server.told.mails.append(b"".join(lines))
        self._say(self.server.told.answers.get("MAIL-TAKEN", "250 queued as 1"))

    def _say(self, text: str) -> None:
        if text:
            self.wfile.write(text.encode() + b"\r\n")


def certified(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own making, and that certificate's file."""
    from cryptography import x509  # noqa: PLC0415 - few tests need it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - the same
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 - the same

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file
