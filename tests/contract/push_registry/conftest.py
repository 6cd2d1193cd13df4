"""One push-registry for all contract tests here; each test has devices and tokens of its own."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from chassis.tokens import TokenDigest
from chassis.topics import create_topics
from device_events import Event, KafkaConnection, catalog
from push_registry.app import create_app
from push_registry.settings import Settings
from tests.support.announced import announced
from tests.support.services import Running, running, shared_settings
from tests.support.tokens import TokenIssuer, serving
from tests.support.topics import delete_topics, own_connection

APPLICATIONS = ("myapp", "otherapp", "listed", "expanded", "empty")
WRITE = "devices.write push.application.myapp"
BOTH = "devices.write devices.read " + " ".join(f"push.application.{one}" for one in APPLICATIONS)


@dataclass(frozen=True)
class Answer:
    """What came back: `body` is JSON where it is JSON, else text."""

    status: int
    body: Any
    headers: Any

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a refusal, whose shape is checked."""
        assert set(self.body) == {"code", "message", "correlationId"}
        assert self.body["correlationId"] == self.headers["X-Correlation-ID"]
        assert self.headers["Content-Type"].startswith("application/json")
        return self.status, self.body["code"]


@dataclass(frozen=True)
class Push:
    """Calls to the running service, and what it has announced."""

    service: Running
    issuer: TokenIssuer
    kafka: KafkaConnection

    async def call(self, method: str, path: str, *, scope: str | None = BOTH, **options: Any) -> Answer:
        """A call with a token for these scopes (None: without); a path that begins with `/` is taken as it stands."""
        address = path if path.startswith(("/", "http")) else f"/imfpush/v1/apps/{path}"
        credentials = {} if scope is None else self.issuer.headers(scope)
        headers = {**credentials, **options.pop("headers", {})}
        return Answer(*await self.service.request(method, address, headers=headers, **options))

    async def register(self, device: str, *, application: str = "myapp", **changes: Any) -> Answer:
        body = {"deviceId": device, "platform": "A", "token": f"token-of-{device}", **changes}
        answer = await self.call("POST", f"{application}/devices", json=body)
        assert answer.status == 201, answer.body
        return answer

    async def update(self, device: str, **payload: Any) -> Answer:
        return await self.call("PUT", f"myapp/devices/{device}", json=payload)

    async def read(self, device: str, application: str = "myapp") -> Answer:
        return await self.call("GET", f"{application}/devices/{device}")

    async def heard(self, device: str) -> list[Event]:
        """What was announced about a device so far, in its order."""
        events = [one for one in await announced(self.kafka, catalog.PUSH_TOPIC) if one.data["deviceId"] == device]
        return sorted(events, key=lambda event: event.sequence)


@pytest.fixture
def device() -> str:
    """A device id that no other test has."""
    return f"d-{uuid.uuid4().hex}"


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def push(mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[Push]:
    kafka = own_connection(kafka_bootstrap, is_kafka_itself=kafka_is_real)
    created = await create_topics(kafka, ["push-registry"], replicas=1, partitions=2)
    database = f"test_{uuid.uuid4().hex[:16]}"
    async with serving(TokenIssuer()) as issuer:
        shared = shared_settings(mongodb_uri, database, kafka, issuers=(issuer.trusted,))
        applications = dict.fromkeys(APPLICATIONS, "myruntime")
        settings = Settings(**shared, applications=applications, token_digest=TokenDigest(b"k" * 32))
        async with running(create_app, settings) as service:
            yield Push(service, issuer, kafka)
    await delete_topics(kafka_bootstrap, created)
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as mongodb:
        await mongodb.drop_database(database)
