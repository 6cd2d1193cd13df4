"""One contacts service for all contract tests here, with the demo's catalogue; each test has contacts of its own."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from pymongo import AsyncMongoClient

import deploy.local.demo
from chassis.topics import create_topics
from contacts.app import create_app
from contacts.settings import CatalogueSchema, Settings
from device_events import Event, KafkaConnection, Subscriber, catalog
from device_events.publisher import Publisher
from tests.contract.contacts.calls import DEMO, ELSEWHERE, TYPED
from tests.integration.contacts.stage import Stage, a_device, an_email
from tests.support.services import running, shared_settings, users
from tests.support.tokens import TokenIssuer, serving
from tests.support.topics import delete_topics, own_connection

DEMO_FILE = Path(str(deploy.local.demo.__file__)).with_name("catalogue.yaml")
TYPED_FIELDS = [
    {"id": 10, "name": "Whole", "type": "integer"},
    {"id": 11, "name": "Number", "type": "number"},
    {"id": 12, "name": "Flag", "type": "boolean", "default": True},
    {"id": 13, "name": "Day", "type": "date"},
    {"id": 14, "name": "Text", "values": [{"id": 1, "value": "red", "order": 2}]},
    {"id": 15, "name": "Email"},
]
LISTS: list[dict[str, Any]] = [
    {
        "id": TYPED,
        "name": "Typed",
        "runtime": "myruntime",
        "fields": TYPED_FIELDS,
        "customEvents": ["SendWelcomeEmail", "SendEventInvite"],
        "onRegistered": ["SendWelcomeEmail"],
    },
    {
        "id": ELSEWHERE,
        "name": "Elsewhere",
        "runtime": "myruntime",
        "fields": TYPED_FIELDS,
        "readers": ["marketing:read"],
        "writers": ["marketing:write"],
    },
]
PEOPLE = users(
    writer=[f"contacts:write:{number}" for number in (DEMO, TYPED, ELSEWHERE)],
    reader=[f"contacts:read:{DEMO}"],
    stranger=["contacts:write:33", "mfpadmin"],
    marketer=["marketing:write"],
    analyst=["marketing:read"],
)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def issuer() -> AsyncIterator[TokenIssuer]:
    async with serving(TokenIssuer()) as issuer:
        yield issuer


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def settings(
    mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool, issuer: TokenIssuer
) -> AsyncIterator[Settings]:
    """Settings with a database and topics that nobody else has."""
    connection = own_connection(kafka_bootstrap, is_kafka_itself=kafka_is_real)
    created = await create_topics(connection, ["contacts"], replicas=1, partitions=2)
    database = f"test_{uuid.uuid4().hex[:16]}"
    catalogue = yaml.safe_load(DEMO_FILE.read_text())
    catalogue["contactLists"] += LISTS
    yield Settings(
        **shared_settings(mongodb_uri, database, connection, users=PEOPLE, issuers=(issuer.trusted,)),
        catalogue=CatalogueSchema().load(catalogue),
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
