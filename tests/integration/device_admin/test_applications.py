"""PUT of an application's status on a device."""

from typing import Any

import pytest

from device_admin import usecases
from device_admin.model.transaction import TransactionType
from tests.integration.device_admin.admin import BASE, Admin
from tests.integration.device_admin.test_learning import react
from tests.integration.device_admin.test_removing import contact, remove
from tests.integration.device_admin.test_transactions import an_orphan
from tests.support.polling import eventually
from tests.support.services import basic


async def switch(
    admin: Admin, runtime: str, status: str, *, device: str = "d", application: str = "myapp", **params: Any
) -> Any:
    """The answer to a change of an application's status."""
    code, body, _ = await admin.service.request(
        "PUT",
        f"{BASE}/{runtime}/devices/{device}/applications/{application}",
        headers=basic("admin"),
        params=params,
        json={"status": status},
    )
    assert code == 200, body
    return body


async def association(admin: Admin, runtime: str) -> Any:
    """How the only application of the device d shows in the list."""
    (only,) = (await admin.devices(runtime))["d"]["applicationDeviceAssociations"]
    return only


async def test_an_application_is_disabled_and_enabled_again(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    body = await switch(admin, runtime, "DISABLED")
    about = body["transaction"]
    assert (body["ok"], about["status"], about["type"]) == (True, "SUCCESS", "CHANGE_DEVICE_APPLICATION_STATUS")
    assert about["description"] == {"appName": "myapp", "deviceId": "d", "status": "DISABLED"}
    shown = await association(admin, runtime)
    assert (shown["status"], shown["deviceStatus"]) == ("DISABLED", "ACTIVE")
    assert (await admin.transaction(runtime, about["id"]))["description"] == about["description"]
    await switch(admin, runtime, "ENABLED")
    assert (await association(admin, runtime))["status"] == "ENABLED"


async def test_a_disabled_application_stays_so_when_the_device_registers_again_or_comes_back(
    admin: Admin, runtime: str
) -> None:
    await admin.know(runtime, "d")
    await switch(admin, runtime, "DISABLED")
    await react(admin, contact(admin, runtime, "d", sequence=2))
    assert (await association(admin, runtime))["status"] == "DISABLED"
    await remove(admin, runtime, "d")
    await react(admin, contact(admin, runtime, "d", sequence=3))
    assert (await association(admin, runtime))["status"] == "DISABLED"


async def test_an_asynchronous_switch_is_answered_first(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    body = await switch(admin, runtime, "DISABLED", **{"async": "true"})
    assert (body["ok"], body["transaction"]["status"]) == (True, "PENDING")

    async def succeeded() -> bool:
        return bool((await admin.transaction(runtime, body["transaction"]["id"]))["status"] == "SUCCESS")

    await eventually(succeeded)
    assert (await association(admin, runtime))["status"] == "DISABLED"


async def test_a_status_change_and_a_switch_do_not_overtake_each_other(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    orphan = await an_orphan(admin, runtime, "d", "LOST", asynchronous=False)
    overtaken = await an_orphan(
        admin, runtime, "d", "ENABLED", type=TransactionType.CHANGE_DEVICE_APPLICATION_STATUS, application="myapp"
    )
    await switch(admin, runtime, "DISABLED")
    await usecases.recover_transactions(admin.resources)
    assert (await admin.transaction(runtime, orphan["id"]))["status"] == "SUCCESS"
    assert (await admin.transaction(runtime, overtaken["id"]))["status"] == "CANCELED"
    shown = await association(admin, runtime)
    assert (shown["status"], shown["deviceStatus"]) == ("DISABLED", "LOST")


async def test_an_application_that_leaves_in_between_fails_the_switch(
    admin: Admin, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.know(runtime, "d")
    numbers = admin.resources.store.next_transaction_id

    async def after_it_left() -> int:
        monkeypatch.undo()
        await remove(admin, runtime, "d")
        return await numbers()

    monkeypatch.setattr(admin.resources.store, "next_transaction_id", after_it_left)
    body = await switch(admin, runtime, "DISABLED")
    assert (body["ok"], body["transaction"]["status"]) == (False, "FAILURE")
    assert body["transaction"]["errors"][0]["details"].startswith("FWLSE4200E: ")


@pytest.mark.parametrize(
    ("path", "user", "body", "status", "code"),
    [
        ("{runtime}/devices/d/applications/myapp", None, {"status": "DISABLED"}, 401, "FWLSE4065E"),
        ("{runtime}/devices/d/applications/myapp", "monitor", {"status": "DISABLED"}, 403, "FWLSE4065E"),
        ("unknown/devices/d/applications/myapp", "admin", {"status": "DISABLED"}, 404, "FWLSE3030E"),
        ("{runtime}/devices/unknown/applications/myapp", "admin", {"status": "DISABLED"}, 404, "FWLSE3002E"),
        ("{runtime}/devices/d/applications/other", "admin", {"status": "DISABLED"}, 404, "FWLSE3002E"),
        ("{runtime}/devices/d/applications/myapp", "admin", {"status": "LOST"}, 400, "FWLSE3051E"),
        ("{runtime}/devices/d/applications/myapp", "admin", {}, 400, "FWLSE3051E"),
        ("{runtime}/devices/d/applications/myapp?async=1", "admin", {"status": "DISABLED"}, 400, "FWLSE3053E"),
    ],
)
async def test_how_it_says_no(
    admin: Admin, runtime: str, path: str, user: str | None, body: Any, status: int, code: str
) -> None:
    await admin.know(runtime, "d")
    answer, said, _ = await admin.service.request(
        "PUT", f"{BASE}/{path.format(runtime=runtime)}", headers=basic(user) if user else {}, json=body
    )
    assert (answer, said["errorCode"]) == (status, code)
    assert (await association(admin, runtime))["status"] == "ENABLED"
    assert (await admin.get(f"{runtime}/transactions"))["totalListSize"] == 0
