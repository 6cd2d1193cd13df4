"""What can be a handler, and what cannot."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from device_events.handlers import CustomEvent, Handlers, Retry
from device_events.handlers.runner import NoHandlers, find


async def nothing(event: CustomEvent) -> None:
    """A handler that does nothing."""


def test_a_handler_has_the_name_of_its_function_or_its_own() -> None:
    handlers = Handlers()
    assert handlers.on("SendWelcomeEmail")(nothing).name == "nothing"
    assert handlers.on("SendWelcomeEmail", name="other")(nothing).name == "other"
    assert [handler.name for handler in handlers.all] == ["nothing", "other"]


@pytest.mark.parametrize(
    "options",
    [{"name": "no name"}, {"name": "n" * 65}, {"timeout": 0}, {"timeout": -1.0}, {"concurrency": 0}],
)
def test_limits_and_names_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Handlers().on("SendWelcomeEmail", **options)(nothing)


def test_two_handlers_of_one_name_are_refused() -> None:
    handlers = Handlers()
    handlers.on("SendWelcomeEmail")(nothing)
    with pytest.raises(ValueError, match="nothing"):
        handlers.on("SendEventInvite")(nothing)


@pytest.mark.parametrize("names", [(), ("",)])
def test_a_handler_of_no_event_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        Handlers().on(*names)


def test_a_function_that_is_not_async_is_refused() -> None:
    with pytest.raises(TypeError, match="not async"):
        Handlers().on("SendWelcomeEmail")(lambda event: asyncio.sleep(0))


@pytest.mark.parametrize(
    "options", [{"attempts": 0}, {"first": -1.0}, {"first": 2.0, "longest": 1.0}, {"patience": -1}]
)
def test_a_retry_policy_that_cannot_work_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Retry(**options)


def test_pauses_double_up_to_the_longest() -> None:
    retry = Retry(first=1.0, longest=8.0)
    for tries, ceiling in ((1, 1.0), (2, 2.0), (4, 8.0), (9, 8.0), (5_000, 8.0)):
        assert ceiling / 2 <= retry.pause(tries) <= ceiling


@dataclass(frozen=True)
class Limits:
    seconds: float


def test_limits_may_follow_from_the_settings_once_they_are_there() -> None:
    handlers = Handlers(Limits)
    handler = handlers.on("SendWelcomeEmail", timeout=lambda limits: limits.seconds * 2)(nothing)
    with pytest.raises(RuntimeError, match="settings"):
        _ = handler.timeout
    handlers.settings = Limits(1.5)
    assert handler.timeout == 3.0


def test_what_cannot_be_run_is_said() -> None:
    with pytest.raises(NoHandlers, match="no module 'nowhere'"):
        find("nowhere.at_all")
    with pytest.raises(NoHandlers, match="has 0"):
        find("device_events.handlers.errors")
    assert find("email_handlers.handlers").records == "email_triggers"
