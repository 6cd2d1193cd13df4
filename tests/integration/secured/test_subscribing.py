"""`subscribe()` on a Kafka with logins, TLS and rights, and no more of these than the guide says it needs."""

import asyncio
import uuid
from collections.abc import Callable

import pytest
import pytest_asyncio

from chassis.topics import create_topics
from device_events import DeviceEvent, DeviceStatusChanged, KafkaConnection, Rejected, catalog, subscribe
from device_events.dead_letters import ensure_topic
from tests.integration.device_events.statuses import announce, status
from tests.support.announced import records
from tests.support.polling import eventually
from tests.support.secured import rights
from tests.support.secured.backends import OPERATORS, Secured
from tests.support.secured.kafka import ADMIN, SecuredKafka
from tests.support.secured.rights import Kind, Operation, Right

# A user that has no rights with Kafka but those of a test.
PROGRAM = OPERATORS["status"]
LOGINS = pytest.mark.parametrize("how", [SecuredKafka.connection, SecuredKafka.certified], ids=["SASL", "TLS"])
How = Callable[..., KafkaConnection]


@pytest_asyncio.fixture
async def admin(backends: Secured) -> KafkaConnection:
    """Who may do everything, with topics of this test alone: the services would take its changes for device-admin's."""
    connection = backends.kafka.connection(ADMIN, topic_prefix=f"t{uuid.uuid4().hex}.")
    await create_topics(connection, [], replicas=1, partitions=2)
    return connection


def needed(group: str) -> list[Right]:
    """As libs/device_events/README.md has them. Reading and writing include describing."""
    return [
        Right(Kind.TOPIC, catalog.DEVICE_STATUS_TOPIC, Operation.READ),
        Right(Kind.GROUP, group, Operation.READ),
        Right(Kind.TOPIC, catalog.dead_letter_topic(group), Operation.WRITE),
    ]


@LOGINS
async def test_events_are_read_committed_and_given_up(backends: Secured, admin: KafkaConnection, how: How) -> None:
    group, device = "program", "phone"
    mine = how(backends.kafka, PROGRAM, topic_prefix=admin.topic_prefix)
    await ensure_topic(admin, group)
    await rights.grant(admin, PROGRAM, needed(group))
    await announce(admin, [status(device, 1), status(device, 2)])
    found: list[str] = []
    async with asyncio.timeout(60), subscribe(mine, group=group, types=[DeviceStatusChanged]) as loop:
        async for event in loop:
            found.append(event.id)
            if len(found) == 2:
                break
    assert found == [f"{device}-1", f"{device}-2"]

    await announce(admin, [status(device, 3), status(device, 4)])
    handled: list[str] = []
    events = subscribe(mine, group=group)

    @events.on(DeviceStatusChanged)
    async def handle(event: DeviceEvent[DeviceStatusChanged]) -> None:
        handled.append(event.id)
        if event.id == f"{device}-3":
            raise Rejected("no such device")

    running = asyncio.create_task(events.run())
    letters = await eventually(lambda: records(admin, [admin.name(catalog.dead_letter_topic(group))]), within=30)
    await eventually(lambda: len(handled) >= 3, within=30)
    events.stop()
    await running
    # The second was broken off at before it counted as seen; those before it were committed.
    assert handled == [f"{device}-2", f"{device}-3", f"{device}-4"]
    assert [dict(one.headers)["ce_id"] for one in letters] == [f"{device}-3".encode()]


@LOGINS
async def test_the_current_state_needs_no_group(backends: Secured, admin: KafkaConnection, how: How) -> None:
    mine = how(backends.kafka, PROGRAM, topic_prefix=admin.topic_prefix)
    await rights.grant(admin, PROGRAM, needed("none")[:1])
    await announce(admin, [status("phone", 1), status("phone", 2, "ACTIVE")])
    events = subscribe(mine, group=None, types=[DeviceStatusChanged], dead_letters=False)
    found: list[DeviceEvent[DeviceStatusChanged]] = [one async for one in events.current()]
    assert [one.data.status for one in found] == ["ACTIVE"]
