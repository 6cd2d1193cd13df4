"""PUT of a device's status: what it answers, what it announces, and how it says no."""

import asyncio
import itertools
from typing import Any

import pytest

from device_events import DeviceStatus, KafkaConnection, catalog
from tests.integration.device_admin.admin import BASE, Admin, an_event, publish, status_changes
from tests.support.polling import eventually
from tests.support.services import basic

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("status", list(DeviceStatus))
async def test_a_synchronous_change_succeeds_at_once_and_is_announced(
    admin: Admin, own_kafka: KafkaConnection, runtime: str, status: DeviceStatus
) -> None:
    await admin.know(runtime, "12345-6789")
    answer = await admin.change(runtime, "12345-6789", status, locale="de_DE")
    transaction = answer.pop("transaction")
    assert answer == {"ok": True, "productVersion": "8.0"}
    id = transaction["id"]
    assert transaction.pop("timeUpdated") >= transaction.pop("timeCreated")
    assert transaction == {
        "id": id,
        "appServerId": "rollcall",
        "description": {"deviceId": "12345-6789", "status": status},
        "errors": [],
        "project": {"name": runtime},
        "status": "SUCCESS",
        "type": "CHANGE_DEVICE_STATUS",
        "userName": "admin",
    }
    shown = await admin.transaction(runtime, id)
    assert shown["status"] == "SUCCESS"
    assert shown["productVersion"] == "8.0"
    assert "ok" not in shown
    assert (await admin.devices(runtime))["12345-6789"]["status"] == status
    async with status_changes(own_kafka) as changes:

        async def announced() -> Any:
            events = await changes.of(runtime, "12345-6789")
            return events if len(events) == 2 else None

        first, second = await eventually(announced)
    assert (first.type, first.data["reason"], first.sequence) == (catalog.DEVICE_STATUS_CHANGED, "first-seen", 1)
    assert "previous" not in first.data
    assert second.sequence == 2
    assert second.data == {
        "runtime": runtime,
        "deviceId": "12345-6789",
        "status": status,
        "previous": "ACTIVE",
        "transactionId": id,
        "reason": "operator",
    }


@pytest.mark.parametrize("device_id", ["a%2Fb", "%C3%A9%20%24x.y", "a%25b", "%2E%2Ehidden", "x" * 254])
async def test_a_device_id_is_data(admin: Admin, runtime: str, device_id: str) -> None:
    plain = {"a%2Fb": "a/b", "%C3%A9%20%24x.y": "é $x.y", "a%25b": "a%b", "%2E%2Ehidden": "..hidden"}
    known = plain.get(device_id, device_id)
    await admin.know(runtime, known)
    status, body, _ = await admin.service.request(
        "PUT",
        admin.exactly(f"{BASE}/{runtime}/devices/{device_id}"),
        headers=basic("operator"),
        json={"status": "LOST"},
    )
    assert status == 200, body
    assert body["transaction"]["description"]["deviceId"] == known


