"""The test kit: one handler called with its limits, without Kafka and without waiting."""

import asyncio
import time

import pytest

from device_events import Away, DeviceStatus, Rejected
from device_events.handlers import CustomEvent, Handlers, Reject, Retry, RetryLater
from device_events.handlers.registry import Handler
from device_events.handlers.testing import call, custom_event

SLOW = 0.05  # seconds that a handler of these tests has


def handler_that(*behaviours: BaseException | float | None) -> Handler[None]:
    """A handler that raises, takes that long, or returns, one after the other; the last again and again."""
    handlers, left = Handlers(), list(behaviours)

    @handlers.on("SendWelcomeEmail", timeout=SLOW, retry=Retry(attempts=3, first=60.0, longest=600.0))
    async def welcome(event: CustomEvent) -> None:
        behaviour = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(behaviour, BaseException):
            raise behaviour
        await asyncio.sleep(behaviour or 0)

    return welcome


async def test_a_handler_that_returns_is_done() -> None:
    assert (await call(handler_that(None))).result == "done"


async def test_a_failing_try_is_repeated_without_the_pause() -> None:
    began = time.monotonic()
    outcome = await call(handler_that(LookupError(), LookupError(), None))
    assert (outcome.result, outcome.tries) == ("done", 3)
    assert 30 <= outcome.pauses[0] <= 60 <= outcome.pauses[1] <= 120
    assert time.monotonic() - began < 5


async def test_after_its_attempts_it_is_given_up() -> None:
    outcome = await call(handler_that(LookupError("secret")))
    assert (outcome.result, outcome.tries, outcome.reason) == ("given_up", 3, "LookupError")
    assert isinstance(outcome.error, LookupError)


async def test_a_try_that_takes_too_long_fails() -> None:
    outcome = await call(handler_that(60.0, None))
    assert (outcome.result, outcome.tries) == ("done", 2)
    assert (await call(handler_that(60.0))).reason == "TimeoutError"


@pytest.mark.parametrize("error", [Reject("no such shop"), Rejected("no such shop")])
async def test_a_rejected_event_is_not_tried_again(error: Exception) -> None:
    outcome = await call(handler_that(error))
    assert (outcome.result, outcome.tries, outcome.reason) == ("rejected", 1, "no such shop")


async def test_an_event_that_is_put_off_says_for_how_long() -> None:
    outcome = await call(handler_that(RetryLater(30, "greylisted", patience=900)))
    assert (outcome.result, outcome.seconds, outcome.reason, outcome.patience) == ("put_off", 30, "greylisted", 900)
    assert (await call(handler_that(Away()))).result == "put_off"


async def test_a_cancellation_out_of_the_handler_is_a_failed_try_and_ours_is_ours() -> None:
    assert (await call(handler_that(asyncio.CancelledError(), None))).tries == 2
    calling = asyncio.create_task(call(handler_that(SLOW * 0.9)))
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling


async def test_the_event_is_as_contacts_makes_it_with_what_the_test_changes() -> None:
    event = custom_event("SendDeviceLostAlert", status="LOST", list_id=7, values={"Email": "joe@example.com"})
    assert (event.cause, event.status, event.list_id) == ("status", DeviceStatus.LOST, 7)
    assert event.address("Email") == "joe@example.com"
    assert "joe@example.com" not in repr(event)


async def test_the_handler_sees_its_own_key_each_time() -> None:
    keys: list[str] = []
    handlers = Handlers()

    @handlers.on("SendWelcomeEmail", retry=Retry(attempts=2))
    async def welcome(event: CustomEvent) -> None:
        keys.append(event.idempotency_key)
        raise LookupError

    await call(welcome, custom_event("SendWelcomeEmail", trigger_id="t-1"))
    assert keys == ["t-1/welcome"] * 2


async def test_an_event_that_it_does_not_handle_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="SendEventInvite"):
        await call(handler_that(None), custom_event("SendEventInvite"))
