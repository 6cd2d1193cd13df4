"""One event through one handler: claimed before, settled after, and what a store that is away changes of that."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from device_events import Away
from device_events.handlers import CustomEvent, Handlers, Reject, Retry, RetryLater, records
from device_events.handlers import worker as module
from device_events.handlers.records import MemoryRecords, Outcome
from device_events.handlers.testing import custom_event
from device_events.handlers.worker import Ending, Worker
from device_events.window import Window
from tests.support.polling import eventually

QUICK = Retry(attempts=3, first=0.001, longest=0.001, patience=0.05)
Behaviour = Callable[[CustomEvent], Awaitable[None]]


class Flaky(MemoryRecords):
    """Records that are away as often as told, for each kind of question."""

    def __init__(self, **away: int) -> None:
        super().__init__()
        self.away = away

    def _ask(self, what: str) -> None:
        if self.away.get(what, 0) > 0:
            self.away[what] -= 1
            raise Away

    async def claim(self, *args: Any, **options: Any) -> Any:
        self._ask("claim")
        return await super().claim(*args, **options)

    async def settle(self, event: CustomEvent, outcome: Outcome, reason: str = "") -> None:
        self._ask("settle")
        await super().settle(event, outcome, reason)

    async def put_off(self, *args: Any, **options: Any) -> float:
        self._ask("put_off")
        return await super().put_off(*args, **options)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORDS_AWAY", Retry(first=0.001, longest=0.001))


def worker(behave: Behaviour, records: MemoryRecords | None = None, **options: Any) -> Worker:
    return Worker(Handlers().on("E", name="h", retry=QUICK, **options)(behave), records or MemoryRecords())


async def carried_out(one: Worker, event: CustomEvent, *, again: bool = False) -> Ending | None:
    return await asyncio.wait_for(one.carry_out(event, Window(), again=again), 10)


def event() -> CustomEvent:
    return custom_event("E", handler="h")


async def test_what_is_done_is_not_done_again() -> None:
    ran: list[str] = []

    async def note(one: CustomEvent) -> None:
        ran.append(one.trigger_id)

    one, first = worker(note), event()
    assert [await carried_out(one, first) for _ in range(3)] == [Ending("done")] * 3
    assert await carried_out(one, first, again=True) == Ending("done")
    assert ran == [first.trigger_id]
    assert (one.counts["done"], one.counts["repeated"]) == (1, 3)


async def test_what_was_given_up_is_tried_again_only_when_an_operator_wants_it() -> None:
    wrong = True

    async def refuse(_: CustomEvent) -> None:
        if wrong:
            raise Reject("no such shop")

    one, first = worker(refuse), event()
    assert [await carried_out(one, first) for _ in range(2)] == [Ending("failed", "no such shop")] * 2
    assert one.counts["rejected"] == 1
    wrong = False
    assert (await carried_out(one, first)) == Ending("failed", "no such shop")
    assert (await carried_out(one, first, again=True)) == Ending("done")


async def test_while_the_records_are_away_nothing_is_run_and_nothing_given_up() -> None:
    ran = 0

    async def count(_: CustomEvent) -> None:
        nonlocal ran
        ran += 1

    assert await carried_out(worker(count, Flaky(claim=20)), event()) == Ending("done")
    assert ran == 1


async def test_a_success_that_cannot_be_recorded_at_once_is_not_repeated() -> None:
    ran = 0

    async def count(_: CustomEvent) -> None:
        nonlocal ran
        ran += 1

    assert await carried_out(worker(count, Flaky(settle=20)), event()) == Ending("done")
    assert ran == 1


async def test_a_put_off_that_cannot_be_recorded_is_still_a_put_off() -> None:
    raised = [RetryLater(0.001, patience=60.0), RetryLater(0.001), LookupError(), None]

    async def behave(_: CustomEvent) -> None:
        if (error := raised.pop(0)) is not None:
            raise error

    assert await carried_out(worker(behave, Flaky(put_off=2)), event()) == Ending("done")
    assert raised == []


class Clock:
    """Time that passes as a handler says, however busy the machine is."""

    now = 1.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    shown = Clock()
    for one in (module, records):
        monkeypatch.setattr(one, "time", shown)
    return shown


async def test_an_event_that_is_put_off_for_too_long_is_given_up_with_its_reason(clock: Clock) -> None:
    async def later(_: CustomEvent) -> None:
        clock.now += 1.0
        raise RetryLater(0.001, "the shop is closed", patience=3.0)

    one = worker(later)
    assert await carried_out(one, event()) == Ending("failed", "the shop is closed for too long")
    assert one.counts["put_off"] == 4


async def test_while_nothing_succeeds_a_failing_event_is_tried_for_the_whole_patience(clock: Clock) -> None:
    async def fail(_: CustomEvent) -> None:
        clock.now += 1.0
        raise LookupError("secret")

    patient = Retry(attempts=3, first=0.001, longest=0.001, patience=5.0)
    one = Worker(Handlers().on("E", name="h", retry=patient)(fail), MemoryRecords())
    assert await carried_out(one, event()) == Ending("failed", "LookupError, 6 tries")


async def test_while_others_succeed_it_is_given_up_after_its_attempts() -> None:
    async def fail(one: CustomEvent) -> None:
        if one.values.get("bad"):
            raise LookupError("secret")

    patient = Retry(attempts=3, first=0.02, longest=0.02, patience=600.0)
    one = Worker(Handlers().on("E", name="h", retry=patient)(fail), MemoryRecords())
    failing = asyncio.create_task(carried_out(one, custom_event("E", handler="h", values={"bad": True})))
    await asyncio.sleep(0)
    assert await carried_out(one, event()) == Ending("done")
    assert await failing == Ending("failed", "LookupError, 3 tries")


async def test_a_try_that_hangs_is_cut_off_and_repeated() -> None:
    tries = 0

    async def hang_first(_: CustomEvent) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.Event().wait()

    assert await carried_out(worker(hang_first, timeout=0.02), event()) == Ending("done")
    assert tries == 2


async def test_no_more_are_under_way_than_the_handler_allows() -> None:
    under_way = most = 0

    async def count(_: CustomEvent) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1

    one = worker(count, concurrency=3)
    await asyncio.gather(*(carried_out(one, event()) for _ in range(20)))
    assert most == 3


async def test_a_window_that_closes_ends_the_wait_and_leaves_the_event_for_the_next() -> None:
    async def later(_: CustomEvent) -> None:
        raise RetryLater(3600)

    one, window = worker(later), Window()
    waiting = asyncio.create_task(one.carry_out(event(), window, again=False))
    await eventually(lambda: one.counts["put_off"])
    window.close()
    assert await asyncio.wait_for(waiting, 5) is None
    assert await one.carry_out(event(), window, again=False) is None
    assert one.counts["put_off"] == 1


async def test_records_that_fail_as_nothing_of_ours_does_are_no_fault_of_the_event() -> None:
    class Broken(MemoryRecords):
        failures = 3

        async def claim(self, *args: Any, **options: Any) -> Any:
            if self.failures:
                self.failures -= 1
                raise LookupError
            return await super().claim(*args, **options)

    async def nothing(_: CustomEvent) -> None:
        return None

    assert await carried_out(worker(nothing, Broken()), event()) == Ending("done")
