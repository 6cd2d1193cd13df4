"""The world of one example: four services on a real MongoDB, two replicas each, a broker, and what is in flight."""

import asyncio
import random
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from chassis.mongo import Document, durable_collection, ensure_indexes
from chassis.outbox import pending_index
from chassis.relay import Addressed, Relay
from device_admin import usecases as admin_usecases
from device_events import Event, catalog
from tests.model import members
from tests.model.books import Books, Documents
from tests.model.broker import Broker
from tests.model.calls import Call, InFlight, Outcome, Way, Whole
from tests.model.fleet import TickingClock
from tests.model.members import MEMBERS, Member
from tests.model.replicas import Flight, Replica, carried_out

REPLICAS = 2
_ROUNDS = 40  # of publishing and delivering, in which everything must have come to its end

Snapshot = dict[str, Documents]
"""The documents of each service, by its source."""


class World:
    """Made once a test; `begin_anew` before each example. Its methods are the steps that a machine takes."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._collections = {one.source: durable_collection(database, one.collection) for one in MEMBERS}
        self._replicas: dict[tuple[str, int], Replica] = {}
        self._flights: list[Flight] = []

    async def prepare(self) -> None:
        """Have the indexes."""
        for one in MEMBERS:
            await ensure_indexes(self._collections[one.source], [*one.indexes, pending_index()])

    async def begin_anew(self) -> None:
        """Empty collections, fresh replicas."""
        await self.end()
        await asyncio.gather(*(collection.delete_many({}) for collection in self._collections.values()))
        self.clock, self.broker, self.books = TickingClock(), Broker(), Books()
        self.snapshot: Snapshot = {one.source: {} for one in MEMBERS}
        self._touched: set[str] = set()  # services that did something since the last look
        self._replicas = {(one.source, at): self._replica(one) for one in MEMBERS for at in range(REPLICAS)}

    async def end(self) -> None:
        """Stop whatever still runs."""
        for flight in self._flights:
            await flight.give_up()
        for replica in self._replicas.values():
            await replica.kill()
        self._flights.clear()
        self._replicas.clear()

    async def look(self) -> None:
        """Read what may have changed, as a majority has it, and bring the books up to date."""
        sources, self._touched = list(self._touched), set()
        found = await asyncio.gather(*(self._read(source) for source in sources))
        self.snapshot |= dict(zip(sources, found, strict=True))
        for source in sources:
            self.books.enter(source, self.snapshot[source])

    async def call(self, call: Call, way: Way) -> None:
        """Have a service do something, in this way."""
        self.books.begin(call)
        self._touched.add(call.member.source)
        if isinstance(way, InFlight):
            flight = Flight(call, self._replica(call.member))
            self._flights.append(flight)
            await self._advance(flight, way.steps)
            return
        place = (call.member.source, way.replica)
        outcome, crashed = await carried_out(call, self._replicas[place], way)
        if crashed:
            await self._replicas[place].kill()
            self._replicas[place] = self._replica(call.member)
        self._end(call, outcome)

    async def advance(self, which: int, steps: int) -> None:
        """Let one of the calls in flight go on."""
        if self._flights:
            await self._advance(self._flights[which % len(self._flights)], steps)

    async def give_up(self, which: int) -> None:
        """One of the calls in flight ends where it is, with its replica."""
        if self._flights:
            flight = self._flights.pop(which % len(self._flights))
            self._touched.add(flight.call.member.source)
            self._end(flight.call, await flight.give_up())

    async def publish(self, *, acknowledged: bool = True) -> None:
        """Do what relays and sweepers do with every outbox."""
        await self.look()
        self.broker.deaf = not acknowledged
        for one in MEMBERS:
            documents = self.snapshot[one.source].items()
            items = [Addressed(key, entry) for key, found in documents for entry in found.get("outbox", ())]
            # Times are the same, and ids are random: only the calls' names tell one run from another.
            items.sort(key=lambda one: (one.entry["time"], one.entry.get("correlationid", ""), one.entry["sequence"]))
            relay = Relay(
                self._collections[one.source],
                self.broker,
                source=one.source,
                topic_for=catalog.topic_for,
                keep_latest=one.keep_latest,
            )
            assert await relay.deliver(items) is (acknowledged or not items)
            self._touched |= {one.source} if items else set()

    async def deliver(self, member: Member, event: Event, way: Way) -> None:
        """Have a service react to an event, perhaps not for the first time."""

        def ended(outcome: Outcome) -> None:
            assert outcome.refusal is None, f"{member.source} refuses {event}: {outcome.refusal}"
            if not outcome.unknown:
                self.broker.note(member, event)

        async def react(resources: Any) -> None:
            await member.reactions[event.type](resources, event)

        name = f"{member} on {event.type}"
        await self.call(Call(member=member, name=name, do=react, event=event, ended=ended), way)

    async def settle(self, seed: int) -> None:
        """Let everything come to its end: what is in flight, what was left pending, all events to everybody."""
        for flight in list(self._flights):
            while flight in self._flights:
                await self._advance(flight, 1)
        order, recover = random.Random(seed), admin_usecases.recover_transactions
        for _ in range(_ROUNDS):
            await self.call(Call(member=members.ADMIN, name="recovery", do=recover), Whole(0))
            await self.publish()
            waiting = self.broker.unread()
            if not waiting:
                break
            order.shuffle(waiting)
            for member, event in waiting:
                await self.deliver(member, event, Whole(order.randrange(REPLICAS)))
        else:
            raise AssertionError(f"no end of it; still to be delivered: {self.broker.unread()}")
        if self.broker.has_compacted:
            # Who never reads of a status never acknowledges it by itself.
            give_up = admin_usecases.give_up_waiting
            await self.call(Call(member=members.ADMIN, name="giving up", do=give_up), Whole(0))
        await self.look()

    async def _advance(self, flight: Flight, steps: int) -> None:
        self._touched.add(flight.call.member.source)
        for _ in range(steps):
            outcome = await flight.advance()
            if outcome is not None:
                self._flights.remove(flight)
                self._end(flight.call, outcome)
                return

    def _end(self, call: Call, outcome: Outcome) -> None:
        self.books.end(call, outcome)
        call.ended(outcome)

    def _replica(self, member: Member) -> Replica:
        return Replica(member, self._collections[member.source], self.clock)

    async def _read(self, source: str) -> Documents:
        # Devices and contacts only: a counter and the like are no aggregates.
        found = self._collections[source].find({"version": {"$exists": True}})
        return {document["_id"]: document async for document in found}
