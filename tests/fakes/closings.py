"""The salon whose operator reports outages: its business lies in the store, as it really does."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.config import Config
from chalicelib.bookings.outages.reported import checked, ended, reported
from chalicelib.bookings.outages.store import Outages
from tests.fakes.salon import SALON, Salon, at

if TYPE_CHECKING:
    from chalicelib.bookings.outages.outage import Outage


def business_body(**changes: Any) -> dict[str, Any]:
    """The salon as an operator writes it."""
    plain = {name: value for name, value in asdict(SALON).items() if name not in {"business_id", "version", "outages"}}
    return plain | {"location": {"lat": plain.pop("lat"), "lon": plain.pop("lon")}} | changes


@dataclass
class ClosingSalon:
    """Both rooms, with outages as the operator's doors make them."""

    salon: Salon = field(default_factory=Salon)
    business_id: str = "salon"

    def __post_init__(self) -> None:
        self.config = Config(self.salon.documents)
        self.outages = Outages(self.salon.documents, self.salon.queues)
        self.config.put_business(self.business_id, business_body(), self.salon.now)
        self.know()

    def know(self) -> None:
        """The rooms read the business as it is stored."""
        self.salon.business = self.config.business("salon")

    def closes(self, back_from: str, back_until: str, outage_id: str = "o1", **more: Any) -> Outage:
        """The operator reports a closing of the visit's day, or another range of it; everybody hears what follows."""
        body = {"back_from": at(back_from).isoformat(), "back_until": at(back_until).isoformat()} | more
        form, now = checked(outage_id, body), self.salon.now
        made = self.outages.change(
            self.business_id, outage_id, lambda known: reported(known, self.business_id, outage_id, form, now), now
        )
        assert made
        self.know()
        self.salon.work()
        return made

    def opens(self, outage_id: str = "o1") -> None:
        """The operator says that it is over."""
        now = self.salon.now
        self.outages.change(self.business_id, outage_id, lambda known: ended(known, now) if known else None, now)
        self.know()
        self.salon.work()

    def texts(self) -> list[str]:
        """What was sent, in order, with the link cut off."""
        return [text.split(" https://")[0] for _, text in self.salon.texts.sent]
