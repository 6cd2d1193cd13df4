"""Records: what became of each trigger with each handler, so that no success is repeated.

A record is claimed before its handler runs and settled after it. It is named by the event's `idempotency_key`.
"""

import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from device_events.handlers.event import CustomEvent

Outcome = Literal["done", "failed"]
REMEMBERED = 100_000  # records in memory


@dataclass(frozen=True, slots=True)
class Claim:
    """`free`: the caller may run the handler. Else it is settled (`outcome`), or held for `wait` more seconds."""

    free: bool
    outcome: Outcome | None = None
    reason: str = ""
    wait: float = 0.0


class Records(ABC):
    """Where outcomes are kept. Every method raises Away while that place does not answer."""

    kind: str

    async def prepare(self) -> None:  # noqa: B027 - not every place needs it
        """Make what it needs; repeated until it succeeds."""

    async def answers(self) -> bool:
        """Whether it answers now."""
        return True

    async def stop(self) -> None:  # noqa: B027
        """Close its connections."""

    @abstractmethod
    async def claim(self, event: CustomEvent, owner: str, *, lease: float, again: bool) -> Claim:
        """Hold it for `lease` seconds, unless it is settled or another owner's. `again` opens a failed one anew."""

    @abstractmethod
    async def settle(self, event: CustomEvent, outcome: Outcome, reason: str = "") -> None:
        """Keep what became of it. What is done stays done."""

    @abstractmethod
    async def put_off(self, event: CustomEvent, owner: str, seconds: float, *, counted: bool) -> float:
        """Let it rest, if it is still this owner's; returns for how long it has been put off, if `counted`."""


@dataclass(slots=True)
class _Record:
    owner: str = ""
    held_until: float = 0.0
    outcome: Outcome | None = None
    reason: str = ""
    put_off_at: float | None = None


class MemoryRecords(Records):
    """For one process and its life: another member, or the next start, knows nothing of it.

    So a handler may run again for an event that was handled and whose offset was not committed: after a crash, or when
    the partition went to another member meanwhile. It remembers the newest 100,000.
    """

    kind = "memory"

    def __init__(self, *, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._records: OrderedDict[str, _Record] = OrderedDict()

    async def claim(self, event: CustomEvent, owner: str, *, lease: float, again: bool) -> Claim:
        key, now = event.idempotency_key, time.monotonic()
        record = self._records.setdefault(key, _Record())
        self._records.move_to_end(key)
        while len(self._records) > self._limit:
            self._records.popitem(last=False)
        if record.outcome == "failed" and again:
            record = self._records[key] = _Record()
        if record.outcome:
            return Claim(False, record.outcome, record.reason)
        if record.owner != owner and record.held_until > now:
            return Claim(False, wait=record.held_until - now)
        record.owner, record.held_until = owner, now + lease
        return Claim(True)

    async def settle(self, event: CustomEvent, outcome: Outcome, reason: str = "") -> None:
        record = self._records.setdefault(event.idempotency_key, _Record())
        if record.outcome != "done":
            record.outcome, record.reason = outcome, reason

    async def put_off(self, event: CustomEvent, owner: str, seconds: float, *, counted: bool) -> float:
        now = time.monotonic()
        record = self._records.setdefault(event.idempotency_key, _Record(owner))
        if record.owner != owner or record.outcome:
            return 0.0
        record.held_until = now + seconds
        if not counted:
            return 0.0
        if record.put_off_at is None:
            record.put_off_at = now
        return now - record.put_off_at
