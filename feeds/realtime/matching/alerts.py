"""Alerts of a message → plain values.

Rules
- An alert that names nothing, or nothing but an unknown agency, touches no journey: it is left out and counted.
- A selector whose trip and route contradict each other fits no ride, so it is shown on none.
- Texts are cut at `ALERT_TEXT_MAX`: an alert is a hint beside a plan, not an article.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from google.transit import gtfs_realtime_pb2

from chalicelib.transit.data.alerts import Alert, Selector
from feeds.realtime.decode import posix_of
from feeds.realtime.matching.match import RejectedEntity, clean_text

if TYPE_CHECKING:
    from collections import Counter

    from feeds.realtime.matching.index import TimetableIndex

log = logging.getLogger("hub.realtime")

ALERT_TEXT_MAX = 500  # characters
ALERTS_MAX = 500  # of one message; they are published with the conditions of every poll
SELECTORS_MAX = 200  # of one alert
PERIODS_MAX = 1000  # of one alert; a year of nights has 365
LANGUAGES_MAX = 20  # of one text
TAG_MAX = 35  # characters of a language's tag (RFC 5646, 4.4.1)
ID_MAX = 256  # characters
EFFECT = gtfs_realtime_pb2.Alert.Effect
CAUSE = gtfs_realtime_pb2.Alert.Cause


def read_alerts(message: Any, index: TimetableIndex, ignored: Counter[str]) -> list[Alert]:
    """The alerts that can concern a journey of this timetable; the others are counted by reason."""
    found = []
    for entity in message.entity:
        if not entity.HasField("alert") or entity.is_deleted:
            continue
        try:
            found.append(_alert(entity, index))
        except RejectedEntity as problem:
            ignored[problem.reason] += 1
        except Exception:  # a fault of ours stays with the alert that showed it
            log.exception("an alert could not be read")
            ignored["unreadable_alert"] += 1
    if len(found) > ALERTS_MAX:
        ignored["too_many_alerts"] += len(found) - ALERTS_MAX
    return found[:ALERTS_MAX]


def _alert(entity: Any, index: TimetableIndex) -> Alert:
    raw = entity.alert
    about = [selector for one in raw.informed_entity[:SELECTORS_MAX] if (selector := _selector(one, index))]
    if not about:
        raise RejectedEntity("alert_about_nothing")
    return Alert(
        clean_text(entity.id)[:ID_MAX],
        _texts(raw.header_text),
        _texts(raw.description_text),
        EFFECT.Name(raw.effect) if raw.effect in EFFECT.values() else "UNKNOWN_EFFECT",
        CAUSE.Name(raw.cause) if raw.cause in CAUSE.values() else "UNKNOWN_CAUSE",
        next(iter(_texts(raw.url).values()), ""),
        tuple((posix_of(period.start), posix_of(period.end)) for period in raw.active_period[:PERIODS_MAX]),
        tuple(about),
    )


def _selector(raw: Any, index: TimetableIndex) -> Selector | None:
    route_id, stop_id = clean_text(raw.route_id), clean_text(raw.stop_id)
    trip_id, of_trip = clean_text(raw.trip.trip_id), clean_text(raw.trip.route_id)
    if route_id and of_trip and route_id != of_trip:
        return None
    selector = Selector(clean_text(raw.agency_id)[:ID_MAX], route_id or of_trip, trip_id, stop_id)
    known = (
        (not selector.route_id or selector.route_id in index.route_of)
        and (not trip_id or trip_id in index.runs_of_trip)
        and (not stop_id or stop_id in index.stop_of)
    )
    return selector if known and (selector.route_id or trip_id or stop_id) else None


def _texts(translated: Any) -> dict[str, str]:
    return {
        clean_text(one.language)[:TAG_MAX]: clean_text(one.text)[:ALERT_TEXT_MAX]
        for one in translated.translation[:LANGUAGES_MAX]
    }
