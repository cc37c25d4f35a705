"""What gateways call with: checked, read, and queued as commands; nothing else happens while they wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.bookings.phone_numbers import current_number
from chalicelib.foundation.commands import DeliveryReported, InboundText, send_commands
from chalicelib.foundation.ports import Refused
from chalicelib.notices.delivery.gateways.gateway import Heard
from chalicelib.notices.delivery.gateways.kinds import KINDS
from chalicelib.notices.delivery.reports import plain_words

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.commands import Command
    from chalicelib.foundation.ports import Queues
    from chalicelib.notices.delivery.gateways.gateway import Call, Gateway, Said
    from chalicelib.notices.delivery.gateways.routes import Access

CALL_BYTES_MAX = 256 * 1024
NUMBER_DIGITS_MIN = 6  # a short code is nobody whom we text


class UnknownGateway(Exception):
    """There is no gateway of that id."""


class NotGenuine(Exception):
    """The call is not proved to come from the gateway."""


class CallTooLarge(Exception):
    """A call of more than `CALL_BYTES_MAX` bytes."""


@dataclass(frozen=True, slots=True)
class InboundCalls:
    """Takes in what gateways call with."""

    access: Access
    queues: Queues

    def receive(self, gateway_id: str, call: Call, now: datetime) -> int:
        """Queues what it says; how many things that were.

        Raises `UnknownGateway`, `NotGenuine`, `CallTooLarge`, `Unavailable`.
        """
        if len(call.body) > CALL_BYTES_MAX:
            raise CallTooLarge(f"The body is larger than {CALL_BYTES_MAX} bytes.")
        gateway = self.access.gateways.get(gateway_id)
        kind = KINDS.get(gateway.provider) if gateway else None
        if gateway is None or kind is None:
            raise UnknownGateway(f"There is no gateway {gateway_id[:80]!r} that takes texts.")
        try:
            fields = self.access.fields(gateway)
        except Refused as error:
            raise NotGenuine(f"The call cannot be checked: {error}.") from None
        if not kind.is_genuine(call, gateway, fields):
            needs = " and ".join(kind.signed_by) or "the key in its address"
            raise NotGenuine(
                f"The call is not proved to come from gateway {gateway_id}: it is checked by {needs}, over the address "
                "that the gateway was given. PUT the gateway again to see that address."
            )
        commands = [command for one in kind.read(call, gateway) if (command := _command(one, gateway, now))]
        send_commands(self.queues, *commands)
        return len(commands)


def _command(said: Said | Heard, gateway: Gateway, now: datetime) -> Command | None:
    if isinstance(said, Heard):
        digits = "".join(mark for mark in said.number if mark.isdigit())
        if not said.number.strip().startswith("+") or len(digits) < NUMBER_DIGITS_MIN:
            return None
        return InboundText(current_number(f"+{digits}"), said.text)
    if not said.reference and not said.message_id:
        return None
    return DeliveryReported(
        gateway.carrier,
        said.state.value,
        now.isoformat(),
        plain_words(said.why, ""),
        said.reference,
        said.message_id,
        for_good=said.for_good,
    )
