"""Workers: settle the records of a window, each key in order, different keys side by side.

A worker is a task that settles one key after another for as long as nothing makes it wait; only when it waits does the
next one start. So a handler always runs within a task, and a thousand handlers that wait for nothing cost one.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from device_events.window import Record, Window

Settle = Callable[[Record, Window], Coroutine[Any, Any, bool] | None]
TURN = 0.01  # seconds after which a worker lets others have the loop


class Workers:
    """The workers of one window."""

    def __init__(self, window: Window, settle: Settle, failed: Callable[[BaseException], None]) -> None:
        """`settle` gives None for a record that is done with, or what to await for it; `failed` is told its faults."""
        self._window = window
        self._settle = settle
        self._failed = failed
        self._loop = asyncio.get_running_loop()

    def feed(self, count: int = 1) -> None:
        """Start so many workers more if keys are ready, and twice as many while those wait and keys still are."""
        window = self._window
        if not window.ready or window.closed:
            return
        for _ in range(min(count, len(window.ready))):
            task = self._loop.create_task(self._work())
            window.tasks.add(task)
            task.add_done_callback(self._ended)
        # After the first step of the workers just started, by the order of the loop.
        self._loop.call_soon(self.feed, count * 2)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._window.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    async def _work(self) -> None:
        window, now = self._window, self._loop.time
        ready, chains, settle = window.ready, window.chains, self._settle
        turn = now() + TURN
        while ready:
            key = ready.popleft()
            while chain := chains.get(key):
                if window.closed:
                    return
                pending = settle(chain[0], window)
                if pending is not None and not await pending:
                    return
                window.settle(key)
                if now() > turn:
                    await asyncio.sleep(0)
                    turn = now() + TURN
