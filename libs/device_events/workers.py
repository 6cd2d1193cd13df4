"""Workers: settle the records of a window, each key in order, different keys side by side.

A worker is a task that settles one record after another for as long as nothing makes it wait; only when it waits does
the next one start. So a handler always runs within a task, and a thousand handlers that wait for nothing cost one.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from device_events.window import Key, Record, Window, key_of

Settle = Callable[[Record, Window], Coroutine[Any, Any, bool] | None]
TURN = 0.01  # seconds after which a worker lets others have the loop
LOOK = 16  # records between two looks at the clock


class Workers:
    """The workers of one window."""

    def __init__(self, window: Window, settle: Settle, failed: Callable[[BaseException], None]) -> None:
        """`settle` gives None for a record that is done with, or what to await for it; `failed` is told its faults."""
        self._window = window
        self._settle = settle
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._resting = 0  # workers that only let others have the loop

    def feed(self, count: int = 1) -> None:
        """Start so many workers more if records are queued, and twice as many while those wait and some still are."""
        window = self._window
        if not window.queue or window.closed:
            return
        if not self._resting:
            for _ in range(min(count, len(window.queue))):
                task = self._loop.create_task(self._work())
                window.tasks.add(task)
                task.add_done_callback(self._ended)
            count *= 2
        # After the first step of the workers just started, by the order of the loop.
        self._loop.call_soon(self.feed, count)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._window.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    async def _work(self) -> None:
        window, now = self._window, self._loop.time
        queue, chains, settle = window.queue, window.chains, self._settle
        turn, looked = now() + TURN, 0
        while queue and not window.closed:
            record = queue.popleft()
            if chains and key_of(record) in chains:
                window.hold(record)
                continue
            try:
                pending = settle(record, window)
            except BaseException:
                window.hold(record)
                raise
            if pending is not None:
                window.hold(record)
                if not await pending:
                    return
                window.settle(key_of(record))
                if not await self._follow(key_of(record)):
                    return
            looked += 1
            if looked >= LOOK:
                looked = 0
                if now() > turn:
                    self._resting += 1
                    await asyncio.sleep(0)
                    self._resting -= 1
                    turn = now() + TURN

    async def _follow(self, key: Key) -> bool:
        """Settle what has waited for others of this key; False when the window closed first."""
        window = self._window
        while chain := window.chains.get(key):
            if window.closed:
                return False
            pending = self._settle(chain[0], window)
            if pending is not None and not await pending:
                return False
            window.settle(key)
        return True
