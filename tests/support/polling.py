"""Waiting for what happens in its own time, without sleeping longer than it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(check: Callable[[], Awaitable[T | None]], *, within: float = ..., every: float = ...) -> T: ...
@overload
async def eventually(check: Callable[[], T | None], *, within: float = ..., every: float = ...) -> T: ...
async def eventually(check: Callable[[], Any], *, within: float = 10.0, every: float = 0.02) -> Any:
    """The first truthy value of `check`; what it last gave or raised is named when time runs out.

    A check may raise: what it looks for need not be there yet. It always gets one last look after the time is up.
    """
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() >= deadline
        failure: Exception | None = None
        value = None
        try:
            asked = check()
            value = await asked if isawaitable(asked) else asked
            if value:
                return value
        except Exception as raised:
            failure = raised
        if late:
            last = f"raised {failure!r}" if failure else f"gave {value!r}"
            raise AssertionError(f"not within {within} s: the check last {last}") from failure
        await asyncio.sleep(every)
