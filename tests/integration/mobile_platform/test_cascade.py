"""A device's status and this service, over a real broker and a real database."""

import asyncio
import uuid
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from device_events import catalog
from tests.integration.mobile_platform.conftest import BACKEND, SIBLING, Stage, a_body, digest
from tests.support.polling import eventually

REGISTERED, DEREGISTERED = catalog.MOBILE_CLIENT_REGISTERED, catalog.MOBILE_CLIENT_DEREGISTERED


@pytest.fixture
def token() -> str:
    return f"token-{uuid.uuid4().hex}"


@pytest.fixture
def device() -> str:
    return f"d-{uuid.uuid4().hex}"


async def is_registered(stage: Stage, token: str, backend: str = BACKEND) -> bool:
    document = await stage.document(f"client:{backend}:{digest(token)}")
    return bool(document and document["state"].get("registered"))


async def test_registering_and_deregistering_are_announced(stage: Stage, token: str, device: str) -> None:
    await stage.register(token, device=device)
    await stage.call("deregister", a_body(token))
    events = await eventually(lambda: found if len(found := stage.of(token)) == 2 else None)
    assert [event.type for event in events] == [REGISTERED, DEREGISTERED]
    assert [event.sequence for event in events] == [1, 2]
    assert events[0].deviceid == f"myruntime/{device}"
    assert events[1].data["reason"] == "request"
    assert token not in str(events)


async def test_a_lost_device_loses_its_clients_and_stays_out_until_it_is_active(
    stage: Stage, token: str, device: str
) -> None:
    await stage.register(token, device=device)
    await stage.register(token, backend=SIBLING)
    cause = await stage.mark(device, "LOST", 2)
    applied = await stage.applied(device, 2)
    assert applied.data == {
        "runtime": "myruntime",
        "deviceId": device,
        "service": "mobile-platform",
        "status": "LOST",
        "effects": {"clientsDeregistered": 2},
    }
    assert applied.causationid == cause
    assert not await is_registered(stage, token)
    assert not await is_registered(stage, token, SIBLING)
    for other in (device, None, f"{device}-2"):
        answer = await stage.register(token, device=other)
        assert (answer.status, (await answer.json())["o:errorCode"]) == (401, "MOBILE-90101")
    assert (await stage.register(f"{token}-new", device=device)).status == 401
    assert (await stage.call("deregister", a_body(token))).status == 404
    await stage.mark(device, "ACTIVE", 3)
    await stage.applied(device, 3)
    assert (await stage.register(token, device=device)).status == 201


async def test_a_repeated_event_changes_and_announces_nothing(stage: Stage, token: str, device: str) -> None:
    await stage.register(token, device=device)
    cause = await stage.mark(device, "STOLEN", 2)
    await stage.mark(device, "STOLEN", 2, id=cause)
    await stage.mark(device, "ACTIVE", 1)
    await stage.mark(device, "EXPIRED", 3)
    await stage.applied(device, 3)
    about = [event for event in stage.heard if event.deviceid == f"myruntime/{device}"]
    assert [event.type for event in about].count(DEREGISTERED) == 1
    acknowledged = [event.statussequence for event in about if event.type == catalog.DEVICE_STATUS_APPLIED]
    assert acknowledged == [2, 3]


async def test_lost_active_lost_delivered_in_any_order_ends_lost(stage: Stage, token: str, device: str) -> None:
    await stage.register(token, device=device)
    await stage.mark(device, "LOST", 4)
    await stage.mark(device, "LOST", 2)
    await stage.mark(device, "ACTIVE", 3)
    await stage.applied(device, 4)
    await stage.mark(f"{device}-after", "ACTIVE", 1)
    await stage.applied(f"{device}-after", 1)
    assert (await stage.register(token, device=device)).status == 401


async def test_a_removed_push_token_ends_the_client_that_uses_it(stage: Stage, token: str, device: str) -> None:
    await stage.register(token)
    await stage.push_token_removed(device, token, 2)
    gone = await eventually(lambda: next((e for e in stage.of(token) if e.type == DEREGISTERED), None))
    assert (gone.data["reason"], gone.data["deviceId"], gone.statussequence) == ("status", device, 2)
    assert (await stage.register(token)).status == 401
    await stage.mark(device, "ACTIVE", 3)
    await stage.applied(device, 3)
    assert (await stage.register(token)).status == 201


async def test_many_registrations_of_one_token_at_once_make_one_client(stage: Stage, token: str) -> None:
    answers = await asyncio.gather(*(stage.register(token) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
    assert len({(await answer.json())["id"] for answer in answers}) == 1
    events = await eventually(lambda: found if len(found := stage.of(token)) == 20 else None)
    assert sorted(event.sequence for event in events) == list(range(1, 21))


async def test_registrations_racing_with_a_status_all_end_deregistered(stage: Stage, device: str) -> None:
    tokens = [f"token-{uuid.uuid4().hex}" for _ in range(40)]

    async def keep_registering(token: str) -> None:
        while (await stage.register(token, device=device)).status != 401:
            pass

    calls = [asyncio.create_task(keep_registering(token)) for token in tokens]
    await stage.mark(device, "DISABLED", 2)
    await asyncio.gather(*calls)
    await stage.applied(device, 2)
    registered = [token for token in tokens if await is_registered(stage, token)]
    assert registered == []


async def test_the_finds_of_the_cascade_use_indexes(stage: Stage) -> None:
    async with AsyncMongoClient[dict[str, Any]](stage.settings.mongodb_uri) as mongodb:
        collection = mongodb[stage.settings.mongodb_database]["mobile_clients"]
        for query, index in (
            ({"state.device": "myruntime/d"}, "clients_by_device"),
            ({"state.digest": "x", "state.runtime": "myruntime", "state.registered": True}, "clients_by_token"),
            ({"state.released.device": "myruntime/d", "state.released.sequence": 2}, "clients_released"),
        ):
            plan = await collection.find(query).explain()
            assert index in str(plan["queryPlanner"]["winningPlan"])


async def write_block_and_crash(stage: Stage, device: str) -> None:
    """What a process leaves behind that stopped right after it had written a LOST device's block."""
    state = {"status": "LOST", "event_id": f"status-{device}-2", "sequence": 2}
    document = {
        "_id": f"myruntime/{device}",
        "state": state,
        "version": 1,
        "sequence": 0,
        "commits": ["x"],
        "outbox": [],
    }
    async with AsyncMongoClient[dict[str, Any]](stage.settings.mongodb_uri) as mongodb:
        await mongodb[stage.settings.mongodb_database]["mobile_clients"].insert_one(document)


async def test_a_cascade_cut_short_by_a_crash_is_finished_by_the_redelivery(
    stage: Stage, token: str, device: str
) -> None:
    await stage.register(token, device=device)
    await write_block_and_crash(stage, device)
    await stage.mark(device, "LOST", 2, id=f"status-{device}-2")
    applied = await stage.applied(device, 2)
    assert applied.data["effects"] == {"clientsDeregistered": 1}
    assert not await is_registered(stage, token)


async def test_a_registration_cut_short_by_a_crash_is_ended_by_its_own_event(
    stage: Stage, token: str, device: str
) -> None:
    await stage.register(token, device=device)
    own = await eventually(lambda: next(iter(stage.of(token)), None))
    await write_block_and_crash(stage, device)
    await stage.repeat(own)
    await stage.repeat(own)
    gone = await eventually(lambda: next((e for e in stage.of(token) if e.type == DEREGISTERED), None))
    assert (gone.causationid, gone.statussequence) == (f"status-{device}-2", 2)
    assert not await is_registered(stage, token)
