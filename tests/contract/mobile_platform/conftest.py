"""One mobile-platform for all contract tests here, with the document's backend; each test has tokens of its own."""

import base64
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from chassis.tokens import TokenDigest
from chassis.topics import create_topics
from mobile_platform.app import create_app
from mobile_platform.settings import CatalogueSchema, Settings
from tests.support.services import Running, running, shared_settings, users
from tests.support.tokens import TokenIssuer, serving
from tests.support.topics import delete_topics, own_connection

BACKEND, SIBLING, STRICT = "ABCD9278-091f-41aa-9cb2-184bd0586fce", "sibling", "strict"
ANONYMOUS_KEY = "QUJDRDkyNzhfYW5vbnltb3Vz"
USER, STRANGER, TEAM = "mobile.user@example.com", "stranger@example.com", "team@example.com"
# The Base64 of this name with its password has padding, and a character in which the two alphabets differ.
AWKWARD = "a~~~@example.com"
PLATFORMS = ["IOS", "ANDROID", "WINDOWS", "WEB"]
PROPERTIES = {"type", "title", "status", "detail", "o:errorCode", "o:errorPath", "o:ecid"}
KEY = b"k" * 32
_CLIENTS = [
    {"id": "com.oracle.myapplication", "platforms": ["IOS", "ANDROID"]},
    {"id": "my.app.id", "platforms": PLATFORMS},
]
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
    AWKWARD: [f"mobile:{BACKEND}"],
    STRANGER: ["mobile:elsewhere"],
    TEAM: [f"mobile:{BACKEND}", f"mobile:{BACKEND}:team"],
}


@dataclass(frozen=True)
class Answer:
    """What came back: `body` is JSON where it is JSON, else text."""

    status: int
    body: Any
    headers: Any

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a refusal, whose shape is checked."""
        assert set(self.body) - {"o:errorDetails"} == PROPERTIES
        assert self.body["status"] == self.status
        assert self.body["o:ecid"] == f"{self.headers['X-Correlation-ID']}, 0"
        assert self.headers["Content-Type"].startswith("application/json")
        return self.status, self.body["o:errorCode"]


@dataclass(frozen=True)
class Mobile:
    """Calls to the running service."""

    service: Running
    settings: Settings
    issuer: TokenIssuer

    async def call(self, operation: str, body: Any, *, user: str | None = USER, **headers: str | None) -> Answer:
        """POST a body as a user; header names are given with underscores, None leaves a usual one out."""
        usual: dict[str, str | None] = {"Oracle-Mobile-Backend-ID": BACKEND, "Content-Type": "application/json"}
        usual |= {} if user is None else {"Authorization": authorization(user, "password")}
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: value for name, value in usual.items() if value is not None}
        skipped = [] if "Content-Type" in given else ["Content-Type"]
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        path = f"/mobile/platform/devices/{operation}"
        answer = await self.service.request("POST", path, data=data, headers=given, skip_auto_headers=skipped)
        return Answer(*answer)

    async def register(self, token: str, **changes: Any) -> Answer:
        answer = await self.call("register", a_body(token, **changes))
        assert answer.status in (200, 201), answer.body
        return answer

    async def is_registered(self, token: str, backend: str = BACKEND) -> bool:
        """Whether notifications would still go there."""
        id = f"client:{backend}:{TokenDigest(KEY).of(token)}"
        async with AsyncMongoClient[dict[str, Any]](self.settings.mongodb_uri) as mongodb:
            found = await mongodb[self.settings.mongodb_database]["mobile_clients"].find_one({"_id": id})
        return bool(found and found["state"].get("registered"))


def authorization(name: str, password: str) -> str:
    """A Basic header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def a_body(token: str, *, platform: str = "IOS", **changes: Any) -> dict[str, Any]:
    return {"mobileClient": {"id": "my.app.id", "platform": platform}, "notificationToken": token, **changes}


@pytest.fixture
def token() -> str:
    """A notification token that no other test has."""
    return uuid.uuid4().hex


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def mobile(mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[Mobile]:
    kafka = own_connection(kafka_bootstrap, is_kafka_itself=kafka_is_real)
    created = await create_topics(kafka, ["mobile-platform"], replicas=1, partitions=2)
    database = f"test_{uuid.uuid4().hex[:16]}"
    async with serving(TokenIssuer()) as issuer:
        shared = shared_settings(mongodb_uri, database, kafka, users=users(**ROLES), issuers=(issuer.trusted,))
        settings = Settings(**shared, catalogue=CatalogueSchema().load(CATALOGUE), token_digest_key=KEY)
        async with running(create_app, settings) as service:
            yield Mobile(service, settings, issuer)
    await delete_topics(kafka_bootstrap, created)
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as mongodb:
        await mongodb.drop_database(database)
