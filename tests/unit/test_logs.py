"""Log lines: JSON with the ids of what they are about, and nothing of a person, not even inside an exception."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation import causes
from chalicelib.foundation.logs import (
    EVENTS,
    FEED_AGE,
    NOTICES,
    ReadableLines,
    about,
    correlation_id,
    install_logs,
    log_context,
    measure,
)
from tests.fakes.log_lines import log_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.log_lines import LogLines

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 9, 3, 12, 0, tzinfo=UTC)
log = logging.getLogger("hub.test")


@pytest.fixture
def written() -> Iterator[LogLines]:
    with log_lines() as lines:
        yield lines


def test_a_line_says_when_how_grave_what_and_about_what(written: LogLines) -> None:
    with log_context(correlation_id="cal-1", business_id="salon"), log_context(ticket_id="t1", business_id=""):
        log.info("a notice was decided", extra=about(kind="replan"))
    log.warning("later")
    first, second = written.parsed()
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "INFO", "logger": "hub.test", "event": "a notice was decided", "correlation_id": "cal-1",
        "business_id": "salon", "ticket_id": "t1", "kind": "replan",
    }  # a table, read by rows # fmt: skip
    assert second.keys() == {"time", "level", "logger", "event"}, "what held inside holds no longer"


def test_an_exception_is_its_class_and_its_way_never_its_message(written: LogLines) -> None:
    def find() -> None:
        raise KeyError("+12025550123")

    try:
        find()
    except KeyError:
        log.exception("a message failed")
    (line,) = written.parsed()
    assert line["error"] == "KeyError"
    assert [place.split(" ")[1] for place in line["at"]] == [
        "test_an_exception_is_its_class_and_its_way_never_its_message", "find",
    ]  # a table, read by rows # fmt: skip
    assert "12025550123" not in written.text


def test_a_thread_has_a_context_of_its_own(written: LogLines) -> None:
    def work(name: str) -> None:
        with log_context(correlation_id=name):
            barrier.wait()
            log.info("here", extra=about(event_id=name))

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(line["correlation_id"] == line["event_id"] for line in written.parsed())
    assert correlation_id() == ""


def test_a_metric_is_a_line_that_cloudwatch_makes_a_number_of(written: LogLines) -> None:
    with log_context(correlation_id="cal-1"):
        measure(EVENTS, 1, NOW, state="done")
    (line,) = written.parsed()
    assert line["_aws"] == {
        "Timestamp": 1788436800000,
        "CloudWatchMetrics": [
            {"Namespace": "LiveTicketHub", "Dimensions": [["state"]], "Metrics": [{"Name": "Events", "Unit": "Count"}]}
        ],
    }
    assert (line["state"], line["Events"], line["correlation_id"]) == ("done", 1, "cal-1")


def test_a_metric_is_kept_by_fewer_dimensions_where_an_alarm_adds_up(written: LogLines) -> None:
    """CloudWatch makes no sum over kinds: without the second set no alarm could watch all that failed."""
    measure(NOTICES, 1, NOW, kind="replan", state="failed")
    measure(FEED_AGE, 31, NOW)
    first, second = (line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for line in written.parsed())
    assert (first, second) == ([["kind", "state"], ["state"]], [[]])


def test_a_person_at_a_terminal_reads_words() -> None:
    record = logging.LogRecord("hub.notices", logging.INFO, "", 0, "a notice was %s", ("sent",), None)
    record.fields = {"notice_id": "t1-2-replan-sms"}
    assert ReadableLines().format(record).endswith("INFO hub.notices: a notice was sent notice_id=t1-2-replan-sms")


def test_only_what_is_the_hub_has_its_logging_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_LOG", raising=False)
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    root = logging.getLogger()
    before = [handler.formatter for handler in root.handlers]
    install_logs()
    assert [handler.formatter for handler in root.handlers] == before


def test_a_cause_says_what_it_is() -> None:
    said = [
        causes.conditions_cause("town", 1756900000),
        causes.timetable_cause("town", "2026-09-03"),
        causes.outage_cause("salon", "power-1"),
        causes.clock_cause(NOW),
        causes.page_cause("t1", NOW),
        "cal-0f3a",
        "",
    ]
    assert [causes.kind_of(one) for one in said] == [
        "conditions", "timetable", "outage", "clock", "page", "event", "",
    ]  # a table, read by rows # fmt: skip
    assert causes.detail_of(said[0]) == "town:1756900000"
    assert causes.detail_of("cal-0f3a") == "cal-0f3a"


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        ({"HUB_LOG": "json"}, '{"time":"'),
        ({"AWS_LAMBDA_FUNCTION_NAME": "hub-TicketsWorker"}, '{"time":"'),
        ({"HUB_LOG": "lines"}, ""),
    ],
)
def test_importing_the_app_gives_its_lines_their_form(environment: dict[str, str], begins: str) -> None:
    program = "import logging, app; logging.getLogger('hub.test').info('hello'); app.app.log.error('framework')"
    whole = os.environ | environment
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=whole, capture_output=True, text=True, check=True
    )
    hub, framework = done.stderr.splitlines()
    assert hub.startswith(begins)
    assert framework.startswith(begins)
    assert "hello" in hub


def test_a_group_of_exceptions_names_its_members(written: LogLines) -> None:
    log.error("parts failed", exc_info=ExceptionGroup("two", [KeyError("+12025550123"), ValueError("x")]))
    (line,) = written.parsed()
    assert line["errors"] == ["KeyError", "ValueError"]
