"""What the services stand on: MongoDB, Kafka and a mail server, started here or named in the environment."""

import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from chassis.kafka_settings import kafka_settings
from chassis.settings import SettingsError
from chassis.topics import create_topics
from deploy.local.backends import BackendError, MailSink, Mongod, Server, Tansu
from deploy.local.group import together
from deploy.local.home import Home
from deploy.local.options import NAMES, Options
from deploy.local.progress import Progress
from device_events import KafkaConnection

GROUPS = (*NAMES, "email-handlers")


@dataclass(frozen=True, slots=True)
class Foundation:
    """Where the services find their backends; `servers` are those that we started."""

    mongodb_uri: str
    database: str
    kafka: KafkaConnection
    mail: MailSink
    servers: Sequence[Server]

    def variables(self) -> dict[str, str]:
        """What every service is told of it. How to log in to a Kafka of yours is in our own environment already."""
        return {
            "MONGODB_URI": self.mongodb_uri,
            "MONGODB_DATABASE": self.database,
            "KAFKA_BOOTSTRAP_SERVERS": ",".join(self.kafka.bootstrap_servers),
            "KAFKA_IDEMPOTENT": str(self.kafka.idempotent).lower(),
            "KAFKA_FETCH_WAIT_MS": str(self.kafka.fetch_wait_ms),
            "KAFKA_TOPIC_PREFIX": self.kafka.topic_prefix,
        }


@asynccontextmanager
async def foundation(options: Options, home: Home, progress: Progress) -> AsyncIterator[Foundation]:
    """Backends without any data of an earlier run: new ones, or a part of yours that is removed again at the end."""
    mongod = None if options.mongodb_uri else Mongod(home.data / "mongod", home.logs)
    broker = None if options.kafka else Tansu(home.data / "tansu", home.logs)
    mail = MailSink(home.mailbox, home.logs)
    servers = [server for server in (mongod, broker, mail) if server]
    fresh = f"rollcall_{secrets.token_hex(4)}"
    async with together(servers, progress):
        uri = mongod.uri if mongod else options.mongodb_uri or ""
        kafka = _ours(broker) if broker else _yours(fresh)
        if not mongod:
            await _require_mongodb(uri)
        created = await _topics(kafka, replicas=1 if broker else 0)
        progress.say(f"{len(created)} topics created")
        try:
            yield Foundation(uri, "rollcall" if mongod else fresh, kafka, mail, servers)
        finally:
            if not mongod:
                await _drop_database(uri, fresh)
            if not broker:
                await _delete_topics(kafka, created)


def _ours(broker: Tansu) -> KafkaConnection:
    # Tansu has no idempotent producer, and looks at an empty partition again only after half of this wait.
    return KafkaConnection(bootstrap_servers=(broker.bootstrap,), idempotent=False, fetch_wait_ms=10)


def _yours(fresh: str) -> KafkaConnection:
    try:
        given = kafka_settings()
    except SettingsError as error:
        raise BackendError(f"The Kafka settings in the environment cannot be used:\n{error}") from error
    return given if "KAFKA_TOPIC_PREFIX" in os.environ else replace(given, topic_prefix=f"{fresh}.")


async def _topics(kafka: KafkaConnection, *, replicas: int) -> list[str]:
    try:
        return await create_topics(kafka, GROUPS, replicas=replicas)
    except (KafkaError, OSError) as error:
        servers = ", ".join(kafka.bootstrap_servers)
        raise BackendError(f"Cannot create topics on the Kafka at {servers}: {error!r}") from error


async def _require_mongodb(uri: str) -> None:
    try:
        async with AsyncMongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=5_000) as client:
            hello = await client.admin.command("hello")
    except PyMongoError as error:
        raise BackendError(f"The MongoDB of MONGODB_URI does not answer: {type(error).__name__}") from error
    if not (hello.get("setName") or hello.get("msg") == "isdbgrid"):
        raise BackendError(
            "The MongoDB of MONGODB_URI is no replica set; Rollcall needs one, of a single node at least."
        )


async def _drop_database(uri: str, name: str) -> None:
    with suppress(PyMongoError):
        async with AsyncMongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=5_000) as client:
            await client.drop_database(name)


async def _delete_topics(kafka: KafkaConnection, names: list[str]) -> None:
    admin = kafka.admin()
    with suppress(KafkaError, OSError):
        await admin.start()
        try:
            await admin.delete_topics(names)
        finally:
            await admin.close()
