"""What a channel is: one way to reach a person. Each is a module beside this one; `address.CHANNELS` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chalicelib.notices.delivery.pace import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Handover, Mail, Texts, Topic
    from chalicelib.notices.notice import Notice


UNPACED = Line("")


@dataclass(frozen=True, slots=True)
class Carriers:
    """The ports that channels send through."""

    texts: Texts
    mail: Mail
    topic: Topic
    lines: Callable[[str], Line] = lambda _: UNPACED  # where a business's texts go out; raises `Unavailable`


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is to be reached, by what is known of them: the words of the booking tool or of the operator, not checked."""

    phone: str | None = None
    mail: str | None = None
    may_subscribe: bool = False  # the business and the operator hear what is on the topic; customers do not


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a channel reaches somebody: `to` in its own form; None: it does not, and `reason` may say why."""

    to: str | None = None
    reason: str | None = None


class Channel(Protocol):
    """One way to reach a person. It holds nothing of its own."""

    @property
    def name(self) -> str:
        """As notices store it: "sms" or "mail", say."""
        ...

    @property
    def has_opt_out(self) -> bool:
        """The person can answer STOP to it; `opt_out` is asked before anything is sent."""
        ...

    @property
    def is_paced(self) -> bool:
        """Its carriers take so many in a second; `pace` is asked for a turn before anything is sent."""
        ...

    def reach(self, recipient: Recipient, business: Business) -> Reach:
        """Where the recipient of this business is reached. Pure."""
        ...

    def send(self, notice: Notice, carriers: Carriers, sender: str | None) -> Handover | None:
        """Hands the notice over once; who took it, None: nobody had to. `sender`: the business's own name.

        Raises `Unavailable` (try again), `Throttled` (in seconds), `Doubtful` (perhaps sent), `Refused` (never).
        """
        ...
