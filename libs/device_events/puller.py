"""Puller: hands events one by one to a loop, in place of workers; an event is settled when the next is asked for."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from device_events.errors import Rejected
from device_events.settlement import Settlement
from device_events.window import Record, Window, key_of
from device_events.workers import TURN


class _Next(NamedTuple):
    window: Window
    record: Record
    event: Any


class Puller:
    """`feed` it with windows that have records queued, and loop over `events`."""

    def __init__(self) -> None:
        self._windows: deque[Window] = deque()
        self._arrived = asyncio.Event()

    def feed(self, window: Window) -> None:
        """This window has records queued."""
        self._windows.append(window)
        self._arrived.set()

    async def events(self, settlement: Settlement, reading: "asyncio.Future[None]") -> AsyncIterator[Any]:
        """The events, for as long as `reading` goes on. Raises what it ends with."""
        reading.add_done_callback(lambda _: self._arrived.set())
        loop = asyncio.get_running_loop()
        turn = loop.time() + TURN
        while (found := await self._next(settlement, reading)) is not None:
            window = found.window
            in_hand: asyncio.Future[None] = loop.create_future()
            window.tasks.add(in_hand)
            try:
                yield found.event
                if not in_hand.done():  # else its partition could not wait so long: it comes again elsewhere
                    settlement.succeeded(found.record, found.event)
                    window.settle(key_of(found.record))
            finally:
                window.tasks.discard(in_hand)
                if not in_hand.done():
                    in_hand.set_result(None)
            if loop.time() > turn:
                await asyncio.sleep(0)
                turn = loop.time() + TURN
        reading.result()

    async def _next(self, settlement: Settlement, reading: "asyncio.Future[None]") -> _Next | None:
        while True:
            while self._windows:
                window = self._windows[0]
                if window.closed or not window.queue:
                    self._windows.popleft()
                    continue
                record = window.queue.popleft()
                window.hold(record)
                try:
                    taken = settlement.intake.take(record)
                    if taken is not None:
                        taken[1].check()
                except Rejected as error:
                    if await settlement.give_up(record, window, error):
                        window.settle(key_of(record))
                    continue
                if taken is not None:
                    return _Next(window, record, taken[1])
                window.settle(key_of(record))
            if reading.done():
                return None
            self._arrived.clear()
            await self._arrived.wait()
