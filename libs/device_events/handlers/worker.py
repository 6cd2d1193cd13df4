"""Worker: takes one event through one handler to its end, however many tries that needs.

Its outcome is its own: what another handler makes of the same event neither repeats nor hinders it.
"""

import asyncio
import logging
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from device_events.errors import Away
from device_events.handlers.attempt import Done, Failed, PutOff, Refused, attempt
from device_events.handlers.event import CustomEvent
from device_events.handlers.logs import correlated
from device_events.handlers.metrics import Histogram
from device_events.handlers.records import Outcome, Records
from device_events.handlers.registry import Handler
from device_events.handlers.retry import Retry
from device_events.window import Window

log = logging.getLogger(__name__)
MARGIN = 5.0  # seconds that a claim outlives its try, for the outcome to be recorded
LONGEST_LOOK = 2.0  # seconds before a record that another holds is looked at again
RECORDS_AWAY = Retry(first=0.1, longest=5.0)


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended: done, or given up with a reason."""

    outcome: Outcome
    reason: str = ""


@dataclass(slots=True)
class _Effort:
    """How far one event has come with the handler."""

    owner: str
    again: bool
    done_before: int
    tries: int = 0
    failing_since: float = 0.0
    away: int = 0


class Worker:
    """One handler at work in one runner. `counts` has done, repeated, rejected, put_off, failed and given_up."""

    def __init__(self, handler: Handler[Any], records: Records) -> None:
        """Raises RuntimeError if the handler's limits follow from settings that are not there."""
        self.handler = handler
        self.timeout = handler.timeout
        self.counts: Counter[str] = Counter()
        self.seconds = Histogram()
        self.in_flight = 0
        self._records = records
        self._slots = asyncio.Semaphore(handler.concurrency)

    async def carry_out(self, event: CustomEvent, window: Window, *, again: bool) -> Ending | None:
        """None if the window closed first. `again`: an operator wants what was given up to be tried anew."""
        effort = _Effort(uuid.uuid4().hex, again, self.counts["done"])
        with correlated(event.correlation_id):
            while True:
                async with self._slots:
                    if window.closed:
                        return None
                    step = await self._step(event, effort, window)
                if not isinstance(step, float):
                    return step
                if await _closed_during(window, step):
                    return None

    async def _step(self, event: CustomEvent, effort: _Effort, window: Window) -> Ending | float | None:
        """One claim and, if it is free, one try: the end, or how long to wait, or None when the window has closed."""
        try:
            claim = await self._records.claim(event, effort.owner, lease=self.timeout + MARGIN, again=effort.again)
        except Exception as error:
            return self._without_records(error, effort)
        effort.away = 0
        if claim.outcome:
            self.counts["repeated"] += 1
            return Ending(claim.outcome, claim.reason)
        if not claim.free:
            return min(claim.wait, LONGEST_LOOK)
        effort.again = False
        began = time.monotonic()
        self.in_flight += 1
        try:
            result = await attempt(self.handler, event, timeout=self.timeout)
        finally:
            self.in_flight -= 1
            self.seconds.observe(time.monotonic() - began)
        match result:
            case Done():
                self.counts["done"] += 1
                return await self._settled(event, window, Ending("done"))
            case Refused(reason):
                self.counts["rejected"] += 1
                return await self._settled(event, window, Ending("failed", reason))
            case PutOff():
                return await self._postponed(event, effort, window, result)
            case Failed():
                return await self._failed(event, effort, window, result.error)

    async def _postponed(
        self, event: CustomEvent, effort: _Effort, window: Window, why: PutOff
    ) -> Ending | float | None:
        self.counts["put_off"] += 1
        log.info("event_put_off", extra={**self._told(event), "reason": why.reason, "seconds": why.seconds})
        try:
            waited = await self._records.put_off(event, effort.owner, why.seconds, counted=why.patience is not None)
        except Exception as error:
            return self._without_records(error, effort)
        if why.patience is not None and waited >= why.patience:
            return await self._settled(event, window, Ending("failed", f"{why.reason} for too long"))
        return float(why.seconds)

    async def _failed(
        self, event: CustomEvent, effort: _Effort, window: Window, error: BaseException
    ) -> Ending | float | None:
        self.counts["failed"] += 1
        effort.tries += 1
        effort.failing_since = effort.failing_since or time.monotonic()
        log.warning("event_failed", exc_info=error, extra={**self._told(event), "tries": effort.tries})
        failing_for = time.monotonic() - effort.failing_since
        others = self.counts["done"] > effort.done_before
        retry = self.handler.retry
        if retry.spent(effort.tries, failing_for=failing_for, others_succeed=others):
            # The exception's class alone: its text may quote personal data.
            reason = f"{type(error).__name__}, {effort.tries} tries"
            return await self._settled(event, window, Ending("failed", reason))
        pause = retry.pause(effort.tries)
        try:
            await self._records.put_off(event, effort.owner, pause, counted=False)
        except Exception as problem:
            return self._without_records(problem, effort)
        return pause

    async def _settled(self, event: CustomEvent, window: Window, ending: Ending) -> Ending | None:
        """Record it, without running the handler again for want of that; None if the window closed before."""
        tries = 0
        while True:
            try:
                await self._records.settle(event, ending.outcome, ending.reason)
            except Exception as error:
                tries += 1
                _report(error)
                if await _closed_during(window, RECORDS_AWAY.pause(tries)):
                    return None
            else:
                self.counts["given_up"] += ending.outcome == "failed"
                return ending

    def _without_records(self, error: Exception, effort: _Effort) -> float:
        _report(error)
        effort.away += 1
        return RECORDS_AWAY.pause(effort.away)

    @staticmethod
    def _told(event: CustomEvent) -> dict[str, Any]:
        return {"id": event.trigger_id, "handler": event.handler, "custom_event": event.custom_event}


def _report(error: Exception) -> None:
    if not isinstance(error, Away):
        log.error("records_failed", exc_info=error)


async def _closed_during(window: Window, seconds: float) -> bool:
    try:
        await asyncio.wait_for(window.closing.wait(), seconds)
    except TimeoutError:
        return False
    return True
