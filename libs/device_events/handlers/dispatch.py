"""Dispatch: hands each triggered custom event to all of its handlers, and gives up for each of them alone."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from device_events.catalog import CUSTOM_EVENT_TRIGGERED
from device_events.dead_letters import HANDLER
from device_events.envelope import decode, event_type
from device_events.errors import Rejected
from device_events.event import Event
from device_events.handlers.event import CustomEvent
from device_events.handlers.worker import Worker
from device_events.intake import RawIntake
from device_events.publisher import Publisher
from device_events.settlement import Settlement, SubscriberLimits
from device_events.window import Record, Window


class Dispatch(Settlement):
    """A settlement in which a record is done with once each of its handlers is.

    A dead letter names its handler in a header of its own, which comes back with a replay and has that handler alone
    run. `counts["retried"]` stays with the workers.
    """

    def __init__(
        self, group: str, retries: str, workers: Sequence[Worker], publisher: Publisher, limits: SubscriberLimits
    ) -> None:
        """`retries` is the topic by which operators hand records again, as the broker names it."""
        super().__init__(group, RawIntake({}), publisher, limits, dead_letters=True)
        self._retries = retries
        self._workers = workers

    def settle(self, record: Record, window: Window) -> Coroutine[Any, Any, bool] | None:
        """As any settlement, but for triggered custom events, which go to their handlers."""
        if event_type(record.headers) != CUSTOM_EVENT_TRIGGERED:
            return super().settle(record, window)
        return self._dispatch(record, window)

    async def _dispatch(self, record: Record, window: Window) -> bool:
        try:
            event = decode(record.key, record.value, record.headers)
        except Rejected as error:
            return await self.give_up(record, window, error)
        name = event.data["customEvent"]
        due = [worker for worker in self._workers if name in worker.handler.custom_events]
        if (asked := _handler_named_by(record)) is not None:
            due = [worker for worker in due if worker.handler.name == asked]
            if not due:
                return await self.give_up(record, window, Rejected(f"no handler {asked!r} of {name!r} here"))
        if not due:
            # Another runner's: never ours to judge.
            self.counts["skipped"] += 1
            return True
        if not all(await asyncio.gather(*(self._through(worker, record, event, window) for worker in due))):
            return False
        self.succeeded(record, event)
        return True

    async def _through(self, worker: Worker, record: Record, event: Event, window: Window) -> bool:
        own = CustomEvent.of(event, worker.handler.name)
        ending = await worker.carry_out(own, window, again=record.topic == self._retries)
        if ending is None:
            return False
        if ending.outcome == "done":
            return True
        headers = [header for header in record.headers if header[0] != HANDLER]
        named = replace(record, headers=(*headers, (HANDLER, worker.handler.name.encode())))
        return await self.give_up(named, window, Rejected(ending.reason))


def _handler_named_by(record: Record) -> str | None:
    return next((value.decode("utf-8", "replace") for name, value in record.headers if name == HANDLER and value), None)
