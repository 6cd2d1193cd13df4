"""The whole service on a real MongoDB and broker, with a listener on what it announces."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest_asyncio
from aiohttp import ClientResponse
from pymongo import AsyncMongoClient

from chassis.tokens import TokenDigest
from chassis.topics import create_topics
from device_events import Event, KafkaConnection, Subscriber, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from mobile_platform.app import create_app
from mobile_platform.settings import CatalogueSchema, Settings
from tests.support.polling import eventually
from tests.support.services import Running, basic, running, shared_settings, users
from tests.support.tokens import TokenIssuer, serving
from tests.support.topics import delete_topics, own_connection

BACKEND, SIBLING, STRICT = "backend-1", "backend-2", "backend-3"
ANONYMOUS_KEY = "QU5PTllNT1VTOmtleQ=="
USER, STRANGER, TEAM = "mobile.user@example.com", "stranger@example.com", "team@example.com"
KEY = b"k" * 32
_CLIENTS = [{"id": "my.app.id", "platforms": ["IOS", "ANDROID"]}]
CATALOGUE = {
    "runtimes": [{"name": "myruntime"}],
    "backends": [
        {"id": BACKEND, "runtime": "myruntime", "anonymousKey": ANONYMOUS_KEY, "clients": _CLIENTS},
        {"id": SIBLING, "runtime": "myruntime", "clients": _CLIENTS},
        {"id": STRICT, "runtime": "myruntime", "requireDeviceId": True, "clients": _CLIENTS},
    ],
}
ROLES = {
    USER: [f"mobile:{backend}" for backend in (BACKEND, SIBLING, STRICT)],
    STRANGER: ["mobile:elsewhere"],
    TEAM: [f"mobile:{BACKEND}", f"mobile:{BACKEND}:team"],
}


@dataclass
class Stage:
    """The running service: calls to it, events for it, and what it announced and stored."""

    settings: Settings
    service: Running
    issuer: TokenIssuer
    publisher: Publisher
    heard: list[Event] = field(default_factory=list)

    async def call(
        self, operation: str, body: Any, *, user: str | None = USER, **headers: str | None
    ) -> ClientResponse:
        """POST a JSON body as a user; header names are given with underscores, None leaves a usual one out."""
        usual: dict[str, str | None] = {"Oracle-Mobile-Backend-ID": BACKEND, "Content-Type": "application/json"}
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            usual["Authorization"] = basic(user)["Authorization"]
        given = {name: value for name, value in usual.items() if value is not None}
        skipped = ["Content-Type"] if "Content-Type" not in given else []
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.service.http.post(
            f"/mobile/platform/devices/{operation}", data=data, headers=given, skip_auto_headers=skipped
        )

    async def register(self, token: str, *, device: str | None = None, backend: str = BACKEND) -> ClientResponse:
        headers = {"Oracle_Mobile_Backend_ID": backend, "Oracle_Mobile_Device_ID": device}
        return await self.call("register", a_body(token), **headers)

    async def announce(self, type_: str, source: str, *, id: str | None = None, **attributes: Any) -> str:
        """Publish an event as another service would; returns its id."""
        event = Event(id=id or uuid.uuid4().hex, type=type_, source=source, time=datetime.now(UTC), **attributes)
        await self.repeat(event)
        return event.id

    async def repeat(self, event: Event) -> None:
        """Publish an event as it is, perhaps not for the first time."""
        topic = catalog.topic_for(event.type, event.source)
        assert await self.publisher.publish([OutgoingRecord(topic, *encode(event))]) == [True]

    async def mark(self, device: str, status: str, sequence: int, *, id: str | None = None) -> str:
        return await self.announce(
            catalog.DEVICE_STATUS_CHANGED,
            catalog.DEVICE_ADMIN,
            id=id,
            subject=f"myruntime/{device}",
            sequence=sequence,
            deviceid=f"myruntime/{device}",
            data={"runtime": "myruntime", "deviceId": device, "status": status, "reason": "operator"},
        )

    async def push_token_removed(self, device: str, token: str, sequence: int) -> str:
        return await self.announce(
            catalog.PUSH_TOKEN_REMOVED,
            catalog.PUSH_REGISTRY,
            subject=f"myruntime/{device}",
            sequence=1,
            deviceid=f"myruntime/{device}",
            causationid=f"status-{device}-{sequence}",
            statussequence=sequence,
            data={
                "runtime": "myruntime",
                "applicationId": "myapp",
                "deviceId": device,
                "tokenDigest": digest(token),
                "reason": "status",
            },
        )

    async def applied(self, device: str, sequence: int) -> Event:
        """The acknowledgement of a status, once it is there."""
        return await eventually(
            lambda: next(
                (
                    event
                    for event in self.heard
                    if event.type == catalog.DEVICE_STATUS_APPLIED
                    and event.deviceid == f"myruntime/{device}"
                    and event.statussequence == sequence
                ),
                None,
            )
        )

    def of(self, token: str) -> list[Event]:
        """What was announced about one token's clients, in order of arrival."""
        return [event for event in self.heard if event.data.get("tokenDigest") == digest(token)]

    async def document(self, id: str) -> dict[str, Any]:
        async with AsyncMongoClient[dict[str, Any]](self.settings.mongodb_uri) as mongodb:
            found = await mongodb[self.settings.mongodb_database]["mobile_clients"].find_one({"_id": id})
        return found or {}


def a_body(token: str, **changes: Any) -> dict[str, Any]:
    return {"mobileClient": {"id": "my.app.id", "platform": "IOS"}, "notificationToken": token, **changes}


def digest(token: str) -> str:
    return TokenDigest(KEY).of(token)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stage(mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[Stage]:
    """One service for all tests here: each test has tokens and devices of its own."""
    kafka = own_connection(kafka_bootstrap, is_kafka_itself=kafka_is_real)
    created = await create_topics(kafka, ["mobile-platform"], replicas=1, partitions=2)
    database = f"test_{uuid.uuid4().hex[:16]}"
    async with serving(TokenIssuer()) as issuer:
        shared = shared_settings(mongodb_uri, database, kafka, users=users(**ROLES), issuers=(issuer.trusted,))
        settings = Settings(**shared, catalogue=CatalogueSchema().load(CATALOGUE), token_digest_key=KEY)
        async with running(create_app, settings) as service:
            stage = Stage(settings, service, issuer, Publisher(kafka))
            listener = _listener(kafka, stage.heard)
            listening = asyncio.create_task(listener.run())
            yield stage
            listener.stop()
            await listening
            await stage.publisher.stop()
    await delete_topics(kafka_bootstrap, created)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as mongodb:
        await mongodb.drop_database(database)


def _listener(connection: KafkaConnection, heard: list[Event]) -> Subscriber:
    async def hear(event: Event) -> None:
        heard.append(event)

    handlers = dict.fromkeys(catalog.CATALOG, hear)
    return Subscriber(connection, group="listener", topics=[catalog.MOBILE_TOPIC], handlers=handlers)
