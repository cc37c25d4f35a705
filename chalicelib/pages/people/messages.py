"""What customers wrote that a person has to answer: open until somebody says that it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.invalid import Invalid
from chalicelib.notices.rendering.texts import WORDS_LENGTH
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.page import NotFound
from chalicelib.workflows.customer.answer import SHOWN, answer_message, open_messages

if TYPE_CHECKING:
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock
    from chalicelib.workflows.services import Services


@dataclass(frozen=True, slots=True)
class MessageEndpoints:
    """/admin/businesses/{business_id}/messages, and below it."""

    config: Config
    services: Services
    clock: Clock

    def list(self, business_id: str) -> dict[str, Any]:
        """The messages that nobody has answered yet, oldest first. Raises `NotFound`, `Unavailable`."""
        known_business(self.config, business_id)
        return {"messages": open_messages(self.services, business_id)}

    def answer(self, business_id: str, message_id: str, body: object) -> dict[str, Any]:
        """Says that a message is answered; {"text"} is sent to the customer.

        Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        known_business(self.config, business_id)
        text = body.get("text", "") if isinstance(body, dict) else None
        if not isinstance(text, str) or len(text) > WORDS_LENGTH:
            message = f'"text", if there is one, must be at most {WORDS_LENGTH} characters: it goes out as one text.'
            raise Invalid("invalid_text", message)
        answered = answer_message(self.services, business_id, message_id, text.strip(), self.clock.now())
        if answered is None:
            raise NotFound(f"Business {business_id} has no message {message_id[:80]!r}.")
        return {"message": {name: answered[name] for name in SHOWN}}
