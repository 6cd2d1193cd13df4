"""The operation itself: method, path, parameters, roles, and its two ways of running."""

from datetime import datetime
from typing import Any

import pytest

from device_admin.model.transaction import SERVICES
from device_admin.usecases import acknowledge
from tests.contract.device_admin.calls import JSON, changed, put
from tests.integration.device_admin.admin import BASE, Admin
from tests.support.polling import eventually
from tests.support.services import basic

PRINTED = "/mfpadmin/management-apis/2.0/runtimes/myruntime/devices/12345-6789?async=false&locale=de_DE"


@pytest.mark.ledger("admin.example.address", "admin.path", "admin.method.put")
async def test_the_printed_address_works(admin: Admin) -> None:
    await admin.know("myruntime", "12345-6789")
    status, body, _ = await admin.service.request(
        "PUT", PRINTED, headers={**basic("demouser"), **JSON}, data='{"status": "LOST"}'
    )
    assert (status, body["ok"]) == (200, True)
    assert body["transaction"]["description"] == {"deviceId": "12345-6789", "status": "LOST"}


@pytest.mark.ledger("admin.method.put")
@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
async def test_no_other_method_changes_a_status(admin: Admin, runtime: str, method: str) -> None:
    await admin.know(runtime, "d")
    status, _, headers = await admin.service.request(
        method, f"{BASE}/{runtime}/devices/d", headers={**basic("admin"), **JSON}, data='{"status": "LOST"}'
    )
    assert (status, headers["Allow"]) == (405, "DELETE, PUT")
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"


@pytest.mark.ledger("admin.path")
@pytest.mark.parametrize(
    "path",
    [
        "/mfpadmin/management-apis/1.0/runtimes/{runtime}/devices/d",
        "/management-apis/2.0/runtimes/{runtime}/devices/d",
        "/mfpadmin/management-apis/2.0/{runtime}/devices/d",
        "/mfpadmin/management-apis/2.0/runtimes/{runtime}/device/d",
        "/mfpadmin/management-apis/2.0/runtimes/{runtime}/devices/d/",
    ],
)
async def test_no_other_path_is_an_operation(admin: Admin, runtime: str, path: str) -> None:
    await admin.know(runtime, "d")
    headers = {**basic("admin"), **JSON}
    status, body, _ = await admin.service.request("PUT", path.format(runtime=runtime), headers=headers, data="{}")
    assert (status, body["errorCode"]) == (404, "FWLSE3002E")


@pytest.mark.ledger("admin.path.runtime", "admin.project.name", "admin.transaction.project")
async def test_the_path_names_the_runtime(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    assert (await changed(admin, runtime, "d"))["project"] == {"name": runtime}
    status, body, _ = await put_exactly(admin, f"{BASE}/%2F{runtime}/devices/d")
    assert (status, body["errorCode"]) == (404, "FWLSE3030E")


@pytest.mark.ledger("admin.path.device", "admin.description.device-id")
@pytest.mark.parametrize("id", ["12345-6789", "a/b", "é $x.y", "a%b", "..hidden", "漢字", "x" * 254])
async def test_the_path_names_the_device(admin: Admin, runtime: str, id: str) -> None:
    await admin.know(runtime, id)
    encoded = "".join(f"%{byte:02X}" for byte in id.encode())
    status, body, _ = await put_exactly(admin, f"{BASE}/{runtime}/devices/{encoded}")
    assert (status, body["transaction"]["description"]["deviceId"]) == (200, id)


@pytest.mark.ledger("admin.query.optional", "admin.query.async.default", "admin.transaction.status.synchronous")
async def test_without_a_query_a_change_is_synchronous(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    transaction = await changed(admin, runtime, "d")
    assert transaction["status"] == "SUCCESS"
    assert (await admin.devices(runtime))["d"]["status"] == "LOST"


@pytest.mark.ledger("admin.query.async.values", "admin.async.both-ways")
@pytest.mark.parametrize(("value", "state"), [("false", "SUCCESS"), ("true", "PENDING")])
async def test_async_is_true_or_false(admin: Admin, runtime: str, value: str, state: str) -> None:
    await admin.know(runtime, "d")
    assert (await changed(admin, runtime, "d", **{"async": value}))["status"] == state


@pytest.mark.ledger("admin.query.async.values")
@pytest.mark.parametrize("value", ["TRUE", "yes", "1", ""])
async def test_async_is_nothing_else(admin: Admin, runtime: str, value: str) -> None:
    await admin.know(runtime, "d")
    query: Any = {"async": value}
    status, body, _ = await put(admin, runtime, "d", **query)
    assert (status, body["errorCode"]) == (400, "FWLSE3053E")


@pytest.mark.ledger(
    "admin.async.answers-first",
    "admin.async.result-can-be-queried",
    "admin.transaction.status.asynchronous",
    "admin.transaction.time-updated",
)
async def test_an_asynchronous_change_is_answered_first_and_can_be_followed(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    transaction = await changed(admin, runtime, "d", **{"async": "true"})
    assert transaction["status"] == "PENDING"

    async def shown(status: str) -> Any:
        found = await admin.transaction(runtime, transaction["id"])
        return found if found["status"] == status else None

    committing = await eventually(lambda: shown("COMMITTING"))
    for service in SERVICES:
        await acknowledge(admin.resources, device=f"{runtime}/d", service=service, sequence=2, effects={})
    done = await eventually(lambda: shown("SUCCESS"))
    times = [datetime.fromisoformat(one["timeUpdated"]) for one in (transaction, committing, done)]
    assert times == sorted(times)
    assert {one["timeCreated"] for one in (transaction, committing, done)} == {transaction["timeCreated"]}


@pytest.mark.parametrize(
    ("user", "status"),
    [
        pytest.param("admin", 200, marks=pytest.mark.ledger("admin.roles.mfpadmin")),
        pytest.param("deployer", 200, marks=pytest.mark.ledger("admin.roles.mfpdeployer")),
        pytest.param("operator", 200, marks=pytest.mark.ledger("admin.roles.mfpoperator")),
        pytest.param("monitor", 403, marks=pytest.mark.ledger("admin.roles.no-other", "admin.errors.403")),
        pytest.param("nobody", 403, marks=pytest.mark.ledger("admin.roles.no-other", "admin.errors.403")),
    ],
)
async def test_three_roles_may_change_a_status(admin: Admin, runtime: str, user: str, status: int) -> None:
    await admin.know(runtime, "d")
    code, body, _ = await put(admin, runtime, "d", user=user)
    assert code == status
    assert (await admin.devices(runtime))["d"]["status"] == ("LOST" if status == 200 else "ACTIVE")
    if status == 403:
        assert body["errorCode"] == "FWLSE4065E"


@pytest.mark.ledger("admin.consumes.json")
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=UTF-8", 200),
        ("application/xml", 415),
        ("text/plain", 415),
        ("application/json; charset=latin-1", 415),
    ],
)
async def test_the_payload_is_json(admin: Admin, runtime: str, content_type: str, status: int) -> None:
    await admin.know(runtime, "d")
    code, _, _ = await put(admin, runtime, "d", headers={"Content-Type": content_type})
    assert code == status


async def put_exactly(admin: Admin, path: str) -> tuple[int, Any, Any]:
    """A change at a path whose percent-encoding is left as it is."""
    headers = {**basic("admin"), **JSON}
    return await admin.service.request("PUT", admin.exactly(path), headers=headers, data='{"status": "LOST"}')
