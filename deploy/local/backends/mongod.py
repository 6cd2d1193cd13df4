"""MongoDB as a replica set of one, because only a replica set has transactions and majority writes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from deploy.local.backends import executables
from deploy.local.backends.ports import LOOPBACK, answers
from deploy.local.backends.server import Server

REPLICA_SET = "rs0"
CACHE_GB = "0.5"
NOT_YET_INITIALIZED = 94
ALREADY_INITIALIZED = 23


def find_mongod() -> Path:
    """The binary to start: the machine's own, else the one from pip."""
    return executables.find("mongod", "fiftyone", "db/bin/mongod")


def mongod_version() -> str:
    """For example `6.0.5`; raises with advice where the binary cannot run."""
    told = executables.version(find_mongod())
    found = re.search(r"v(\d[\w.]*)", told)
    return found[1] if found else told


class Mongod(Server):
    """A mongod of our own, ready once it is the primary."""

    name = "mongod"

    @property
    def uri(self) -> str:
        """What a client connects with."""
        return f"mongodb://{self.address}/?replicaSet={REPLICA_SET}"

    async def prepare(self) -> None:
        """Find out now whether the binary runs at all: the advice is better than its own message."""
        await super().prepare()
        mongod_version()

    def command(self) -> list[str]:
        """Small caches and no socket files: it shares the machine with a broker and four services."""
        return [
            *(str(find_mongod()), "--replSet", REPLICA_SET, "--bind_ip", LOOPBACK, "--port", str(self.port)),
            *("--dbpath", str(self.data), "--wiredTigerCacheSizeGB", CACHE_GB, "--nounixsocket"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        ]

    def login(self) -> Mapping[str, Any]:
        """What a client of PyMongo is told besides the address, before there is any user."""
        return {}

    async def ready(self) -> bool:
        """Make it a replica set the first time, then wait until it leads it."""
        if not await answers(self.port):
            return False
        async with AsyncMongoClient[dict[str, object]](
            LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=2000, **self.login()
        ) as client:
            try:
                if (await client.admin.command("hello")).get("isWritablePrimary"):
                    return True
                await client.admin.command("replSetGetStatus")
            except ConnectionFailure:
                return False
            except OperationFailure as refused:
                if refused.code == NOT_YET_INITIALIZED:
                    await self._initiate(client)
        return False

    async def _initiate(self, client: AsyncMongoClient[dict[str, object]]) -> None:
        members = [{"_id": 0, "host": self.address}]
        try:
            await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        except OperationFailure as refused:
            if refused.code != ALREADY_INITIALIZED:
                raise
