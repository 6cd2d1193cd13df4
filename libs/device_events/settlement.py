"""Settlement: takes one record to its end - handled, skipped or dead-lettered - however many tries that needs."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from device_events.dead_letters import dead_letter
from device_events.envelope import decode, event_type
from device_events.errors import Away, Rejected, Undecodable
from device_events.event import Event
from device_events.points import reached
from device_events.publisher import Publisher
from device_events.window import Record, Window

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberLimits:
    """Bounds of a subscriber. Times are seconds, but `poll_ms`.

    `window`, `window_bytes`: unsettled records, and bytes of their values, a partition before it is paused.
    `attempts`: tries of a failing handler before its event may be dead-lettered. `handler`: how long one try may take
    before it is cancelled, which counts as failing. `stop`: how long handlers in hand may finish when partitions go.
    """

    window: int = 512
    window_bytes: int = 8_000_000
    poll_records: int = 256
    poll_ms: int = 100
    attempts: int = 6
    backoff: float = 0.05
    backoff_max: float = 5.0
    handler: float = 120.0
    stop: float = 20.0


class Settlement:
    """Settles records for one consumer group. `counts` has handled, skipped, retried and dead_lettered."""

    def __init__(
        self,
        group: str,
        handlers: Mapping[str, Callable[[Event], Awaitable[None]]],
        publisher: Publisher,
        limits: SubscriberLimits,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._group = group
        self._handlers = handlers
        self._publisher = publisher
        self._limits = limits
        self._turn = asyncio.Lock()  # the publisher takes one round at a time

    async def settle(self, record: Record, window: Window) -> bool:
        """Whether the record is done with; False only when its window closed first."""
        kind = event_type(record.headers)
        handler = self._handlers.get(kind or "")
        if handler is None and kind:
            # Another handler's type, or one newer than this version: never ours to judge.
            self.counts["skipped"] += 1
            return True
        try:
            event = decode(record.key, record.value, record.headers)
        except Rejected as error:
            return await self._give_up(record, window, error)
        if handler is None:
            return await self._give_up(record, window, Undecodable("the record names no event type"))
        return await self._handle(record, event, handler, window)

    async def _handle(
        self, record: Record, event: Event, handler: Callable[[Event], Awaitable[None]], window: Window
    ) -> bool:
        tries, handled_before = 0, self.counts["handled"]
        while True:
            try:
                async with asyncio.timeout(self._limits.handler):
                    await handler(event)
            except Rejected as error:
                return await self._give_up(record, window, error)
            except Away as error:
                problem: Exception = error
            except Exception as error:
                problem = error
                tries += 1
                told = {"type": event.type, "id": event.id, "tries": tries}
                log.warning("event_failed", exc_info=error, extra=told)
                # While nothing succeeds, the fault is more likely ours or a backend's than this event's.
                if tries >= self._limits.attempts and self.counts["handled"] > handled_before:
                    return await self._give_up(record, window, error)
            else:
                self.counts["handled"] += 1
                reached("after-effect")
                return True
            self.counts["retried"] += 1
            if await self._closed_during(window, self._pause(max(tries, 1))):
                log.info("event_left_for_next_owner", extra={"id": event.id, "error": type(problem).__name__})
                return False

    async def _give_up(self, record: Record, window: Window, error: Exception) -> bool:
        letter = dead_letter(record, self._group, error)
        told = {"topic": record.topic, "offset": record.offset, "error": type(error).__name__}
        log.error("event_dead_lettered", extra=told)
        tries = 0
        while True:
            async with self._turn:
                if (await self._publisher.publish([letter]))[0]:
                    self.counts["dead_lettered"] += 1
                    return True
            tries += 1
            if await self._closed_during(window, self._pause(tries)):
                return False

    def _pause(self, tries: int) -> float:
        ceiling: float = min(self._limits.backoff * 2 ** min(tries, 16), self._limits.backoff_max)
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret

    @staticmethod
    async def _closed_during(window: Window, seconds: float) -> bool:
        try:
            await asyncio.wait_for(window.closing.wait(), seconds)
        except TimeoutError:
            return False
        return True
