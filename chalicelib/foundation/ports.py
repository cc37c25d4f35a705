"""The ports: small interfaces through which rooms reach the world, and the errors that come back.

Rooms decide on plain values and hand what is to happen to a port. Nothing here knows AWS: `chalicelib/aws` stands
behind the ports when the hub is deployed, `tests/fakes` in tests; both pass the same contract tests (`tests/contract`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

Document = dict[str, Any]
"""A JSON object. Its key, index and `expires_at` attributes are top-level strings or integers."""


LAST = "\uffff"  # sorts behind every key


class Conflict(Exception):
    """A conditional write found another version than it expected; nothing of the whole write happened."""


class Unavailable(Exception):
    """A service behind a port could not be reached in time; nothing is known to have happened; try again."""


class Throttled(Unavailable):
    """A service takes no more for a moment: nothing happened, and the same may be tried again in seconds."""


class Doubtful(Exception):
    """What must not happen twice was handed over and no answer came: perhaps it happened; do not repeat it."""


class Refused(Exception):
    """A service behind a port said no for good (say, a number that cannot receive texts)."""


class OptedOut(Refused):
    """The carrier keeps a list of people who want nothing from us, and this one is on it."""


@dataclass(frozen=True, slots=True)
class Write:
    """One conditional write. `expects` is the stored `version` it replaces; None: must not exist yet.

    The document's own `version` (integer ≥ 1) is what the next writer has to expect.
    """

    table: str
    document: Document
    expects: int | None


class Documents(Protocol):
    """A store of documents with optimistic versions. Expired documents (`expires_at` ≤ now) read as absent."""

    def get(self, table: str, key: str) -> Document | None:
        """The document, strongly consistent. Raises `Unavailable`."""
        ...

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        """Those of the documents that exist, in any order, strongly consistent. Raises `Unavailable`."""
        ...

    def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:
        """The same for several tables (table → keys) in one go. Raises `Unavailable`.

        With `may_lag` each as it was a moment ago, for half the price: for who writes under the version read.
        """
        ...

    def write(self, *writes: Write) -> None:
        """All of the writes (100 at most, each another document) or none. Raises `Conflict`, `Unavailable`."""
        ...

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        """Each write by itself, several at once; what kept each from being written, None: nothing did."""
        ...

    def delete(self, table: str, key: str) -> None:
        """Afterwards there is no such document. Raises `Unavailable`."""
        ...

    def query(
        self,
        table: str,
        index: str,
        partition: str,
        *,
        first: str = "",
        last: str = LAST,
        limit: int = 1000,
    ) -> list[Document]:
        """Documents of one partition whose sort attribute is in [first, last], ascending; may lag a write.

        Those that an index of keys names are read as they are now: what has left the span since is left out.
        """
        ...

    def keys(
        self,
        table: str,
        index: str,
        partition: str,
        *,
        first: str = "",
        last: str = LAST,
        limit: int = 1000,
    ) -> list[Document]:
        """The key and the two index attributes of each such document; may lag a write, and name expired ones."""
        ...


class Queues(Protocol):
    """Work to be done soon, at least once: "inbox", "tickets", "updates", "notices", "feeds"."""

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        """Raises `Unavailable`; then some of the messages may have been sent all the same."""
        ...


class QueueLength(Protocol):
    """How one queue stands."""

    @property
    def waiting(self) -> int:
        """Messages that nobody has yet."""
        ...

    @property
    def dead(self) -> int:
        """Messages that failed too often."""
        ...

    @property
    def oldest_s(self) -> float:
        """For how long the oldest one waits; 0: none does."""
        ...


class QueueCare(Protocol):
    """Looking after queues, where that can be done from here: on one machine."""

    def lengths(self) -> Mapping[str, QueueLength]:
        """Every queue that holds something, by its name. Raises `Unavailable`."""
        ...

    def dead(self, limit: int = 100) -> Sequence[Mapping[str, Any]]:
        """Messages that failed too often, the newest first: {"id", "queue", "body", "dead_at"}.

        Raises `Unavailable`.
        """
        ...

    def revive(self, message_ids: Sequence[int]) -> int:
        """Dead messages are tried again; how many of these were dead. Raises `Unavailable`."""
        ...


class OutboxLine(Protocol):
    """One text or mail as it would have gone out."""

    @property
    def id(self) -> int:
        """Its number; later ones have greater ones."""
        ...

    @property
    def at(self) -> str:
        """When, a UTC text."""
        ...

    @property
    def channel(self) -> str:
        """Text or mail, in lower case."""
        ...

    @property
    def to(self) -> str:
        """A phone number or mail address."""
        ...

    @property
    def subject(self) -> str:
        """Of a mail; "" for a text."""
        ...

    @property
    def body(self) -> str:
        """What it says."""
        ...


class ShownOutbox(Protocol):
    """Texts and mails that did not leave the machine, for people to look at."""

    def latest(self, limit: int = 100) -> Sequence[OutboxLine]:
        """The newest first. Raises `Unavailable`."""
        ...


class Bucket(Protocol):
    """Large blobs by key: timetables, raw webhooks too large for a table."""

    def put(self, key: str, data: bytes) -> None:
        """Stores the blob whole. Raises `Unavailable`."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Stores a file's content whole. Raises `Unavailable`."""
        ...

    def get(self, key: str) -> bytes | None:
        """The blob, or None. Raises `Unavailable`."""
        ...

    def fetch(self, key: str, path: Path) -> bool:
        """Writes the blob to `path`, atomically; False if there is none. Raises `Unavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A short message to a phone. `to` is E.164; after `expires_at` it is no use any more.

    `reference` is ours; a carrier that can gives it back in its delivery reports.
    """

    to: str
    text: str
    sender: str | None = None
    business_id: str = ""
    reference: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain mail; `reference` as in `Text`."""

    to: str
    subject: str
    text: str
    business_id: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """That a carrier took a message: its id of it, and who took it ("sns", "ses", "gateway:…").

    `will_report`: whether it arrived will be reported. `by_id`: reports name the message only by the carrier's id.
    """

    message_id: str
    carrier: str = ""
    will_report: bool = False
    by_id: bool = False
    sender: str = ""  # as whom it was sent, where the carrier's part decides that


class Texts(Protocol):
    """Short messages to phones: End User Messaging, SNS, an HTTP gateway."""

    def send(self, text: Text) -> Handover:
        """Hands it over once. Raises `Unavailable` (`Throttled`), `Doubtful`, `Refused`, in words for the operator."""
        ...


class Mail(Protocol):
    """Mail: SES, SMTP."""

    def send(self, letter: Letter) -> Handover:
        """Hands it over once. Raises as `Texts.send`."""
        ...


class Topic(Protocol):
    """Where every notice is also published, for whoever subscribes (SNS)."""

    def publish(self, message: Document, attributes: Mapping[str, str]) -> str:
        """The answer is the message id. Raises `Unavailable`."""
        ...


class Secrets(Protocol):
    """Credentials for tools' own interfaces, by name (AWS Secrets Manager). Never logged, never in a document."""

    def read(self, name: str) -> Mapping[str, str]:
        """The named secret's fields. Raises `Unavailable`, `Refused` (there is none, or it is not ours)."""
        ...


class Clock(Protocol):
    """The one source of "now"; rooms get it as an argument."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...
