"""Triggers: one document a custom event that was mailed, or is being mailed. Its id is the event's.

A document is removed some time after the topic has forgotten its event, so it cannot be needed again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from pymongo import ASCENDING, IndexModel

from chassis.aggregates import AggregateStore
from chassis.decisions import Aggregate, Decision

INDEXES = (IndexModel([("state.expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),)


class Trigger(TypedDict, total=False):
    """`outcome` is absent until it is settled: "sent" or "failed", the latter with a `reason`.

    `held_until`: nobody else tries before; either it is being tried, or it was put off. `put_off_at`: the first time.
    """

    custom_event: str
    contact_id: str
    outcome: str
    reason: str
    held_until: datetime
    put_off_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Who may go on: `free` means the caller. `wait` is how many seconds somebody else may still hold it."""

    state: Trigger
    free: bool
    wait: float = 0.0


class Triggers:
    """Reads and writes these documents; nobody else does."""

    def __init__(self, aggregates: AggregateStore, *, keep: timedelta) -> None:
        self._aggregates = aggregates
        self._keep = keep

    async def claim(self, id: str, custom_event: str, contact_id: str, *, hold: timedelta) -> Claim:
        """Claim a trigger for so long, unless it is settled or somebody else holds it."""

        def decide(aggregate: Aggregate[Trigger]) -> Decision[Trigger, Claim]:
            now = self._aggregates.clock.now()
            known: Trigger = aggregate.state or {"custom_event": custom_event, "contact_id": contact_id}
            if "outcome" in known:
                return Decision(Claim(known, free=False))
            if (until := known.get("held_until", now)) > now:
                return Decision(Claim(known, free=False, wait=(until - now).total_seconds()))
            claimed: Trigger = {**known, "held_until": now + hold, "expires_at": now + self._keep}
            return Decision(Claim(claimed, free=True), claimed)

        return await self._aggregates.execute(id, decide)

    async def settle(self, id: str, outcome: str, reason: str = "") -> None:
        """Record what became of it."""

        def decide(aggregate: Aggregate[Trigger]) -> Decision[Trigger, None]:
            settled: Trigger = {**(aggregate.state or {}), "outcome": outcome}
            if reason:
                settled["reason"] = reason
            return Decision(None, settled)

        await self._aggregates.execute(id, decide)

    async def put_off(self, id: str, *, pause: timedelta, by_recipient: bool) -> timedelta:
        """Let it rest for a while; returns for how long its recipient has been putting it off."""

        def decide(aggregate: Aggregate[Trigger]) -> Decision[Trigger, timedelta]:
            now = self._aggregates.clock.now()
            known: Trigger = aggregate.state or {}
            resting: Trigger = {**known, "held_until": now + pause}
            if by_recipient:
                resting["put_off_at"] = known.get("put_off_at", now)
            return Decision(now - resting.get("put_off_at", now), resting)

        return await self._aggregates.execute(id, decide)
