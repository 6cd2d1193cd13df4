"""Services in this process, each on its own port, against the run's real backends."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import pytest_asyncio
from aiohttp import web

from chassis.health import HEALTH
from chassis.logins import LoginLimits
from chassis.passwords import HASHER
from chassis.protocol import ServiceRunner
from chassis.settings import ChassisSettings
from chassis.topics import create_topics
from chassis.users import User, Users
from device_events import KafkaConnection
from tests.support.polling import eventually
from tests.support.topics import delete_topics, own_connection

C = TypeVar("C", bound=ChassisSettings)
GROUPS = ("push-registry", "device-admin", "contacts", "mobile-platform", "email-handlers")


@pytest_asyncio.fixture
async def kafka(kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[KafkaConnection]:
    """A connection whose topics are this test's own: they stand behind a prefix that nobody else has."""
    connection = own_connection(kafka_bootstrap, is_kafka_itself=kafka_is_real)
    created = await create_topics(connection, GROUPS, replicas=1, partitions=2)
    yield connection
    await delete_topics(kafka_bootstrap, created)


def users(**roles: list[str]) -> Users:
    """Users by name with these roles; everybody's password is "password"."""
    return {name: User(name, HASHED, frozenset(own)) for name, own in roles.items()}


HASHED = HASHER.hash("password")
# Many a test logs in wrongly on purpose, and all from one address; those about throttling have limits of their own.
PATIENT = LoginLimits(failures=1_000_000, failures_per_address=1_000_000, window=300, trusted_proxies=())


def shared_settings(
    mongodb_uri: str, database: str, kafka: KafkaConnection, *, users: Users | None = None, **changes: Any
) -> dict[str, Any]:
    """The shared half of a service's settings, for its constructor."""
    return {
        "host": "127.0.0.1",
        "port": 0,
        "mongodb_uri": mongodb_uri,
        "mongodb_database": database,
        "kafka": kafka,
        "log_level": "WARNING",
        "log_format": "console",
        "users": users,
        "issuers": (),
        "logins": PATIENT,
        "max_body": 65_536,
        "drain_delay": 0.0,
        "shutdown_timeout": 5.0,
        "sweep_every": 0.2,
        "sweep_age": 0.5,
        **changes,
    }


@dataclass(frozen=True)
class Running:
    """A running service: its application, its address, and a client session that belongs to it."""

    app: web.Application
    url: str
    http: aiohttp.ClientSession

    async def request(self, method: str, path: str, **kwargs: Any) -> tuple[int, Any, Any]:
        """Status, body (JSON where it is JSON, else text) and headers of an answer."""
        async with self.http.request(method, path, **kwargs) as answer:
            text = await answer.text()
            return answer.status, await answer.json(content_type=None) if _is_json(text) else text, answer.headers


def _is_json(text: str) -> bool:
    return text[:1] in ("{", "[")


@asynccontextmanager
async def running(create_app: Callable[[C], web.Application], settings: C) -> AsyncIterator[Running]:
    """The service, ready to serve, stopped gracefully afterwards."""
    app = create_app(settings)
    runner = ServiceRunner(app, shutdown_timeout=5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(url) as http:
            await eventually(lambda: not app[HEALTH].blockers, within=30)
            yield Running(app, url, http)
    finally:
        await runner.cleanup()


def basic(name: str, password: str = "password") -> dict[str, str]:
    """An Authorization header."""
    return {"Authorization": aiohttp.encode_basic_auth(name, password)}
