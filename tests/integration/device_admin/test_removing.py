"""DELETE of a device, and what it does not undo."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from device_admin import usecases
from device_admin.model.transaction import TransactionType
from device_events import KafkaConnection, catalog
from tests.integration.device_admin.admin import BASE, Admin, an_event, status_changes
from tests.integration.device_admin.test_learning import react
from tests.integration.device_admin.test_transactions import an_orphan
from tests.support.polling import eventually
from tests.support.services import basic


async def remove(admin: Admin, runtime: str, device_id: str, *, user: str = "admin", **params: Any) -> Any:
    """Status and body of the answer to a removal."""
    status, body, _ = await admin.service.request(
        "DELETE", f"{BASE}/{runtime}/devices/{device_id}", headers=basic(user), params=params
    )
    return status, body


async def announced(kafka: KafkaConnection, runtime: str, device_id: str, count: int) -> Any:
    """Status, previous status and reason of each change of the device, once there are as many."""
    async with status_changes(kafka) as changes:

        async def all_there() -> Any:
            events = await changes.of(runtime, device_id)
            return events if len(events) >= count else None

        events = await eventually(all_there)
    return [(event.data["status"], event.data.get("previous"), event.data["reason"]) for event in events]


def contact(admin: Admin, runtime: str, device_id: str, *, sequence: int = 9, **more: Any) -> Any:
    """A push registration that happens now."""
    about = {"applicationId": "myapp", "platform": "A", "userId": "Ann", "time": admin.resources.now(), **more}
    return an_event(catalog.PUSH_REGISTERED, runtime, device_id, sequence=sequence, **about)


@pytest.mark.parametrize("user", ["admin", "deployer", "operator"])
async def test_a_removed_device_is_gone_and_its_personal_data_too(admin: Admin, runtime: str, user: str) -> None:
    await admin.know(runtime, "d", "other", user="Jeremy")
    status, body = await remove(admin, runtime, "d", user=user)
    transaction = body.pop("transaction")
    assert (status, body) == (200, {"ok": True, "productVersion": "8.0"})
    assert (transaction["type"], transaction["status"], transaction["errors"]) == ("REMOVE_DEVICE", "SUCCESS", [])
    assert transaction["description"] == {"deviceId": "d", "status": "ACTIVE"}
    assert (transaction["userName"], transaction["project"]) == (user, {"name": runtime})
    assert [*await admin.devices(runtime)] == ["other"]
    page = await admin.get(f"{runtime}/devices", query="Jeremy")
    assert page["totalListSize"] == 1
    tombstone = await admin.resources.store.device(f"{runtime}/d")
    assert "Jeremy" not in str(tombstone)
    assert (await admin.transaction(runtime, transaction["id"]))["type"] == "REMOVE_DEVICE"
    cascade = await admin.get(f"{runtime}/transactions/{transaction['id']}/cascade")
    assert cascade["services"] == []


async def test_a_removal_announces_nothing(admin: Admin, own_kafka: KafkaConnection, runtime: str) -> None:
    await admin.know(runtime, "d")
    await remove(admin, runtime, "d")
    await admin.know(runtime, "later")
    assert len(await announced(own_kafka, runtime, "later", 1)) == 1
    assert await announced(own_kafka, runtime, "d", 1) == [("ACTIVE", None, "first-seen")]


async def test_the_next_contact_brings_a_device_back_with_its_block(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    await admin.know(runtime, "d", user="Jeremy")
    await admin.change(runtime, "d", "LOST")
    before = admin.resources.now() - timedelta(seconds=1)
    assert (await remove(admin, runtime, "d"))[1]["transaction"]["description"]["status"] == "LOST"
    await react(admin, contact(admin, runtime, "d", time=before))
    assert await admin.devices(runtime) == {}
    again = contact(admin, runtime, "d")
    await react(admin, again, again)
    device = (await admin.devices(runtime))["d"]
    assert (device["status"], device["userIds"]) == ("LOST", [{"str": "Ann"}])
    assert await announced(own_kafka, runtime, "d", 3) == [
        ("ACTIVE", None, "first-seen"),
        ("LOST", "ACTIVE", "operator"),
        ("LOST", None, "first-seen"),
    ]
    assert (await admin.change(runtime, "d", "ACTIVE"))["ok"] is True


async def test_a_device_without_a_block_comes_back_active(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    await admin.change(runtime, "d", "EXPIRED")
    await remove(admin, runtime, "d")
    await react(admin, contact(admin, runtime, "d"))
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"


async def test_the_block_of_a_removed_device_can_still_be_lifted(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    await admin.know(runtime, "d")
    await admin.change(runtime, "d", "STOLEN")
    await remove(admin, runtime, "d")
    assert (await admin.change(runtime, "d", "ACTIVE"))["transaction"]["status"] == "SUCCESS"
    assert (await announced(own_kafka, runtime, "d", 3))[2] == ("ACTIVE", "STOLEN", "operator")
    assert await admin.devices(runtime) == {}
    status, _, _ = await admin.service.request(
        "PUT", f"{BASE}/{runtime}/devices/d", headers=basic("admin"), json={"status": "LOST"}
    )
    assert status == 404


async def test_a_removed_device_cannot_be_removed_again_and_does_not_expire(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d", time=admin.resources.now() - timedelta(days=91))
    assert (await remove(admin, runtime, "d"))[0] == 200
    assert (await remove(admin, runtime, "d"))[0] == 404
    await eventually(lambda: not admin.resources.consumer_lags())
    await usecases.expire_inactive(admin.resources)
    tombstone = await admin.resources.store.device(f"{runtime}/d")
    assert tombstone is not None
    assert tombstone["status"] == "ACTIVE"


async def test_of_removals_at_the_same_time_one_is_made_and_the_others_say_why_not(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    answers = [body for status, body in await asyncio.gather(*(remove(admin, runtime, "d") for _ in range(8)))]
    made = [body for body in answers if body.get("ok")]
    refused = [body for body in answers if body.get("ok") is False]
    assert len(made) == 1
    assert len(made) + len(refused) + len([body for body in answers if body.get("errorCode") == "FWLSE3002E"]) == 8
    for body in refused:
        assert body["transaction"]["status"] == "FAILURE"
        (error,) = body["transaction"]["errors"]
        assert error["details"].startswith("FWLSE4203E: ")


async def test_an_asynchronous_removal_is_answered_first_and_waits_for_no_service(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    status, body = await remove(admin, runtime, "d", **{"async": "true"})
    assert (status, body["ok"], body["transaction"]["status"]) == (200, True, "PENDING")

    async def succeeded() -> bool:
        return bool((await admin.transaction(runtime, body["transaction"]["id"]))["status"] == "SUCCESS")

    await eventually(succeeded)
    assert await admin.devices(runtime) == {}


@pytest.mark.parametrize("reached", [False, True])
async def test_a_removal_that_a_process_left_behind_is_carried_out_once(
    admin: Admin, runtime: str, reached: bool
) -> None:
    await admin.know(runtime, "d")
    orphan = await an_orphan(admin, runtime, "d", "ACTIVE", type=TransactionType.REMOVE_DEVICE)
    if reached:
        await usecases.carry_out(admin.resources, orphan)
        # As if the process had died between the two writes.
        await admin.resources.store.decide_transaction(orphan["id"], lambda _: orphan)
    await usecases.recover_transactions(admin.resources)
    assert (await admin.transaction(runtime, orphan["id"]))["status"] == "SUCCESS"
    assert await admin.devices(runtime) == {}


@pytest.mark.parametrize(
    ("path", "user", "status", "code"),
    [
        ("{runtime}/devices/d", None, 401, "FWLSE4065E"),
        ("{runtime}/devices/d", "monitor", 403, "FWLSE4065E"),
        ("{runtime}/devices/d", "nobody", 403, "FWLSE4065E"),
        ("unknown/devices/d", "admin", 404, "FWLSE3030E"),
        ("{runtime}/devices/unknown", "admin", 404, "FWLSE3002E"),
        ("{runtime}/devices/d?async=x", "admin", 400, "FWLSE3053E"),
        ("{runtime}/devices", "admin", 405, "FWLSE3053E"),
    ],
)
async def test_how_it_says_no(admin: Admin, runtime: str, path: str, user: str | None, status: int, code: str) -> None:
    await admin.know(runtime, "d")
    answer, body, _ = await admin.service.request(
        "DELETE", f"{BASE}/{path.format(runtime=runtime)}", headers=basic(user) if user else {}
    )
    assert (answer, body["errorCode"]) == (status, code)
    assert [*await admin.devices(runtime)] == ["d"]
    assert (await admin.get(f"{runtime}/transactions"))["totalListSize"] == 0
