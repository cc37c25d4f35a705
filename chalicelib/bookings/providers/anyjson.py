"""Any JSON, form, XML or signed token, by a mapping in JMESPath (jmespath.org) of the operator. Quality: mapped.

`mapping` of the connection, each value a JMESPath expression over the body (or over each of `items`):

    {"uid": "id", "status": "state", "start": "starts_at", "end": "ends_at", "name": "client.name",
     "phone": "client.tel", "order": "updated_at", "items": "appointments[]",
     "statuses": {"confirmed": "booked", "canceled": "cancelled"}}

Rules:
- `uid`, `start` and one of `name`, `email`, `phone` are needed, and `end` or a length; the rest is optional: status
  (else "booked"), order, timezone, locale, title, service, calendar, moved_from, address, remote (true: by telephone or
  screen) or location (a link or a number means the same). A cancel needs only its uid.
- `statuses` turns the tool's words into ours (booked, requested, cancelled, rejected, no_show; null: ignored). Also
  true, false and numbers are words; "" stands for none. A word that is in neither is parked, and so is none; but the
  other one of true and false is "booked" where `statuses` names only the one that ends or ignores.
- Times: `mapped_times`; `time_format` of the mapping says what is ambiguous. A local time is in the zone that
  `timezone` of the mapping finds (or names: "Europe/Vilnius"), else in the connection's; else it is parked.
- `length_min`, `length_s` or `length` (a text with its units) may stand for `end`.
- `order` decides which of two is newer, by time or by number. What has none counts as newer than what is known.
- `customers` finds a list of people; then name, email, phone, locale and address are looked for in each of them.
- Bodies that are no JSON, and JSON within texts: `mapped_bodies` and `mapped_values`.
- `signature` of the connection: {"scheme": "hex" | "base64" | "token", "header": "X-Signature", "prefix": "sha256="}
  (HMAC-SHA256 of the body, or the secret itself), or {"scheme": "rs256", "key": the tool's public key as PEM} for a
  body (or header) that is a token. Without it the secret is expected as `?key=` of the address.
- Nothing in a call may tell two changes apart (10:00, 11:00, 10:00): a repetition is read again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import ATTENDEES_MAX
from chalicelib.bookings.providers import mapped_bodies, mapped_times, reading, rs256
from chalicelib.bookings.providers.collecting import Collected
from chalicelib.bookings.providers.contract import Ignored, Parked, Provider
from chalicelib.bookings.providers.mapped_values import Scope
from chalicelib.bookings.providers.remote import is_remote
from chalicelib.bookings.providers.signing import base64_hmac, bytes_of, digest_of, hex_hmac, is_same, is_signed_by_any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context, Keys, Raw, Reading

T = TypeVar("T")
ITEMS_MAX = 2000
DIGESTS = {"hex": hex_hmac, "base64": base64_hmac}
MAPPING_NEEDED = ("uid", "start")
ENDED = frozenset({Status.CANCELLED, Status.REJECTED, Status.NO_SHOW})
YES, NO = frozenset({"true", "yes", "1", "online", "remote", "video", "virtual"}), frozenset({"false", "no", "0"})
NEWER = "~"  # between a known order and the time of receipt of what has none: it sorts behind the first


def sent_at(raw: Raw) -> datetime | None:
    """A time at which a token in the body was valid; other signatures hold none."""
    return rs256.ends_at(raw.body)


def verify(raw: Raw, keys: Keys) -> bool:
    """Whether the call carries what the connection's `signature` says."""
    scheme: Mapping[str, str] = keys.settings.get("signature") or {}
    if scheme.get("scheme") == "rs256":
        token = bytes_of(raw.headers.get(scheme["header"].lower(), "")) if scheme.get("header") else raw.body
        return rs256.is_genuine(token, scheme.get("key", ""), keys.now)
    given = raw.headers.get(scheme.get("header", "").lower(), "") if scheme else raw.query.get("key", "")
    prefix = scheme.get("prefix", "")
    if not given.startswith(prefix):
        return False
    given = given[len(prefix) :]
    digest = DIGESTS.get(scheme.get("scheme", "token"))
    if digest is None:
        matches = [is_same(given, secret) for secret in keys.secrets if secret]
        return any(matches)
    return is_signed_by_any([given.lower() if scheme["scheme"] == "hex" else given], keys.secrets, raw.body, digest)


