"""Ending background work for certain."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")

AGAIN = 0.5  # seconds


async def end(*tasks: "asyncio.Task[Any] | None") -> None:
    """Cancel the tasks until they have ended; what they raise is dropped.

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
