"""A running push-registry, and status changes to feed it."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio

from chassis.tokens import TokenDigest
from device_events import Event, KafkaConnection, catalog
from push_registry.app import create_app
from push_registry.settings import Settings
from tests.support.services import Running, running, shared_settings
from tests.support.tokens import TokenIssuer, serving

DIGEST = TokenDigest(b"k" * 32)
WRITE = "devices.write push.application.myapp"
READ = "devices.read push.application.myapp"


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[TokenIssuer]:
    async with serving(TokenIssuer()) as one:
        yield one


@pytest_asyncio.fixture
async def settings(mongodb_uri: str, database_name: str, kafka: KafkaConnection, issuer: TokenIssuer) -> Settings:
    shared = shared_settings(mongodb_uri, database_name, kafka, issuers=(issuer.trusted,))
    applications = {"myapp": "myruntime", "otherapp": "myruntime", "elsewhere": "otherruntime"}
    return Settings(**shared, applications=applications, token_digest=DIGEST)


@pytest_asyncio.fixture
async def push(settings: Settings) -> AsyncIterator[Running]:
    async with running(create_app, settings) as one:
        yield one


def status_changed(device_id: str, status: str, sequence: int, *, previous: str | None = "ACTIVE") -> Event:
    """What device-admin announces when a device takes a status."""
    data = {"runtime": "myruntime", "deviceId": device_id, "status": status, "reason": "operator"}
    return Event(
        id=uuid.uuid4().hex,
        type=catalog.DEVICE_STATUS_CHANGED,
        source=catalog.DEVICE_ADMIN,
        subject=f"myruntime/{device_id}",
        time=datetime.now(UTC),
        sequence=sequence,
        data=data if previous is None else {**data, "previous": previous},
        deviceid=f"myruntime/{device_id}",
    )
