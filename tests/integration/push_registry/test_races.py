"""A registration against LOST, on two replicas, one held between its find and its write."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from chassis.errors import Refusal
from device_events import DeviceStatus, KafkaConnection, catalog
from push_registry import store, usecases
from push_registry.model import Details, Device
from push_registry.settings import Settings
from push_registry.store import Store
from push_registry.usecases import Resources
from tests.integration.push_registry.conftest import DIGEST
from tests.support.replicas import Replica, replica
from tests.support.services import shared_settings

NOWHERE = KafkaConnection(bootstrap_servers=("127.0.0.1:1",))
DEVICE = Device("myruntime", "d")
LOST, ACTIVE = DeviceStatus.LOST, DeviceStatus.ACTIVE


class Side:
    """One replica of push-registry."""

    def __init__(self, one: Replica, settings: Settings) -> None:
        self.store = one.store
        self.replica = one
        self.resources = Resources(Store(one.store), settings)

    async def register(self, device: str = "d", token: str = "t") -> Any:
        return await usecases.register(self.resources, "myapp", device, Details(platform="A", token=token))

    async def update(self, device: str = "d", token: str = "new") -> Any:
        return await usecases.update(self.resources, "myapp", device, Details(token=token))

    async def apply(self, status: DeviceStatus, sequence: int) -> None:
        await usecases.apply_status(self.resources, DEVICE, status, (f"cause-{sequence}", sequence))

    async def state(self, device: str = "d") -> Any:
        return (await self.replica.document(f"myruntime/{device}"))["state"]

    async def announced(self, device: str = "d") -> list[str]:
        """The types of what waits to be published, in order."""
        return [entry["type"] for entry in (await self.replica.document(f"myruntime/{device}"))["outbox"]]


Sides = tuple[Side, Side]


@pytest_asyncio.fixture
async def sides(mongodb_uri: str, database_name: str) -> AsyncIterator[Sides]:
    shared = shared_settings(mongodb_uri, database_name, NOWHERE)
    settings = Settings(**shared, applications={"myapp": "myruntime"}, token_digest=DIGEST)
    options: Any = {"collection": "push_devices", "indexes": store.INDEXES, "relaying": False}
    async with (
        replica(mongodb_uri, database_name, NOWHERE, **options) as first,
        replica(mongodb_uri, database_name, NOWHERE, **options) as second,
    ):
        yield Side(first, settings), Side(second, settings)


async def held(side: Side, work: Any) -> "asyncio.Task[Any]":
    """The work, stopped before its write."""
    side.store.hold()
    task: asyncio.Task[Any] = asyncio.ensure_future(work)
    await side.store.found.wait()
    return task


def tokens(state: Any) -> list[str]:
    return [one["token"] for one in state["registrations"] if "token" in one]


@pytest.mark.parametrize("known", [True, False])
async def test_a_registration_overtaken_by_lost_is_refused(sides: Sides, known: bool) -> None:
    one, other = sides
    if known:
        await one.register(token="old")
    registering = await held(one, one.register())
    await other.apply(LOST, 1)
    one.store.release()
    with pytest.raises(Refusal) as caught:
        await registering
    assert caught.value.status == 401
    state = await one.state()
    assert (state["status"], tokens(state)) == ("LOST", [])
    assert (await one.announced())[-1] == catalog.DEVICE_STATUS_APPLIED


async def test_an_update_overtaken_by_lost_is_refused(sides: Sides) -> None:
    one, other = sides
    await one.register()
    updating = await held(one, one.update())
    await other.apply(LOST, 1)
    one.store.release()
    with pytest.raises(Refusal):
        await updating
    assert tokens(await one.state()) == []
    assert (await one.state())["token_keys"] == [f"myapp:{DIGEST.of('t')}"]


@pytest.mark.parametrize("known", [True, False])
async def test_lost_overtaken_by_a_registration_takes_its_token(sides: Sides, known: bool) -> None:
    one, other = sides
    if known:
        await one.register(token="old")
    losing = await held(one, one.apply(LOST, 1))
    await other.register()
    one.store.release()
    await losing
    state = await one.state()
    assert (state["status"], tokens(state)) == ("LOST", [])
    assert (await one.announced())[-2:] == [catalog.PUSH_TOKEN_REMOVED, catalog.DEVICE_STATUS_APPLIED]
    removed = (await one.replica.document("myruntime/d"))["outbox"][-2]
    assert json.loads(removed["data"])["tokenDigest"] == DIGEST.of("t")


async def test_a_deletion_overtaken_by_lost_keeps_the_block(sides: Sides) -> None:
    one, other = sides
    await one.register()
    deleting = await held(one, usecases.deregister(one.resources, "myapp", "d"))
    await other.apply(LOST, 1)
    one.store.release()
    await deleting
    state = await one.state()
    assert (state["status"], state["registrations"]) == ("LOST", [])
    with pytest.raises(Refusal):
        await one.register()


@pytest.mark.parametrize("first_status", [LOST, ACTIVE])
async def test_of_two_changes_at_once_the_higher_sequence_wins(sides: Sides, first_status: DeviceStatus) -> None:
    one, other = sides
    second_status = ACTIVE if first_status is LOST else LOST
    await one.register()
    for held_sequence, quick_sequence in ((1, 2), (4, 3)):
        statuses = {held_sequence % 2: first_status, quick_sequence % 2: second_status}
        waiting = await held(one, one.apply(statuses[held_sequence % 2], held_sequence))
        await other.apply(statuses[quick_sequence % 2], quick_sequence)
        one.store.release()
        await waiting
        highest = max(held_sequence, quick_sequence)
        state = await one.state()
        assert (state["status"], state["status_sequence"]) == (statuses[highest % 2].value, highest)


async def test_two_devices_that_take_one_token_at_once_leave_it_with_one(sides: Sides) -> None:
    one, other = sides
    registering = await held(one, one.register("a"))
    await other.register("b")
    one.store.release()
    await registering
    assert tokens(await one.state("a")) == ["t"]
    assert tokens(await one.state("b")) == []
    assert (await one.announced("b"))[-1] == catalog.PUSH_TOKEN_REMOVED


async def test_a_token_is_not_taken_over_from_a_device_that_is_lost_meanwhile(sides: Sides) -> None:
    one, other = sides
    await one.register()
    releasing = await held(one, usecases._release(one.resources, DEVICE, f"myapp:{DIGEST.of('t')}"))
    await other.apply(LOST, 1)
    one.store.release()
    with pytest.raises(Refusal):
        await releasing
    with pytest.raises(Refusal) as caught:
        await other.register("thief")
    assert caught.value.status == 401
    assert await one.replica.document("myruntime/thief") == {}
    assert (await one.state())["token_keys"] == [f"myapp:{DIGEST.of('t')}"]