async def test_a_device_that_is_learnt_a_moment_later_is_waited_for(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    async def registers() -> None:
        await asyncio.sleep(0.05)
        await admin.know(runtime, "fresh")

    answer, _ = await asyncio.gather(admin.change(runtime, "fresh", "LOST"), registers())
    assert answer["transaction"]["status"] == "SUCCESS"


async def test_changes_at_the_same_time_have_ids_of_their_own(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    await admin.know(runtime, "a", "b")
    answers = await asyncio.gather(
        *(
            admin.change(runtime, device_id, status)
            for device_id in ("a", "b")
            for status in ("LOST", "ACTIVE", "STOLEN", "DISABLED", "EXPIRED") * 4
        )
    )
    ids = {answer["transaction"]["id"] for answer in answers}
    assert len(ids) == 40
    assert all(answer["transaction"]["status"] == "SUCCESS" for answer in answers)
    later = await admin.change(runtime, "a", "LOST")
    assert later["transaction"]["id"] > max(ids)
    async with status_changes(own_kafka) as changes:

        async def announced() -> Any:
            events = await changes.of(runtime, "b")
            return events if len(events) == 21 else None

        events = await eventually(announced)
    assert [event.sequence for event in events] == [*range(1, 22)]
    assert (await admin.devices(runtime))["b"]["status"] == events[-1].data["status"]
    for earlier, event in itertools.pairwise(events):
        assert event.data["previous"] == earlier.data["status"]


async def test_an_asynchronous_change_answers_first_and_succeeds_when_every_service_has_acknowledged(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    await admin.know(runtime, "d")
    answer = await admin.change(runtime, "d", "LOST", **{"async": "true"})
    assert (answer["ok"], answer["transaction"]["status"]) == (True, "PENDING")
    id = answer["transaction"]["id"]

    async def has(status: str) -> Any:
        shown = await admin.transaction(runtime, id)
        return shown if shown["status"] == status else None

    await eventually(lambda: has("COMMITTING"))
    now = admin.resources.now()
    acknowledgements = [
        an_event(
            catalog.DEVICE_STATUS_APPLIED,
            runtime,
            "d",
            source=f"/rollcall/{service}",
            sequence=5,
            time=now,
            causationid="the-change",
            statussequence=2,
            service=service,
            status="LOST",
            effects={"tokensRemoved": 2} if service == "push-registry" else {},
        )
        for service in ("push-registry", "contacts", "mobile-platform")
    ]
    await publish(own_kafka, *acknowledgements[:2], acknowledgements[0])
    cascade_path = f"{runtime}/transactions/{id}/cascade"

    async def two_applied() -> Any:
        view = await admin.get(cascade_path, user="monitor")
        return view if sum(part["applied"] for part in view["services"]) == 2 else None

    view = await eventually(two_applied)
    assert (view["transactionId"], view["deviceId"], view["status"]) == (id, "d", "LOST")
    assert view["transactionStatus"] == "COMMITTING"
    parts = {part["service"]: part for part in view["services"]}
    assert parts["push-registry"]["effects"] == {"tokensRemoved": 2}
    assert 0 <= parts["push-registry"]["milliseconds"] < 60_000
    assert parts["mobile-platform"] == {
        "service": "mobile-platform",
        "applied": False,
        "effects": {},
        "milliseconds": None,
    }
    await publish(own_kafka, acknowledgements[2])
    await eventually(lambda: has("SUCCESS"))


@pytest.mark.parametrize("user", ["admin", "deployer", "operator"])
async def test_who_may_change_a_status(admin: Admin, runtime: str, user: str) -> None:
    await admin.know(runtime, "d")
    status, body, _ = await admin.service.request(
        "PUT", f"{BASE}/{runtime}/devices/d", headers=basic(user), json={"status": "LOST"}
    )
    assert (status, body["transaction"]["userName"]) == (200, user)


DEVICE = "{runtime}/devices/d"


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "code"),
    [
        (DEVICE, JSON, '{"status": "LOST"}', 401, "FWLSE4065E"),
        (DEVICE, {**basic("admin", "wrong"), **JSON}, '{"status": "LOST"}', 401, "FWLSE4065E"),
        (DEVICE, {**basic("stranger"), **JSON}, "no JSON", 401, "FWLSE4065E"),
        (DEVICE, {**basic("monitor"), **JSON}, "no JSON", 403, "FWLSE4065E"),
        (DEVICE, {**basic("nobody"), **JSON}, '{"status": "LOST"}', 403, "FWLSE4065E"),
        ("unknown/devices/d", {**basic("admin"), **JSON}, '{"status": "LOST"}', 404, "FWLSE3030E"),
        ("{runtime}/devices/unknown", {**basic("admin"), **JSON}, '{"status": "LOST"}', 404, "FWLSE3002E"),
        ("{runtime}/devices/" + "x" * 300, {**basic("admin"), **JSON}, '{"status": "LOST"}', 404, "FWLSE3002E"),
        ("{runtime}/devices/%00", {**basic("admin"), **JSON}, '{"status": "LOST"}', 404, "FWLSE3002E"),
        ("{runtime}/devices/%ED%A0%80", {**basic("admin"), **JSON}, '{"status": "LOST"}', 404, "FWLSE3002E"),
        (DEVICE, {**basic("admin"), **JSON}, "", 400, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON}, '{"status": "LOST",}', 400, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON}, '["LOST"]', 400, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON}, '{"status": "MISSING"}', 400, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON}, '{"status": "LOST", "more": 1}', 400, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON}, '{"status": "LOST", "status": "ACTIVE"}', 400, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON}, '{"status": {"$ne": 1}}', 400, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON}, " " * 70_000, 413, "FWLSE3051E"),
        (DEVICE + "?async=maybe", {**basic("admin"), **JSON}, '{"status": "LOST"}', 400, "FWLSE3053E"),
        (DEVICE + "?async=true&async=false", {**basic("admin"), **JSON}, '{"status": "LOST"}', 400, "FWLSE3053E"),
        (DEVICE, {**basic("admin"), "Content-Type": "text/plain"}, '{"status": "LOST"}', 415, "FWLSE3051E"),
        (DEVICE, {**basic("admin"), **JSON, "Accept": "text/csv"}, '{"status": "LOST"}', 406, "FWLSE3053E"),
        ("{runtime}/nothing", {**basic("admin"), **JSON}, "", 404, "FWLSE3002E"),
        ("{runtime}/devices", {**basic("admin"), **JSON}, "", 405, "FWLSE3053E"),
    ],
)
async def test_how_it_says_no(
    admin: Admin, runtime: str, path: str, headers: dict[str, str], body: str, status: int, code: str
) -> None:
    if path.startswith(DEVICE):
        await admin.know(runtime, "d")
    answer, content, given = await admin.service.request(
        "PUT",
        admin.exactly(f"{BASE}/{path.format(runtime=runtime)}"),
        headers={**headers, "X-Correlation-ID": "test-7"},
        data=body,
    )
    assert (answer, content["errorCode"]) == (status, code), content
    assert set(content) == {"errorCode", "message", "correlationId"}
    assert content["correlationId"] == given["X-Correlation-ID"] == "test-7"
    assert ("WWW-Authenticate" in given) is (status == 401)
    page = await admin.get(f"{runtime}/transactions")
    assert page["totalListSize"] == 0
