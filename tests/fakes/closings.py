"""The salon whose operator reports outages: its business lies in the store, as it really does."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Customer
from chalicelib.bookings.config import Config
from chalicelib.outages.reported import end_outage, outage_from_form, parse_outage_form
from chalicelib.outages.store import Outages
from chalicelib.workflows.origin_set import set_origin
from tests.fakes.salon import HOME, SALON, ZONE, Salon, at, booking

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Booking
    from chalicelib.outages.outage import Outage
    from chalicelib.tickets.ticket import Ticket


NAMES = ("early", "first", "middle", "late")
STARTS = {"early": "09:00", "first": "09:30", "middle": "10:30", "late": "11:30"}  # a way takes 35 minutes


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
        form, now = parse_outage_form(outage_id, body), self.salon.now
        made = self.outages.change(
            self.business_id,
            outage_id,
            lambda known: outage_from_form(known, self.business_id, outage_id, form, now),
            now,
        )
        assert made
        self.know()
        self.salon.work()
        return made

    def opens(self, outage_id: str = "o1") -> None:
        """The operator says that it is over."""
        now = self.salon.now
        self.outages.change(self.business_id, outage_id, lambda known: end_outage(known, now) if known else None, now)
        self.know()
        self.salon.work()

    def texts(self) -> list[str]:
        """What was sent, in order, with the link cut off."""
        return [text.split(" https://")[0] for _, text in self.salon.texts.sent]


def customer(name: str) -> Customer:
    return Customer(name, name.title(), phone=f"+1202555011{NAMES.index(name)}")


def booked_at(name: str) -> Booking:
    return booking(at(STARTS[name]), customer(name), booking_id=name)


def a_day(*names: str, origin: bool = True) -> tuple[ClosingSalon, dict[str, Ticket]]:
    """Customers who booked days before, and the morning of the day, at 08:00."""
    place = ClosingSalon()
    tickets = {name: place.salon.book(booked_at(name))[0] for name in names}
    for ticket in tickets.values():
        if origin:
            set_origin(place.salon.services, ticket.ticket_id, HOME, place.salon.now)
    place.salon.until(at("08:00"))
    return place, tickets


def told(place: ClosingSalon, since: str = "3 08:00") -> list[tuple[str, str, str]]:
    """(local time, whom, kind) of what was sent on the day."""
    sent = sorted((one for one in place.salon.notices() if one.sent_at), key=lambda one: one.sent_at or one.created_at)
    names = {customer(name).phone: name for name in NAMES}
    return [
        (f"{one.sent_at.astimezone(ZONE):%H:%M}", names.get(one.to, one.to), one.kind)
        for one in sent
        if one.sent_at and one.sent_at >= at(since)
    ]


def outage_texts(place: ClosingSalon, name: str) -> list[str]:
    """What this customer was told of outages, without the link."""
    mine = [one for one in place.salon.notices() if one.kind == "outage" and one.to == customer(name).phone]
    return [one.text.split(" https://")[0] for one in mine if one.sent_at]
