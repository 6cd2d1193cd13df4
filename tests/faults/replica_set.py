"""MongoDB as it is run in earnest: a replica set of three, of which members can be lost."""

import dataclasses
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.local.backends.mongod import REPLICA_SET
from deploy.local.backends.ports import LOOPBACK, answers
from tests.faults.audit.documents import Document, Store
from tests.faults.servers import FaultMongod
from tests.faults.world import World
from tests.support.polling import eventually

ELECTED_WITHIN = 60.0


class Member(FaultMongod):
    """One of the three, primary or not. It serves once it answers; who leads is for the set to say."""

    def __init__(self, folder: Path) -> None:
        """Data and log go into the folder."""
        super().__init__(folder / "data", folder / "logs")

    def command(self) -> list[str]:
        """Asking for each batch of the oplog, so that none waits in the connections of a member that stands still."""
        return [*super().command(), "--setParameter", "oplogFetcherUsesExhaust=false"]

    async def ready(self) -> bool:
        """Whether it listens."""
        return await answers(self.port)

    async def ask(self, command: str, value: Any = 1, **options: Any) -> Document:
        """Have this very member run a command of the admin database. Raises PyMongoError."""
        async with AsyncMongoClient[Document](
            LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=2_000, socketTimeoutMS=5_000
        ) as client:
            return await client.admin.command(command, value, **options)

    async def leads(self) -> bool:
        """Whether it is the primary, as far as it knows."""
        try:
            return bool((await self.ask("hello")).get("isWritablePrimary"))
        except PyMongoError:
            return False

    async def follows(self) -> bool:
        """Whether it is a secondary."""
        try:
            return bool((await self.ask("hello")).get("secondary"))
        except PyMongoError:
            return False


@dataclasses.dataclass(frozen=True)
class ReplicaSet:
    """Three members, all of them running until a row does something to one."""

    members: Sequence[Member]

    @property
    def uri(self) -> str:
        """What a client connects with."""
        return f"mongodb://{','.join(member.address for member in self.members)}/?replicaSet={REPLICA_SET}"

    async def primary(self, *, of: Sequence[Member] | None = None) -> Member:
        """Who leads, once somebody (of these) does. Raises AssertionError if nobody is elected."""

        async def leading() -> Member | None:
            for member in of or self.members:
                if await member.leads():
                    return member
            return None

        return await eventually(leading, within=ELECTED_WITHIN, every=0.1)

    async def secondaries(self) -> list[Member]:
        """The others, once they follow."""
        primary = await self.primary()
        others = [member for member in self.members if member is not primary]

        async def following() -> bool:
            return all([await member.follows() for member in others])

        await eventually(following, within=ELECTED_WITHIN, every=0.1)
        return others


@asynccontextmanager
async def three_members(world: World, *, election: float) -> AsyncIterator[ReplicaSet]:
    """A new set, which the world's replicas and auditor use from now on.

    A member that hears nothing of the primary for `election` seconds stands for election itself; a primary that hears
    of no majority for so long steps down.
    """
    folder = world.servers.folder / secrets.token_hex(3)
    async with AsyncExitStack() as stack:
        members = [Member(folder / str(number)) for number in (1, 2, 3)]
        for member in members:
            await member.start()
            stack.push_async_callback(member.kill)
        replica_set = ReplicaSet(members)
        await members[0].ask(
            "replSetInitiate",
            {
                "_id": REPLICA_SET,
                "members": [{"_id": number, "host": member.address} for number, member in enumerate(members)],
                "settings": {"electionTimeoutMillis": int(election * 1_000)},
            },
        )
        await replica_set.secondaries()
        client = await stack.enter_async_context(AsyncMongoClient[Document](replica_set.uri))
        world.stack.tell(world.stack.of(world.stack.services), {"MONGODB_URI": replica_set.uri})
        world.auditor = dataclasses.replace(world.auditor, store=Store(client, world.stack.database))
        yield replica_set
