"""Processes of the services, and how a call goes on one: to its end, crashing on the way, or halted in flight."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.asynchronous.collection import AsyncCollection

from chassis.clock import Clock
from chassis.commands import StoreLimits
from chassis.errors import Refusal, Unavailable
from chassis.mongo import Document
from device_events.points import Point, place
from device_events.tasks import end
from tests.model.calls import Call, Crash, Crashing, Outcome, Unanswered, Whole
from tests.model.members import Member
from tests.model.stepping import SteppedStore

_PATIENT = StoreLimits(outcome=3_600.0)  # a call may be in flight for as long as a debugger wants


class Replica:
    """One process of a service, as far as its store and use cases go."""

    def __init__(self, member: Member, collection: AsyncCollection[Document], clock: Clock) -> None:
        self.store = SteppedStore(
            collection,
            clock=clock,
            offer=lambda _subject, _entries: None,
            limits=_PATIENT,
            keep_latest=member.keep_latest,
        )
        self.resources = member.resources(self.store)
        self.store.start()

    @property
    def background(self) -> "set[asyncio.Task[None]]":
        """What goes on after the answer."""
        return getattr(self.resources, "background", set())

    async def kill(self) -> None:
        """End it, whatever it is doing."""
        await end(*self.background)
        await self.store.kill()


class Flight:
    """A call on a replica of its own, halted before its next round trip."""

    def __init__(self, call: Call, replica: Replica) -> None:
        self.call = call
        self.replica = replica
        replica.store.gate.close()
        self._task = asyncio.create_task(_done(call, replica))
        self._task.add_done_callback(lambda _: replica.store.gate.moved.set())

    @property
    def _over(self) -> bool:
        return self._task.done() and not self.replica.background

    async def advance(self) -> Outcome | None:
        """One round trip, or several that go together. The outcome if the call has ended by that."""
        gate = self.replica.store.gate
        gate.open_once()
        while not await gate.at_rest():
            if self._over:
                await self.replica.kill()
                return self._task.result()
            gate.moved.clear()
            for task in self.replica.background:
                task.add_done_callback(lambda _: gate.moved.set())
            if not self._over:
                await gate.moved.wait()
        return None

    async def give_up(self) -> Outcome:
        """The replica ends where it is. What it had answered before stays answered."""
        answered = self._task.done()
        await end(self._task)
        await self.replica.kill()
        return self._task.result() if answered else Outcome(unknown=True)


async def carried_out(call: Call, replica: Replica, way: Whole | Crashing | Unanswered) -> tuple[Outcome, bool]:
    """Run a call; its outcome, and whether the replica crashed."""
    crashed: list[Point] = []
    if isinstance(way, Unanswered):
        replica.store.lose(way.answer)
    with _crashing(way, crashed):
        outcome = await _done(call, replica)
        while replica.background:
            await asyncio.wait(replica.background)
    replica.store.lose(None)
    return outcome, bool(crashed)


@contextmanager
def _crashing(way: Whole | Crashing | Unanswered, crashed: list[Point]) -> Iterator[None]:
    if not isinstance(way, Crashing):
        yield
        return
    reached = 0

    def act() -> None:
        nonlocal reached
        reached += 1
        if reached >= way.number:
            crashed.append(way.point)
            raise Crash

    place(way.point, act)
    try:
        yield
    finally:
        place(way.point, None)


async def _done(call: Call, replica: Replica) -> Outcome:
    try:
        with call.context():
            return Outcome(result=await call.do(replica.resources))
    except (Crash, Unavailable):
        return Outcome(unknown=True)
    except Refusal as refusal:
        return Outcome(refusal=refusal)
