"""Which MongoDB and which Kafka this run uses: the nearest to production that this machine can have."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.local.backends import BackendError, Kafka, Mongod, Tansu, kafka_jars
from deploy.local.backends.mongod import mongod_version
from deploy.local.backends.tansu import tansu_version
from tests.support import containers

Start = Callable[[Path], AbstractAsyncContextManager[str]]


@dataclass(frozen=True)
class Backend:
    """One way to have a server: what the report calls it, how to start it in a folder, and what it can do."""

    label: str
    start: Start
    is_kafka_itself: bool = False


@cache
def mongodb() -> Backend:
    """The caller's own, else a container, else mongod from pip."""
    if uri := os.environ.get("MONGODB_URI"):
        return Backend("the MongoDB of MONGODB_URI", lambda _: _given(uri))
    if containers.has_image(containers.MONGODB_IMAGE):
        return Backend(containers.label(containers.MONGODB_IMAGE), containers.mongodb)
    return Backend(f"MongoDB {mongod_version()} (mongod from pip)", _mongod)


@cache
def kafka() -> Backend:
    """The caller's own, else a container, else Apache Kafka from Maven Central, else the broker from pip."""
    if bootstrap := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        return Backend("the Kafka of KAFKA_BOOTSTRAP_SERVERS", lambda _: _given(bootstrap), is_kafka_itself=True)
    if containers.has_image(containers.KAFKA_IMAGE):
        return Backend(containers.label(containers.KAFKA_IMAGE), containers.kafka, is_kafka_itself=True)
    try:
        kafka_jars.java()
        kafka_jars.fetch()
    except BackendError as missing:
        if must_be_kafka():
            raise
        return Backend(f"Tansu {tansu_version()} (from pip, because: {str(missing).rstrip('.')})", _tansu)
    return Backend(f"Apache Kafka {kafka_jars.KAFKA_VERSION} (Maven)", _kafka, is_kafka_itself=True)


def must_be_kafka() -> bool:
    """Whether a stand-in would make a green run a lie: on CI, or where somebody says so."""
    return any(os.environ.get(name, "").lower() in ("1", "true", "yes") for name in ("CI", "REQUIRE_KAFKA"))


@asynccontextmanager
async def _given(address: str) -> AsyncIterator[str]:
    yield address


@asynccontextmanager
async def _mongod(folder: Path) -> AsyncIterator[str]:
    async with Mongod(folder / "mongod", folder / "logs") as server:
        yield server.uri


@asynccontextmanager
async def _kafka(folder: Path) -> AsyncIterator[str]:
    async with Kafka(folder / "kafka", folder / "logs") as server:
        yield server.bootstrap


@asynccontextmanager
async def _tansu(folder: Path) -> AsyncIterator[str]:
    async with Tansu(folder / "tansu", folder / "logs") as server:
        yield server.bootstrap
