"""One contacts service for all tests here, on real backends; each test has contacts and devices of its own."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from chassis.topics import create_topics
from contacts.app import create_app
from contacts.settings import Settings
from device_events import Event, KafkaConnection, Subscriber, catalog
from device_events.publisher import Publisher
from tests.integration.contacts.stage import CATALOGUE, ROLES, Stage, a_device, an_email
from tests.support.services import GROUPS, running, shared_settings, users
from tests.support.topics import delete_topics, own_connection


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def settings(mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[Settings]:
    """Settings with a database and topics that nobody else has."""
    connection = own_connection(kafka_bootstrap, is_kafka_itself=kafka_is_real)
    created = await create_topics(connection, GROUPS, replicas=1, partitions=2)
    database = f"test_{uuid.uuid4().hex[:16]}"
    yield Settings(
        **shared_settings(mongodb_uri, database, connection, users=users(**ROLES)),
        catalogue=CATALOGUE,
        enc_contact_id_keys={"k1": b"1" * 64},
        contact_digest_key=b"d" * 32,
    )
    await delete_topics(kafka_bootstrap, created)
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as client:
        await client.drop_database(database)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stage(settings: Settings) -> AsyncIterator[Stage]:
    """The service with a listener on what it announces."""
    publisher = Publisher(settings.kafka)
    async with running(create_app, settings) as service:
        stage = Stage(settings, service, publisher)
        listener = _listener(settings.kafka, stage.heard)
        listening = asyncio.create_task(listener.run())
        yield stage
        listener.stop()
        await listening
    await publisher.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def twin(settings: Settings, stage: Stage) -> AsyncIterator[Stage]:
    """A second replica."""
    async with running(create_app, settings) as service:
        yield Stage(settings, service, stage.publisher, stage.heard)


@pytest.fixture
def device() -> str:
    """A device id that nobody uses."""
    return a_device()


@pytest.fixture
def email() -> str:
    """An address that nobody has."""
    return an_email()


def _listener(connection: KafkaConnection, heard: list[Event]) -> Subscriber:
    async def hear(event: Event) -> None:
        heard.append(event)

    topics = [catalog.CONTACTS_TOPIC, catalog.CUSTOM_EVENTS_TOPIC]
    return Subscriber(connection, group="listener", topics=topics, handlers=dict.fromkeys(catalog.CATALOG, hear))
