"""Workers: one task for handlers that wait for nothing, as many as needed for those that wait."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from device_events.tasks import rest
from device_events.window import Record, Window
from device_events.workers import Workers
from tests.support.polling import eventually
from tests.unit.device_events.test_window import record


def filled(*keys: str) -> Window:
    window = Window()
    window.add([record(offset, key) for offset, key in enumerate(keys)])
    return window


def fail(error: BaseException) -> None:
    raise AssertionError from error


async def test_what_waits_for_nothing_is_settled_by_one_task() -> None:
    tasks = set()

    def settle(_: Record, __: Window) -> None:
        tasks.add(asyncio.current_task())

    window = filled(*(f"k{n % 50}" for n in range(200)))
    Workers(window, settle, fail).feed()
    await eventually(lambda: not len(window))
    assert len(tasks) == 1
    assert window.position == 200


async def test_what_waits_lets_other_keys_pass_and_keeps_its_own_in_order() -> None:
    release = asyncio.Event()
    begun: list[int] = []

    async def wait(offset: int) -> bool:
        begun.append(offset)
        await release.wait()
        return True

    def settle(one: Record, _: Window) -> Coroutine[Any, Any, bool] | None:
        return wait(one.offset) if one.key == b"slow" or one.offset < 40 else None

    window = filled(*(f"k{n}" for n in range(40)), "slow", "slow", *(f"k{n}" for n in range(60, 90)))
    Workers(window, settle, fail).feed()
    await eventually(lambda: len(window) == 42)
    assert begun == list(range(41))
    release.set()
    await eventually(lambda: not len(window))
    assert begun == [*range(41), 41]


async def test_a_closed_window_begins_nothing_more() -> None:
    window = filled("a", "b")
    window.close()
    Workers(window, lambda *_: fail(AssertionError()), fail).feed()
    await asyncio.sleep(0)
    assert len(window) == 2


async def test_a_fault_of_a_worker_is_told() -> None:
    told: list[BaseException] = []

    def settle(*_: Any) -> None:
        raise LookupError

    Workers(filled("a"), settle, told.append).feed()
    await eventually(lambda: told)
    assert isinstance(told[0], LookupError)


async def test_a_coroutine_begun_by_hand_goes_on_in_its_task_and_can_be_timed_out() -> None:
    async def work() -> str:
        await asyncio.sleep(0.001)
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out"
        return "never"

    begun = work()
    assert await rest(begun, begun.send(None)) == "timed out"

    async def hang() -> None:
        await asyncio.Event().wait()

    hanging = hang()
    waits_for = hanging.send(None)
    try:
        async with asyncio.timeout(0.01):
            await rest(hanging, waits_for)
    except TimeoutError:
        return
    raise AssertionError
