"""Settlement: takes one record to its end - handled, skipped or dead-lettered - however many tries that needs."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

from device_events.dead_letters import dead_letter
from device_events.errors import Away, Rejected
from device_events.intake import Handler, Intake
from device_events.points import reached
from device_events.publisher import Publisher
from device_events.tasks import rest
from device_events.window import Record, Window

log = logging.getLogger(__name__)
_ENDED = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberLimits:
    """Bounds of a subscriber. Times are seconds, but `poll_ms`.

    `window`, `window_bytes`: unsettled records, and bytes of their values, a partition before it is paused.
    `attempts`: tries of a failing handler before its event may be dead-lettered. `handler`: how long one try may take
    before it is cancelled, which counts as failing. `stop`: how long handlers in hand may finish when partitions go.
    `commit_every`: the least time between two commits of a member that goes on.
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
    commit_every: float = 0.1


class Settlement:
    """Settles records for one consumer group. `counts` has handled, skipped, retried and dead_lettered."""

    def __init__(
        self, group: str | None, intake: Intake, publisher: Publisher, limits: SubscriberLimits, *, dead_letters: bool
    ) -> None:
        """Without `dead_letters`, an event at fault is raised."""
        self.counts: Counter[str] = intake.counts
        self.intake = intake
        self._take, self._handled = intake.take, intake.handled
        self._group = group if dead_letters else None
        self._publisher = publisher
        self._limits = limits
        self._turn = asyncio.Lock()  # the publisher takes one round at a time

    def settle(self, record: Record, window: Window) -> Coroutine[Any, Any, bool] | None:
        """None when the record is done with; else what to await, which says whether it was done with.

        It was not only when its window closed first. Call it within a task: the handler begins here.
        """
        try:
            taken = self._take(record)
        except Rejected as error:
            return self.give_up(record, window, error)
        if taken is None:
            return None
        handler, event = taken
        try:
            work = handler(event)
            if type(work) is not CoroutineType:
                return self._handle(record, event, handler, window, work)
            # Most handlers of a busy stream wait for nothing: no timer, no frame between the worker and them. `next`
            # and not `send`: an end that raises has Python make a frame and a traceback for every event.
            waits_for = next(work.__await__(), _ENDED)
        except Exception as error:
            return self._handle(record, event, handler, window, _raising(error))
        if waits_for is not _ENDED:
            return self._handle(record, event, handler, window, rest(work, waits_for))
        self.counts["handled"] += 1
        reached("after-effect")
        self._handled(record, event)
        return None

    def succeeded(self, record: Record, event: Any) -> None:
        """The event has had its effect."""
        self.counts["handled"] += 1
        reached("after-effect")
        self.intake.handled(record, event)

    async def _handle(
        self, record: Record, event: Any, handler: Handler, window: Window, begun: Awaitable[None]
    ) -> bool:
        tries, handled_before = 0, self.counts["handled"]
        first: Awaitable[None] | None = begun
        while True:
            try:
                async with asyncio.timeout(self._limits.handler):
                    await (handler(event) if first is None else first)
            except Rejected as error:
                return await self.give_up(record, window, error)
            except Away as error:
                problem: Exception = error
            except Exception as error:
                problem = error
                tries += 1
                told = {"type": event.type, "id": event.id, "tries": tries}
                log.warning("event_failed", exc_info=error, extra=told)
                # While nothing succeeds, the fault is more likely ours or a backend's than this event's.
                if tries >= self._limits.attempts and self.counts["handled"] > handled_before:
                    return await self.give_up(record, window, error)
            else:
                self.succeeded(record, event)
                return True
            self.counts["retried"] += 1
            if await self._closed_during(window, self._pause(max(tries, 1))):
                log.info("event_left_for_next_owner", extra={"id": event.id, "error": type(problem).__name__})
                return False
            first = None

    async def give_up(self, record: Record, window: Window, error: Exception) -> bool:
        """Dead-letter the record; False when its window closed first. Raises Rejected if nobody keeps dead letters."""
        if self._group is None:
            if isinstance(error, Rejected):
                raise error
            raise Rejected(f"{type(error).__name__}, again and again") from error
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


async def _raising(error: Exception) -> None:
    raise error
