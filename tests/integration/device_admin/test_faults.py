"""Changes whose execution meets an outage or a fault: nothing is lost, and nothing waits for ever."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.errors import Unavailable
from device_admin import usecases
from device_admin.model.transaction import TransactionState
from tests.integration.device_admin.admin import BASE, Admin
from tests.integration.device_admin.test_transactions import in_minutes
from tests.support.services import basic


def _only_created(admin: Admin, error: Exception) -> Callable[..., Awaitable[None]]:
    """The transaction is written, and its device is not."""

    async def create(transaction: TransactionState, _: Any) -> None:
        await admin.resources.store.create_transaction(transaction)
        raise error

    return create


async def test_a_change_whose_outcome_is_unknown_is_503_and_carried_out_later(
    admin: Admin, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.know(runtime, "d")

    with monkeypatch.context() as outage:
        outage.setattr(admin.resources.store, "create_transaction_with", _only_created(admin, Unavailable()))
        status, body, headers = await admin.service.request(
            "PUT", f"{BASE}/{runtime}/devices/d", headers=basic("admin"), json={"status": "LOST"}
        )
    assert (status, body["errorCode"], headers["Retry-After"]) == (503, "FWLSE3010E", "1")
    (left,) = (await admin.get(f"{runtime}/transactions"))["items"]
    assert left["status"] == "PENDING"
    await usecases.recover_transactions(in_minutes(admin.resources, 1))
    assert (await admin.transaction(runtime, left["id"]))["status"] == "SUCCESS"
    assert (await admin.devices(runtime))["d"]["status"] == "LOST"


async def test_a_transaction_that_a_fault_keeps_from_its_device_ends_in_failure(
    admin: Admin, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.know(runtime, "d")

    async def break_down(*_: Any) -> None:
        raise RuntimeError("secret")

    with monkeypatch.context() as fault:
        fault.setattr(admin.resources.store, "create_transaction_with", _only_created(admin, RuntimeError("secret")))
        fault.setattr(admin.resources.store, "decide_device", break_down)
        status, body, _ = await admin.service.request(
            "PUT", f"{BASE}/{runtime}/devices/d", headers=basic("admin"), json={"status": "LOST"}
        )
        assert (status, body["errorCode"]) == (500, "FWLSE3000E")
        (left,) = (await admin.get(f"{runtime}/transactions"))["items"]
        await usecases.recover_transactions(in_minutes(admin.resources, 4))
        assert (await admin.transaction(runtime, left["id"]))["status"] == "PENDING"
        await usecases.recover_transactions(in_minutes(admin.resources, 6))
    shown = await admin.transaction(runtime, left["id"])
    assert (shown["status"], shown["errors"]) == ("FAILURE", [{"details": "FWLSE3000E: An internal error occurred"}])
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"