def dedupe_key(raw: Raw) -> str:
    """The body; see `alike`."""
    return digest_of(raw.body)


def reports(raw: Raw, context: Context) -> Reading | Ignored:
    """The appointments that the mapping finds in a body; each that it does not fit is named with the reason."""
    mapping: dict[str, Any] = context.setting("mapping") or {}
    if missing := [name for name in MAPPING_NEEDED if not mapping.get(name)]:
        raise Parked(f"the connection's mapping lacks {', '.join(missing)}")
    body = mapped_bodies.body_of(raw.body, raw.headers.get("content-type", ""), mapping.get("body"))
    items = Scope(body).find(mapping["items"], body, "items") if mapping.get("items") else [body]
    items = [items] if isinstance(items, dict) else items  # of XML: an element that is there once
    if not isinstance(items, list) or len(items) > ITEMS_MAX:
        raise Parked(f"items is not a list of at most {ITEMS_MAX}")
    collected = Collected()
    collected.add_all(lambda item: _Item(item, Scope(body, item), mapping, context).report(), items)
    if len(items) == 1 and collected.unread:
        raise Parked(collected.unread[0].reason)
    found = collected.reading()
    return found if found.reports or found.unread else Ignored("nothing in it is an appointment")


class _Item:
    """One item of a body, read by the mapping."""

    def __init__(self, item: Any, scope: Scope, mapping: Mapping[str, Any], context: Context) -> None:
        self._item = item
        self._scope = scope
        self._mapping = mapping
        self._context = context
        self._time_format: str | None = mapping.get("time_format")

    def find(self, name: str) -> Any:
        """What the mapping's expression of that name finds; None where there is no such expression."""
        return self._scope.find(self._mapping[name], self._item, name) if self._mapping.get(name) else None

    def report(self) -> Report | None:
        """The item as a report; None where the operator says that its status is to be ignored.

        Of an appointment that has ended, what cannot be read besides leaves what is known.
        """
        status = self._status()
        if status is None:
            return None
        uid = reading.identifier({"uid": self.find("uid")}, "uid")
        has_ended = status in ENDED
        span = _read(self._span, leniently=has_ended)
        return Report(
            uid=uid,
            order=self._order(uid),
            status=status,
            start=span[0] if span else None,
            end=span[1] if span else None,
            timezone=reading.known_zone(self.find("timezone")),
            customers=_read(self._customers, leniently=has_ended),
            title=reading.clean(self.find("title")),
            service=reading.clean(self.find("service")),
            calendar=reading.clean(self.find("calendar")),
            moved_from=reading.optional_identifier({"uid": self.find("moved_from")}, "uid"),
            address=None if self._mapping.get("customers") else reading.clean(self.find("address")),
            remote=self._is_remote(),
        )

    def _is_remote(self) -> bool | None:
        """True and false as such, words as the names of places; None where the mapping finds neither."""
        said = self.find("remote")
        if isinstance(said, bool | int | float):
            return bool(said)
        word = reading.clean(said)
        if word and word.casefold() in YES | NO:
            return word.casefold() in YES
        return is_remote(word or self.find("location"))

    def _status(self) -> Status | None:
        """Ours for the tool's word; None where the operator says that it is to be ignored."""
        if not self._mapping.get("status"):
            return Status.BOOKED
        found = self.find("status")
        word = _word(found)
        words = {str(name).strip().casefold(): ours for name, ours in (self._mapping.get("statuses") or {}).items()}
        ours = words.get(word, word)
        if isinstance(found, bool) and word not in words:
            other = words.get(str(not found).casefold(), "")
            ours = Status.BOOKED.value if other is None or other in ENDED else word
        if ours is None:
            return None
        if ours == "":
            raise Parked('status finds nothing (correct its path, or say in the mapping\'s statuses what "" means)')
        if ours not in set(Status):
            raise Parked(f"status is unknown: {word[: reading.SHOWN_MAX]} (add it to the mapping's statuses)")
        return Status(ours)

    def _span(self) -> tuple[datetime, datetime]:
        start = self._time("start")
        if self.find("end") not in (None, ""):
            return reading.span(start, self._time("end"), "end")
        return start, start + self._length()

    def _time(self, name: str) -> datetime:
        value = self.find(name)
        try:
            return mapped_times.instant_of(value, name, self._zone(), self._time_format)
        except mapped_times.NoZone as reason:
            said = reading.clean(self.find("timezone"))
            if said:
                raise Parked(f"{reason}; {reading.unknown_zone('timezone', said, self._context)}") from None
            remedy = f"set the connection's timezone, or the mapping's, such as {self._context.business.timezone}"
            raise Parked(f"{reason} ({remedy})") from None

    def _zone(self) -> ZoneInfo | None:
        """The zone of local times: what the mapping finds, else the connection's; None where it is unknown."""
        said = self.find("timezone") or self._context.setting("timezone")
        return reading.zone_of(said, self._context.setting("zones"))

    def _length(self) -> timedelta:
        units = {"length_min": 60, "length_s": 1, "length": None}
        for name, unit_s in units.items():
            if (value := self.find(name)) not in (None, "", 0):
                return mapped_times.length_of(value, name, unit_s)
        lengths: dict[str, int] = self._context.setting("length_min", {})
        minutes = lengths.get(reading.clean(self.find("service")) or "") or lengths.get("*")
        if minutes is None:
            raise Parked("end is missing (and no length_min says how long it takes)")
        return timedelta(minutes=minutes)

    def _customers(self) -> tuple[Customer, ...]:
        if not self._mapping.get("customers"):
            return (self._customer(self._item),)
        people = self.find("customers")
        people = [people] if isinstance(people, dict) else people
        if not isinstance(people, list) or not 0 < len(people) <= ATTENDEES_MAX:
            raise Parked(f"customers is not a list of 1 to {ATTENDEES_MAX} people")
        found = (self._customer(one) for one in people)
        return tuple({one.key: one for one in found}.values())

    def _customer(self, person: Any) -> Customer:
        said = {
            name: reading.clean(self._scope.find(self._mapping[name], person, name))
            for name in ("name", "email", "phone", "locale", "address")
            if self._mapping.get(name)
        }
        found = reading.customer(said.get("name"), said.get("email"), said.get("phone"), said.get("locale"))
        return replace(found, address=said.get("address")) if self._mapping.get("customers") else found

    def _order(self, uid: str) -> str:
        """The tool's order; without one, right behind what is known of this uid."""
        received_at = self._context.received_at
        received = reading.stamp(received_at)
        if not self._mapping.get("order"):
            return received
        order = mapped_times.order_of(self.find("order"), self._zone(), self._time_format, received_at)
        if order is not None:
            return order
        known = next((one.order for one in self._context.coming_bookings() if one.uid == uid), "")
        return f"{known.split(NEWER)[0]}{NEWER}{received}" if known else received


def _read(read: Callable[[], T], *, leniently: bool) -> T | None:
    try:
        return read()
    except Parked:
        if leniently:
            return None
        raise


def _word(found: Any) -> str:
    """A status as a word in lower case; "" for none. Parks on what is none."""
    if isinstance(found, bool):
        return str(found).casefold()
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if found is not None and not isinstance(found, str | int | float):
        raise Parked(f"status is {'an object' if isinstance(found, dict) else 'a list'}, not a word: correct its path")
    return (reading.clean(found) or "").casefold()


PROVIDER = Provider(
    "json",
    "mapped",
    verify,
    dedupe_key,
    reports,
    sent_at=sent_at,
    needs_secret=lambda settings: (settings.get("signature") or {}).get("scheme") != "rs256",
    key_in_address=lambda settings: not settings.get("signature"),
    alike=True,
)
