"""Logs: one JSON object a line, with the cause's correlation id and without anybody's secrets."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from chassis import logs
from chassis.context import request_context


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[Any]]]:
    """What has been logged since the test began."""
    written = io.StringIO()
    structlog.reset_defaults()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", written)
        logs.configure("INFO", service="a-service")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    structlog.reset_defaults()
    logs.configure("WARNING", service="tests", console=True)


def test_a_line_names_event_service_level_and_cause(lines: Any) -> None:
    with request_context("call-1", None):
        structlog.get_logger().info("device_registered", device="d1", count=2)
    (line,) = lines()
    assert line["event"] == "device_registered"
    assert (line["service"], line["level"], line["correlation_id"]) == ("a-service", "info", "call-1")
    assert (line["device"], line["count"]) == ("d1", 2)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", ["token", "password", "secret", "authorization", "phoneNumber", "values"])
def test_secrets_and_personal_data_are_never_written(lines: Any, name: str) -> None:
    structlog.get_logger().warning("leaking", **{name: "hush-hush"})
    (line,) = lines()
    assert line[name] == "***"


def test_the_locals_of_a_failed_call_are_never_written(lines: Any) -> None:
    def login(password: str) -> None:
        raise LookupError(len(password))

    try:
        login("hush-hush")
    except LookupError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert "hush-hush" not in json.dumps(line)
    assert line["exception"][0]["exc_type"] == "LookupError"


@pytest.mark.parametrize("console", [False, True])
def test_the_text_of_an_exception_is_never_written(monkeypatch: pytest.MonkeyPatch, console: bool) -> None:
    written = io.StringIO()
    structlog.reset_defaults()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", written)
        logs.configure("INFO", service="a-service", console=console)
    try:
        try:
            raise KeyError("anna@example.com")
        except KeyError as cause:
            noted = ValueError("anna@example.com")
            noted.add_note("anna@example.com")
            raise ExceptionGroup("anna@example.com", [noted]) from cause
    except ExceptionGroup as failure:
        structlog.get_logger().exception("ours")
        structlog.get_logger().error("handed over", exc_info=failure)
        logging.getLogger("some.library").exception("theirs")
    finally:
        structlog.reset_defaults()
        logs.configure("WARNING", service="tests", console=True)
    text = written.getvalue()
    assert [text.count(kind) for kind in ("ExceptionGroup", "ValueError", "KeyError")] == [3, 3, 3]
    assert text.count("test_logs.py") == 6
    assert "anna" not in text


def test_libraries_log_in_the_same_form(lines: Any) -> None:
    logging.getLogger("some.library").error("it %s", "broke")
    (line,) = lines()
    assert (line["event"], line["level"], line["logger"]) == ("it broke", "error", "some.library")


def test_what_device_events_says_beside_the_event_is_written(lines: Any) -> None:
    told = {"topic": "t", "offset": 7, "error": "Undecodable"}
    logging.getLogger("device_events.settlement").error("event_dead_lettered", extra=told)
    (line,) = lines()
    assert line | told == line
    assert (line["event"], line["level"], line["logger"]) == (
        "event_dead_lettered",
        "error",
        "device_events.settlement",
    )


def test_what_another_library_says_beside_it_is_not(lines: Any) -> None:
    logging.getLogger("some.library").error("broke", extra={"request": "hush-hush"})
    (line,) = lines()
    assert "request" not in line


def test_what_cannot_be_written_as_json_does_not_break_the_log(lines: Any) -> None:
    structlog.get_logger().info("odd", thing=object(), text="\ud800")
    assert len(lines()) == 1


def test_less_than_the_level_is_not_written(lines: Any) -> None:
    structlog.get_logger().debug("detail")
    assert lines() == []
