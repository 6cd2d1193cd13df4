"""What the answer says of the transaction, property by property."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from device_admin.model import transaction as transactions
from device_admin.model.transaction import TransactionState
from tests.contract.device_admin.calls import changed, failing_once_accepted, put, root_of
from tests.integration.device_admin.admin import BASE, Admin
from tests.integration.device_admin.conftest import admin_running
from tests.support.services import basic


def moment(text: str) -> datetime:
    """An ISO 8601 time as the answers write it: UTC, milliseconds."""
    assert len(text) == len("2014-04-13T00:18:36.979Z")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


@pytest.mark.ledger(
    "admin.response.is-the-transaction",
    "admin.response.ok.true",
    "admin.response.transaction",
    "admin.transaction.description",
    "admin.description.status",
    "admin.transaction.type",
    "admin.transaction.user-name",
    "admin.transaction.project",
)
async def test_the_answer_describes_the_change(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    status, body, _ = await put(admin, runtime, "d", '{"status": "STOLEN"}', user="operator")
    assert (status, body["ok"]) == (200, True)
    about = body["transaction"]
    assert about["description"] == {"deviceId": "d", "status": "STOLEN"}
    assert (about["type"], about["userName"], about["project"]) == (
        "CHANGE_DEVICE_STATUS",
        "operator",
        {"name": runtime},
    )


@pytest.mark.ledger("admin.transaction.errors", "admin.response.ok.true")
async def test_a_change_that_was_made_has_no_errors(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    assert (await changed(admin, runtime, "d"))["errors"] == []


@pytest.mark.ledger(
    "admin.transaction.errors",
    "admin.error.details",
    "admin.response.ok.false",
    "admin.transaction.status.synchronous",
    "admin.query.locale",
)
async def test_a_change_that_could_not_be_made_says_why(
    admin: Admin, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.know(runtime, "d")
    failing_once_accepted(admin, monkeypatch, runtime, "d")
    status, body, _ = await put(admin, runtime, "d", locale="de_DE")
    about = body["transaction"]
    assert (status, body["ok"], about["status"]) == (200, False, "FAILURE")
    german = f"FWLSE4201E: Das Gerät d gibt es in der Laufzeitumgebung {runtime} nicht"
    assert about["errors"] == [{"details": german}]
    shown = await admin.transaction(runtime, about["id"])
    assert shown["status"] == "FAILURE"
    assert shown["errors"] == [{"details": f"FWLSE4201E: The device d does not exist in the runtime {runtime}"}]


@pytest.mark.ledger("admin.transaction.id")
async def test_ids_are_numbers_that_grow_and_find_the_transaction_again(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    ids = [(await changed(admin, runtime, "d", status))["id"] for status in ("LOST", "ACTIVE", "LOST")]
    assert all(type(id) is int for id in ids)
    assert ids == sorted(set(ids))
    assert [(await admin.transaction(runtime, id))["id"] for id in ids] == ids


@pytest.mark.ledger("admin.transaction.time-created", "admin.transaction.time-updated")
@pytest.mark.parametrize("asynchronous", ["false", "true"])
async def test_the_times_are_those_of_the_transaction(admin: Admin, runtime: str, asynchronous: str) -> None:
    await admin.know(runtime, "d")
    before = admin.resources.now()
    about = await changed(admin, runtime, "d", **{"async": asynchronous})
    created, updated = moment(about["timeCreated"]), moment(about["timeUpdated"])
    second = timedelta(seconds=1)
    assert before - second <= created <= updated <= admin.resources.now() + second


@pytest.mark.ledger("admin.response.product-version", "admin.transaction.app-server-id")
async def test_version_and_server_are_what_the_service_is_told(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    settings = admin.resources.settings
    async with admin_running(settings, product_version="8.0.0.00-20200101", app_server_id="Tomcat") as other:
        _, body, _ = await put(other, runtime, "d")
    assert (body["productVersion"], body["transaction"]["appServerId"]) == ("8.0.0.00-20200101", "Tomcat")


@pytest.mark.ledger("admin.transaction.status.known")
@pytest.mark.parametrize(
    "status", ["PENDING", "PREPARING", "COMMITTING", "REJECTING", "SUCCESS", "FAILURE", "CANCELED"]
)
async def test_a_transaction_in_any_state_can_be_read(admin: Admin, runtime: str, status: str) -> None:
    await admin.know(runtime, "d")
    id = (await changed(admin, runtime, "d"))["id"]

    def write(state: TransactionState) -> TransactionState:
        return {**state, "status": transactions.TransactionStatus(status).value}

    await admin.resources.store.decide_transaction(id, write)
    assert (await admin.transaction(runtime, id))["status"] == status
    (listed,) = (await admin.get(f"{runtime}/transactions"))["items"]
    assert listed["status"] == status
    headers: dict[str, Any] = {**basic("monitor"), "Accept": "application/xml"}
    _, text, _ = await admin.service.request("GET", f"{BASE}/{runtime}/transactions/{id}", headers=headers)
    assert root_of(text).get("status") == status
