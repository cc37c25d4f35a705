"""Logs as JSON lines, each with the ids of what it is about, and metrics in CloudWatch's embedded format.

Rules
- A line says what happened in constant words (`event`) and to what (`LogFields`): ids, kinds, states, numbers. It holds
  no phone number, name, text, address or link: `LogFields` has no field for them, and of an exception only its class
  and the places in the code that it came through are written, since its message may quote anything.
- What holds for many lines is said once, by `log_context`; it is kept per thread and per task.
- `correlation_id` names what set it all off (`foundation/causes.py`) and goes through the queues with the commands.
- A metric is a line like any other with the object "_aws", of which CloudWatch makes numbers (AWS, "Specification:
  Embedded metric format"); ids are never its dimensions.

aws-lambda-powertools has the same shape; its Logger and Metrics cost 55 ms of cold start, these cost 2 ms.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Unpack

HUB = "hub"  # the loggers of the hub are "hub.http", "hub.notices", …
NAMESPACE = "LiveTicketHub"  # of metrics
PLACES_MAX = 12  # of an exception's way through the code, the last ones


class LogFields(TypedDict, total=False):
    """What a line may say beside its words. Nothing here is personal data, and nothing that is may be added."""

    correlation_id: str
    event_id: str  # a stored webhook
    connection_id: str
    business_id: str
    ticket_id: str  # without the secret that makes it a link
    notice_id: str
    feed_id: str
    outage_id: str
    document_id: str  # the key of one that cannot be read
    command: str
    kind: str
    channel: str
    state: str
    reason: str
    count: int
    took_ms: int


class Metric(NamedTuple):
    """A number that is watched. `unit` is one of CloudWatch's: "Count", "Seconds", ….

    CloudWatch adds nothing up over a dimension, which an alarm may need: `also_by` names fewer that it is kept by, too.
    """

    name: str
    unit: str
    also_by: tuple[tuple[str, ...], ...] = ()


NOTICES = Metric("Notices", "Count", (("state",),))  # by kind and state: what became of notices that were to be sent
NOTICE_DELAY = Metric("NoticeDelay", "Seconds")  # by kind: from the instant when it was to go out to the sending
EVENTS = Metric("Events", "Count")  # by state: what became of stored webhooks
FAILED_MESSAGES = Metric(
    "FailedMessages", "Count"
)  # of a queue, to be delivered again; `Errors` of the function stays 0
DELIVERIES = Metric("Deliveries", "Count", (("state",),))  # by carrier and state: what carriers reported
MINUTES = Metric("Minutes", "Count")  # by work: a minute's work was done to its end
FEED_AGE = Metric("FeedAge", "Seconds")  # of each live feed at each poll: how old the newest that is known of it is

_context: ContextVar[LogFields] = ContextVar("log_context", default={})  # noqa: B039 - never changed, only replaced
_metrics = logging.getLogger(f"{HUB}.metrics")


@contextmanager
def log_context(**fields: Unpack[LogFields]) -> Iterator[None]:
    """All lines inside carry these fields; what is empty leaves what is known as it is."""
    known = cast("LogFields", {name: value for name, value in fields.items() if value})
    token = _context.set(_context.get() | known)
    try:
        yield
    finally:
        _context.reset(token)


def correlation_id() -> str:
    """What set off what is being done, as the nearest `log_context` says; "": nobody said."""
    return _context.get().get("correlation_id", "")


def about(**fields: Unpack[LogFields]) -> dict[str, Any]:
    """The `extra` of one line: `log.info("a notice was sent", extra=about(notice_id=…))`."""
    return {"fields": fields}


def measure(metric: Metric, value: float, now: datetime, **dimensions: str) -> None:
    """Writes one value of a metric, with the context's ids beside it."""
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [sorted(dimensions), *map(list, metric.also_by)],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit}],
    }
    embedded = {"_aws": {"Timestamp": round(now.timestamp() * 1000), "CloudWatchMetrics": [described]}}
    _metrics.info("metric", extra={"fields": embedded | dimensions | {metric.name: value}})


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, event, the fields, and of an exception its class and its way."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        return json.dumps(line | _fields_of(record), ensure_ascii=False, default=str, separators=(",", ":"))


class ReadableLines(logging.Formatter):
    """The same for a person at a terminal: time, level, words, then name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        fields = {name: value for name, value in _fields_of(record).items() if name != "_aws"}
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        said = " ".join(f"{name}={value}" for name, value in fields.items())
        return f"{at} {record.levelname} {record.name}: {record.getMessage()} {said}".rstrip()


def install_logs() -> None:
    """Gives all of this process's log lines their form; may be called again.

    HUB_LOG is "json" or "lines"; where it is not set it is JSON in a Lambda, and elsewhere nothing is installed: a
    program that is not the hub (a test, a tool) keeps its own logging.
    """
    form = os.environ.get("HUB_LOG") or ("json" if os.environ.get("AWS_LAMBDA_FUNCTION_NAME") else "")
    if not form:
        return
    root = logging.getLogger()
    if not root.handlers:  # a Lambda has one
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(JsonLines() if form == "json" else ReadableLines())
    logging.getLogger(HUB).setLevel(logging.INFO)


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    error = record.exc_info[1] if record.exc_info else None
    what: dict[str, Any] = {"error": type(error).__name__, "at": _way_of(error.__traceback__)} if error else {}
    if isinstance(error, ExceptionGroup):
        what["errors"] = [type(one).__name__ for one in error.exceptions]
    return {**_context.get(), **getattr(record, "fields", {}), **what}


def _way_of(trace: TracebackType | None) -> list[str]:
    """The places in the code that an exception came through, as "file.py:line function"."""
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{PurePath(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-PLACES_MAX:]
