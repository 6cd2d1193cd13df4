"""SIGTERM to a process: what it still does, in which order, and that it ends in time whatever hangs."""

import asyncio
import signal
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pymongo import AsyncMongoClient

from chassis.serve import CUT_SHORT, LEAVE_WITHIN
from chassis.topics import create_topics
from deploy.local.backends import Mongod, Tansu
from device_events import KafkaConnection, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.faults.servers import Pausable
from tests.integration.chassis.small import calling
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.service_processes import Backends, Replica, readiness
from tests.support.services import GROUPS, basic
from tests.unit.device_events.examples import PAYLOADS, example

REGISTER = "/mobile/platform/devices/register"
BACKEND = "ABCD9278-091f-41aa-9cb2-184bd0586fce"
CLIENT = {"id": "my.app.id", "platform": "IOS"}
HEADERS = {**basic("mobile.user@example.com"), "Oracle-Mobile-Backend-ID": BACKEND}
DRAIN, SHUTDOWN = 1.0, 2.0  # seconds
SLACK = 2.0  # seconds that a busy machine may add to a bound


class PausableMongod(Pausable, Mongod):
    """A mongod that can stand still."""


class PausableTansu(Pausable, Tansu):
    """A broker that can stand still."""


async def register(url: str, token: str) -> int:
    """The status of a registration with mobile-platform."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url}{REGISTER}", json={"mobileClient": CLIENT, "notificationToken": token}, headers=HEADERS
        ) as answer,
    ):
        return answer.status


@asynccontextmanager
async def own_backends(folder: Path) -> AsyncIterator[tuple[PausableMongod, PausableTansu, Backends]]:
    """A MongoDB and a broker that nobody else uses."""
    async with (
        PausableMongod(folder / "mongod", folder / "logs") as mongod,
        PausableTansu(folder / "tansu", folder / "logs") as broker,
    ):
        kafka = KafkaConnection(bootstrap_servers=(broker.bootstrap,), idempotent=False, fetch_wait_ms=10)
        await create_topics(kafka, GROUPS, replicas=1, partitions=1)
        yield mongod, broker, Backends(folder, mongod.uri, "stopping", kafka)


async def ended(replica: Replica, began: float) -> tuple[int, float]:
    """Its exit status, and the seconds since."""
    status = await asyncio.wait_for(replica.ended(), DRAIN + SHUTDOWN + LEAVE_WITHIN + 10)
    return status, time.monotonic() - began


@pytest.mark.parametrize("what", ["mongodb", "kafka", "both"])
async def test_a_process_ends_in_time_though_its_backends_hang(tmp_path: Path, what: str) -> None:
    async with own_backends(tmp_path) as (mongod, broker, backends):
        timing = {"DRAIN_DELAY": str(DRAIN), "SHUTDOWN_TIMEOUT": str(SHUTDOWN)}
        first, second = backends.replicas("mobile-platform", 2, **timing)
        async with first:
            assert await register(first.url, "before") == 201
            hung: list[Any] = [
                server for name, server in (("mongodb", mongod), ("kafka", broker)) if what in (name, "both")
            ]
            for server in hung:
                server.pause()
            try:
                asked = asyncio.create_task(register(first.url, "meanwhile"))
                if what == "kafka":
                    assert await asked == 201
                began = time.monotonic()
                first.terminate()
                status, seconds = await ended(first, began)
            finally:
                for server in hung:
                    server.resume()
            assert seconds < DRAIN + SHUTDOWN + LEAVE_WITHIN + SLACK
            assert status in (0, CUT_SHORT)
            answer, *_ = await asyncio.gather(asked, return_exceptions=True)
            acknowledged = 2 if answer == 201 else 1
            print(f"\n{what} hung: exit status {status} after {seconds:.1f} s, the request in hand: {answer}")
        # What it left is published by whoever comes next.
        async with second:

            async def all_announced() -> bool:
                events = await announced(backends.kafka, catalog.MOBILE_TOPIC)
                return len({event.id for event in events}) >= acknowledged

            await eventually(all_announced, within=30)


async def test_readiness_goes_at_once_and_the_listener_only_after_the_delay(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, tmp_path: Path
) -> None:
    backends = Backends(tmp_path, mongodb_uri, database_name, kafka)
    (replica,) = backends.replicas("mobile-platform", DRAIN_DELAY="3", SHUTDOWN_TIMEOUT="5")
    async with replica:
        assert (await readiness(replica.url))[0] == 200
        address = ("127.0.0.1", replica.port)
        body = f'{{"mobileClient": {{"id": "my.app.id", "platform": "IOS"}}, "notificationToken": "{uuid.uuid4()}"}}'
        async with calling(address) as slow, calling(address) as kept:
            await kept.get("/health/live")
            assert await kept.answer()
            lines = [f"POST {REGISTER} HTTP/1.1", "Host: x", "Content-Type: application/json"]
            lines += [f"{name}: {value}" for name, value in HEADERS.items()]
            await slow.say(*lines, f"Content-Length: {len(body)}", body=body[:20].encode())
            began = time.monotonic()
            replica.terminate()

            async def draining() -> bool:
                return "draining" in (await readiness(replica.url))[1].get("waiting-for", ())

            await eventually(draining, within=1)
            # Further signals neither hasten nor skip anything.
            replica.signal(signal.SIGTERM)
            replica.signal(signal.SIGINT)
            await kept.get("/health/live")
            answer = await kept.answer()
            assert answer is not None
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert await register(replica.url, str(uuid.uuid4())) == 201
            assert time.monotonic() - began < 3

            async def refused() -> bool:
                try:
                    _, writer = await asyncio.open_connection(*address)
                except ConnectionRefusedError:
                    return True
                writer.close()
                return False

            await eventually(refused, within=5)
            assert time.monotonic() - began >= 3
            # The request that was arriving all the while is still read, done and answered.
            slow.writer.write(body[20:].encode())
            answer = await slow.answer()
            assert answer is not None
            assert (answer.status, answer.headers["connection"]) == (201, "close")
        assert await ended(replica, began) < (0, DRAIN + 3 + 5 + LEAVE_WITHIN)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        collection = client[database_name]["mobile_clients"]
        assert await collection.count_documents({"outbox.0": {"$exists": True}}) == 0


async def test_a_replica_that_stops_hands_its_partitions_over_at_once(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, tmp_path: Path
) -> None:
    backends = Backends(tmp_path, mongodb_uri, database_name, kafka)
    first, second = backends.replicas("mobile-platform", 2)
    publisher = Publisher(kafka)

    async def change(number: int) -> None:
        """A status for ten devices, which lie in all partitions."""
        events = [
            example(
                catalog.DEVICE_STATUS_CHANGED,
                id=f"s-{number}-{n}",
                subject=f"myruntime/d{n}",
                deviceid=f"myruntime/d{n}",
                sequence=number,
                data={**PAYLOADS[catalog.DEVICE_STATUS_CHANGED], "deviceId": f"d{n}"},
            )
            for n in range(10)
        ]
        records = [OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, *encode(event)) for event in events]
        assert all(await publisher.publish(records))

    async def applied(number: int) -> bool:
        events = await announced(kafka, catalog.MOBILE_TOPIC)
        return len({event.subject for event in events if event.statussequence == number}) == 10

    try:
        async with first, second:
            await change(1)
            await eventually(lambda: applied(1), within=30)
            first.terminate()
            assert await first.ended() == 0
            began = time.monotonic()
            await change(2)
            await eventually(lambda: applied(2), within=30)
            seconds = time.monotonic() - began
            print(f"\nthe other replica had all partitions and was done after {seconds:.1f} s")
            assert seconds < 5  # a member that dies without a word is missed after 10
    finally:
        await publisher.stop()
