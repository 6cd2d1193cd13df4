"""What the five statuses are, and what they do to a device."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from chassis.tokens import TokenDigest
from device_admin import usecases
from device_events import DeviceStatus, KafkaConnection
from push_registry.app import create_app as create_push_registry
from push_registry.settings import Settings as PushSettings
from tests.contract.device_admin.calls import changed, put
from tests.integration.device_admin.admin import Admin
from tests.support.polling import eventually
from tests.support.services import Running, basic, running, shared_settings
from tests.support.tokens import TokenIssuer, serving

REGISTRATIONS = "/imfpush/v1/apps/myapp/devices"
FIVE = [
    pytest.param(status, marks=pytest.mark.ledger(f"admin.status.{status.lower()}", "admin.payload.status"))
    for status in DeviceStatus
]


@pytest.mark.parametrize("status", FIVE)
async def test_a_device_can_be_set_to_each_status(admin: Admin, runtime: str, status: str) -> None:
    await admin.know(runtime, "d")
    assert (await changed(admin, runtime, "d", status))["status"] == "SUCCESS"
    assert (await admin.devices(runtime))["d"]["status"] == status


@pytest.mark.ledger("admin.operation.changes-one-device")
async def test_only_the_device_in_the_path_is_changed(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d", "other")
    await admin.know("myruntime", "d")
    await changed(admin, runtime, "d", "LOST")
    assert {id: device["status"] for id, device in (await admin.devices(runtime)).items()} == {
        "d": "LOST",
        "other": "ACTIVE",
    }
    assert (await admin.devices("myruntime"))["d"]["status"] == "ACTIVE"


@pytest.mark.ledger("admin.payload.status")
@pytest.mark.parametrize("body", ["{}", '{"status": "lost"}', '{"status": "MISSING"}', '{"status": null}', '"LOST"'])
async def test_any_other_payload_sets_nothing(admin: Admin, runtime: str, body: str) -> None:
    await admin.know(runtime, "d")
    assert (await put(admin, runtime, "d", body))[0] == 400
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"


@pytest.mark.ledger("admin.status.expires-by-silence")
async def test_a_device_expires_after_90_days_without_contact(admin: Admin, runtime: str) -> None:
    now = admin.resources.now()
    await admin.know(runtime, "silent", time=now - timedelta(days=90, minutes=1))
    await admin.know(runtime, "heard", time=now - timedelta(days=89, hours=23))
    await eventually(lambda: not admin.resources.consumer_lags())
    await usecases.expire_inactive(admin.resources)
    devices = await admin.devices(runtime)
    assert (devices["silent"]["status"], devices["heard"]["status"]) == ("EXPIRED", "ACTIVE")


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[TokenIssuer]:
    async with serving(TokenIssuer()) as one:
        yield one


@pytest_asyncio.fixture
async def push(mongodb_uri: str, own_kafka: KafkaConnection, issuer: TokenIssuer) -> AsyncIterator[Running]:
    """push-registry beside device-admin, on the same topics: a server that devices use."""
    shared = shared_settings(
        mongodb_uri, f"test_{uuid.uuid4().hex[:16]}", replace(own_kafka), issuers=(issuer.trusted,)
    )
    settings = PushSettings(**shared, applications={"myapp": "myruntime"}, token_digest=TokenDigest(b"k" * 32))
    async with running(create_push_registry, settings) as one:
        yield one


@pytest.mark.ledger("admin.status.blocks")
async def test_a_lost_stolen_or_disabled_device_is_shut_out_and_an_active_or_expired_one_is_not(
    admin: Admin, push: Running, issuer: TokenIssuer, device_id: str
) -> None:
    headers = issuer.headers("devices.write push.application.myapp")

    async def registers() -> int:
        body = {"deviceId": device_id, "platform": "A", "token": f"token-of-{device_id}"}
        return (await push.request("POST", REGISTRATIONS, headers=headers, json=body))[0]

    async def answered(code: int) -> bool:
        return await registers() == code

    assert await registers() == 201
    for status in ("LOST", "EXPIRED", "STOLEN", "ACTIVE", "DISABLED"):
        await eventually(lambda: admin.resources.store.device(f"myruntime/{device_id}"))
        await changed(admin, "myruntime", device_id, status)
        code = 401 if status in ("LOST", "STOLEN", "DISABLED") else 201
        await eventually(lambda code=code: answered(code))  # type: ignore[misc]


@pytest.mark.ledger("admin.status.blocks")
async def test_removing_a_device_does_not_let_it_in(
    admin: Admin, push: Running, issuer: TokenIssuer, device_id: str
) -> None:
    headers = issuer.headers("devices.write push.application.myapp")
    body = {"deviceId": device_id, "platform": "A", "token": f"token-of-{device_id}"}
    await admin.know("myruntime", device_id)
    await changed(admin, "myruntime", device_id, "LOST")

    async def refused() -> bool:
        return (await push.request("POST", REGISTRATIONS, headers=headers, json=body))[0] == 401

    await eventually(refused)
    path = f"/mfpadmin/management-apis/2.0/runtimes/myruntime/devices/{device_id}"
    assert (await admin.service.request("DELETE", path, headers=basic("demouser")))[0] == 200
    assert await refused()
