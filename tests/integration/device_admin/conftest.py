"""One device-admin for each file of tests, on real backends; each test has a runtime to itself."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from joserfc import jwk
from pymongo import AsyncMongoClient

from chassis.topics import create_topics
from device_admin.app import create_app
from device_admin.settings import Client, Settings
from device_events import KafkaConnection
from tests.integration.device_admin.admin import Admin
from tests.support.services import GROUPS, HASHED, running, shared_settings, users
from tests.support.topics import delete_topics, own_connection

RUNTIMES = [f"runtime-{number}" for number in range(100)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_kafka(kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[KafkaConnection]:
    """A connection whose topics nobody else has."""
    connection = own_connection(kafka_bootstrap, is_kafka_itself=kafka_is_real)
    created = await create_topics(connection, GROUPS, replicas=1, partitions=2)
    yield connection
    await delete_topics(kafka_bootstrap, created)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settings(mongodb_uri: str, own_kafka: KafkaConnection) -> AsyncIterator[Settings]:
    """Settings with every role, a fast clock for what people wait for, and jobs that only run when asked to."""
    database = f"test_{uuid.uuid4().hex[:16]}"
    people = users(
        admin=["mfpadmin"], deployer=["mfpdeployer"], operator=["mfpoperator"], monitor=["mfpmonitor"], nobody=[]
    )
    key = jwk.ECKey.generate_key("P-256", auto_kid=True)
    yield Settings(
        **shared_settings(mongodb_uri, database, own_kafka, users=people),
        runtimes=frozenset({"myruntime", *RUNTIMES}),
        clients={
            "test": Client("test", HASHED, "test", "*"),
            "push": Client("push", HASHED, "Push", "push.application.* devices.*"),
        },
        signing_keys=[key],
        token_issuer="rollcall",
        token_audience="rollcall",
        token_lifetime=3_600,
        product_version="8.0",
        app_server_id="rollcall",
        device_patience=0.3,
        acknowledgement_timeout=timedelta(minutes=5),
        orphan_age=timedelta(seconds=30),
        transactions_every=3_600,
        inactivity=timedelta(days=90),
        expiry_every=3_600,
    )
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as client:
        await client.drop_database(database)


@asynccontextmanager
async def admin_running(settings: Settings, **changes: object) -> AsyncIterator[Admin]:
    """A replica with these settings."""
    async with running(create_app, replace(settings, **changes)) as service:  # type: ignore[arg-type]
        yield Admin(service)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(settings: Settings) -> AsyncIterator[Admin]:
    """The service, and what tests say to it."""
    async with admin_running(settings) as admin:
        yield admin


@pytest.fixture(scope="module")
def runtimes() -> Iterator[str]:
    """Runtimes not yet given out."""
    return iter(RUNTIMES)


@pytest.fixture
def runtime(runtimes: Iterator[str]) -> str:
    """A runtime without devices and transactions."""
    return next(runtimes)
