"""HTTP Basic at every endpoint that takes it: malformed headers, and callers who fail too often."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from pymongo import AsyncMongoClient

import contacts.app
import device_admin.app
import mobile_platform.app
from chassis.addresses import networks
from chassis.logins import LoginLimits
from device_events import KafkaConnection
from tests.integration.security import world as here
from tests.integration.security.operations import BY_NAME, Operation
from tests.integration.security.roles import users
from tests.integration.security.shapes import in_shape
from tests.integration.security.world import ADMIN, CLIENT, CONTACTS, FIRST, MOBILE, World
from tests.support.services import Running, basic, running, shared_settings

# Each with somebody who may: a name, at the password "password".
TARGETS: tuple[tuple[Operation, str], ...] = (
    (BY_NAME[ADMIN, "listDevices"], "mfpmonitor"),
    (BY_NAME[ADMIN, "issueToken"], CLIENT),
    (BY_NAME[CONTACTS, "showLists"], "no-role"),
    (BY_NAME[MOBILE, "registerMobileClient"], "mobile-backend"),
)
LIMITS = LoginLimits(failures=3, failures_per_address=8, window=300, trusted_proxies=networks(["127.0.0.9"]))
CODES = {
    (ADMIN, "listDevices"): ("errorCode", "FWLSE4065E"),
    (ADMIN, "issueToken"): ("error", "temporarily_unavailable"),
    (CONTACTS, "showLists"): ("Code", "too_many_failures"),
    (MOBILE, "registerMobileClient"): ("o:errorCode", "MOBILE-92901"),
}
named = pytest.mark.parametrize(("operation", "name"), TARGETS, ids=lambda one: getattr(one, "id", ""))


def encoded(raw: bytes) -> str:
    return "Basic " + base64.b64encode(raw).decode()


def malformed(name: str) -> Mapping[str, str]:
    """Headers that are no login of this user, whose password is "password"."""
    right, plain = encoded(f"{name}:password".encode()), name.encode()
    return {
        "the scheme alone": "Basic",
        "no base64": "Basic ****",
        "no colon": encoded(plain),
        "nothing": encoded(b""),
        "a colon alone": encoded(b":"),
        "no name": encoded(b":password"),
        "no password": encoded(plain + b":"),
        "no UTF-8": encoded(plain + b":\xff\xfe"),
        "an overlong zero": encoded(plain + b":\xc0\x80"),
        "a NUL behind the name": encoded(plain + b"\0:password"),
        "a NUL behind the password": encoded(plain + b":password\0"),
        "a line end": encoded(plain + b":password\r\n"),
        "space before": encoded(b" " + plain + b":password"),
        "another case": encoded(plain.swapcase() + b":password"),
        "two colons": encoded(plain + b"::password"),
        "a huge name": encoded(b"x" * 9_000 + b":password"),
        "a huge password": encoded(plain + b":" + b"x" * 9_000),
        "too little padding": right.rstrip("=") + "=" * (3 if right.endswith("=") else 1),
        "something behind": f"{right} x",
        "twice": f"{right}, {right}",
        "Digest": right.replace("Basic", "Digest"),
    }


@named
async def test_what_is_no_login_is_refused_and_changes_nothing(world: World, operation: Operation, name: str) -> None:
    await world.footprint.settle()
    for kind, header in malformed(name).items():
        status, body, headers = await operation.send(world, FIRST, {"Authorization": header})
        assert status == 401, (kind, body)
        assert in_shape(operation.service, body, token_endpoint=operation.id == "issueToken"), kind
        assert headers["WWW-Authenticate"].startswith("Basic realm="), kind
    assert await world.footprint.changes() == []
    status, body, _ = await operation.send(world, FIRST, basic(name), device=world.new("right"))
    assert status == operation.success, body


@asynccontextmanager
async def strict(mongodb_uri: str, database: str, kafka: KafkaConnection, service: str) -> AsyncIterator[Running]:
    """One service that is strict about failures, with its own counts."""
    shared = shared_settings(mongodb_uri, database, kafka, users=users(), logins=LIMITS)
    starts: dict[str, Any] = {
        ADMIN: lambda: running(device_admin.app.create_app, here.admin_settings(shared)),
        CONTACTS: lambda: running(contacts.app.create_app, here.contacts_settings(shared)),
        MOBILE: lambda: running(mobile_platform.app.create_app, here.mobile_settings(shared)),
    }
    async with starts[service]() as service_running:
        yield service_running


@asynccontextmanager
async def caller(service: Running, address: str) -> AsyncIterator[Running]:
    """The same service, called from another address of this machine."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(service.url, connector=connector) as http:
        yield replace(service, http=http)


