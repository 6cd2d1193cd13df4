"""Ending background work for certain."""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

R = TypeVar("R")

AGAIN = 0.5  # seconds


async def end(*tasks: "asyncio.Future[Any] | None") -> None:
    """Cancel the tasks or futures until they have ended; what they raise is dropped.

    Once is not enough: asyncio.wait_for of Python 3.11, which aiokafka uses throughout, loses a cancellation that
    arrives together with the result it waits for, and the task goes on as if nothing had been asked of it.
    """
    given = [task for task in tasks if task is not None]
    left = {task for task in given if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)
    for task in given:
        if not task.cancelled():
            task.exception()


async def within(seconds: float, work: Coroutine[Any, Any, R]) -> R:
    """The result of the work. Raises TimeoutError, with the work ended, when it takes longer, and what it raises.

    A cancellation that comes out of the work itself is no cancellation of the caller, and counts as a timeout.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        finished = task.done()
        await end(task)
    if not finished or task.cancelled():
        raise TimeoutError
    return task.result()


async def until(stopping: asyncio.Event, work: Coroutine[Any, Any, None], *, grace: float = 0.0) -> None:
    """Run the work to its end, or until it is to stop; `grace` is how many seconds it has to end by itself then.

    For what has no end of its own: aiokafka waits for ever for a group that cannot be joined. Raises what it raises.
    """
    tasks = [asyncio.create_task(work), asyncio.create_task(stopping.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if grace and not tasks[0].done():
            await asyncio.wait(tasks[:1], timeout=grace)
    finally:
        await end(*tasks)
    if not tasks[0].cancelled():
        tasks[0].result()


@coroutine
def rest(begun: Coroutine[Any, Any, R], waits_for: Any) -> Generator[Any, Any, R]:
    """The rest of a coroutine whose first step was made by hand, within the same task, and gave `waits_for`."""
    while True:
        failure: BaseException | None = None
        try:
            sent = yield waits_for
        except GeneratorExit:
            begun.close()
            raise
        except BaseException as error:
            failure = error
        try:
            waits_for = begun.send(sent) if failure is None else begun.throw(failure)
        except StopIteration as ended:
            result: R = ended.value
            return result