class Called:
    """Stands for the world where only one service is called, by one caller."""

    def __init__(self, service: Running) -> None:
        self.services = dict.fromkeys((ADMIN, CONTACTS, MOBILE), service)

    device = staticmethod(World.device)


@named
async def test_who_fails_too_often_waits_and_nobody_else_does(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, operation: Operation, name: str
) -> None:
    async def attempt(by: Running, password: str, user: str = name, **headers: str) -> int:
        credentials = {**basic(user, password), **headers}
        status, body, given = await operation.send(Called(by), FIRST, credentials)  # type: ignore[arg-type]
        assert in_shape(operation.service, body, token_endpoint=operation.id == "issueToken") or status < 300
        if status == 429:
            property, code = CODES[operation.service, operation.id]
            assert body[property] == code
            assert 0 < int(given["Retry-After"]) <= 300
            assert "WWW-Authenticate" not in given
        return status

    async with (
        strict(mongodb_uri, database_name, kafka, operation.service) as service,
        caller(service, "127.0.0.1") as attacker,
        caller(service, "127.0.0.2") as honest,
        caller(service, "127.0.0.9") as proxy,
    ):
        admitted = operation.success
        assert [await attempt(attacker, f"guess {n}") for n in range(3)] == [401] * 3
        before = await counted(mongodb_uri, database_name)
        assert [await attempt(attacker, one) for one in ("guess", "password")] == [429] * 2
        assert await counted(mongodb_uri, database_name) == before
        # The user is let in from elsewhere, and no forged header moves the attacker there or the user here.
        assert await attempt(honest, "password") == admitted
        assert await attempt(attacker, "password", **{"X-Forwarded-For": "127.0.0.2"}) == 429
        assert await attempt(honest, "password", **{"X-Forwarded-For": "127.0.0.1"}) in (admitted, 200)
        # Other names from the attacker's address come to an end as well, known or unknown.
        assert [await attempt(attacker, "x", f"name {n}") for n in range(5)] == [401] * 5
        assert [await attempt(attacker, "x", user) for user in ("name 9", "no-role")] == [429] * 2
        # Behind a trusted proxy each address counts for itself.
        there = {"X-Forwarded-For": "spoofed, 198.51.100.1"}
        assert [await attempt(proxy, f"guess {n}", **there) for n in range(4)] == [401] * 3 + [429]
        assert await attempt(proxy, "password", **{"X-Forwarded-For": "198.51.100.2"}) in (admitted, 200)
        metrics = await (await service.http.get("/metrics")).text()
        assert "logins_failed_total 11.0" in metrics


async def counted(mongodb_uri: str, database: str) -> str:
    """The digest of everything stored."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        return str((await client[database].command("dbHash"))["md5"])


async def test_a_success_clears_what_went_wrong_before(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    operation = BY_NAME[CONTACTS, "showLists"]
    async with strict(mongodb_uri, database_name, kafka, CONTACTS) as service:
        for _ in range(2):
            for password, expected in [("wrong", 401), ("wrong", 401), ("password", 200)]:
                credentials = basic("no-role", password)
                status, body, _ = await operation.send(Called(service), FIRST, credentials)  # type: ignore[arg-type]
                assert status == expected, body
