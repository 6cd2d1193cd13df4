"""What goes in and out over HTTP."""

from typing import Any

import pytest
from marshmallow import ValidationError

from device_admin import schemas
from device_admin.errors import problems
from device_admin.model import transaction
from device_admin.model.page import Page
from device_admin.model.transaction import TransactionStatus
from device_events.statuses import DeviceStatus
from tests.unit.device_admin.builders import NOON, a_device, a_switch, a_transaction, later


@pytest.mark.parametrize("status", list(DeviceStatus))
def test_the_five_statuses_are_taken(status: DeviceStatus) -> None:
    assert schemas.STATUS_PAYLOAD.load({"status": status.value}) == {"status": status}


@pytest.mark.parametrize(
    "payload",
    [{}, {"status": None}, {"status": "lost"}, {"status": 1}, {"status": "LOST", "x": 1}, {"status": ["LOST"]}],
)
def test_any_other_payload_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        schemas.STATUS_PAYLOAD.load(payload)


@pytest.mark.parametrize("value", ["TRUE", "1", "", "yes"])
def test_async_is_true_or_false(value: str) -> None:
    with pytest.raises(ValidationError):
        schemas.CHANGE_QUERY.load({"async": value})


def test_a_change_is_synchronous_by_default_and_other_parameters_are_ignored() -> None:
    assert schemas.CHANGE_QUERY.load({"locale": "de_DE", "other": "x"}) == {
        "asynchronous": "false",
        "locale": "de_DE",
    }


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ({"pageSize": "0"}, True),
        ({"pageSize": "1001"}, True),
        ({"pageSize": "x"}, True),
        ({"pageSize": "1" * 5_000}, True),
        ({"pageSize": "1000", "orderBy": "-lastAccessed", "query": "je.*"}, False),
        ({"orderBy": "_id"}, True),
        ({"orderBy": "--uid"}, True),
        ({"query": "a\x00b"}, True),
        ({"query": "a" * 255}, True),
        ({"bookmark": ""}, True),
    ],
)
def test_the_query_of_the_list_of_devices(query: dict[str, str], refused: bool) -> None:
    assert bool(schemas.DEVICES_QUERY.validate(query)) is refused


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ({"mode": "errors", "offset": "7", "orderBy": "-updated", "file": "false"}, False),
        ({"mode": "all"}, True),
        ({"offset": "-1"}, True),
        ({"offset": str(2**31)}, True),
        ({"orderBy": "uid"}, True),
        ({"file": "true"}, True),
    ],
)
def test_the_query_of_the_list_of_transactions(query: dict[str, str], refused: bool) -> None:
    assert bool(schemas.TRANSACTIONS_QUERY.validate(query)) is refused


def test_a_change_answers_in_the_documented_shape() -> None:
    problem = problems.FAULT.problem()
    failed = transaction.fail(a_transaction(), problem, later(milliseconds=36_979))
    assert schemas.change_result(failed, "8.0") == {
        "ok": False,
        "productVersion": "8.0",
        "transaction": {
            "appServerId": "rollcall",
            "description": {"deviceId": "12345-6789", "status": "LOST"},
            "errors": [{"details": "FWLSE3000E: An internal error occurred"}],
            "id": 1,
            "project": {"name": "myruntime"},
            "status": "FAILURE",
            "timeCreated": "2026-05-01T12:00:00.000Z",
            "timeUpdated": "2026-05-01T12:00:36.979Z",
            "type": "CHANGE_DEVICE_STATUS",
            "userName": "demouser",
        },
    }
    assert schemas.change_result(a_transaction(), "8.0")["ok"] is True


def test_the_keys_come_in_the_documents_order() -> None:
    answer = schemas.change_result(a_transaction(), "8.0")
    assert [*answer] == ["ok", "productVersion", "transaction"]
    assert [*answer["transaction"]] == sorted(answer["transaction"])


def test_a_change_of_an_application_names_it() -> None:
    answer = schemas.change_result(a_switch(), "8.0")
    assert answer["transaction"]["description"] == {
        "appName": "myapp",
        "deviceId": "12345-6789",
        "status": "DISABLED",
    }
    assert answer["transaction"]["type"] == "CHANGE_DEVICE_APPLICATION_STATUS"


@pytest.mark.parametrize("status", TransactionStatus)
def test_a_transaction_in_any_state_can_be_shown(status: TransactionStatus) -> None:
    state: transaction.TransactionState = {**a_transaction(), "status": status.value}
    assert schemas.one_transaction(state, "8.0")["status"] == status


def test_a_disabled_application_shows_on_its_device() -> None:
    state = a_device(disabled=["myapp", "not here"])
    page = Page(items=[state], start=0, size=100, total=1, previous=None, next=None)
    (device,) = schemas.device_page(page, "8.0")["items"]
    (association,) = device["applicationDeviceAssociations"]
    assert (association["appId"], association["status"]) == ("myapp", "DISABLED")


@pytest.mark.parametrize("payload", [{}, {"status": "LOST"}, {"status": "enabled"}, {"status": "ENABLED", "x": 1}])
def test_an_application_is_enabled_or_disabled(payload: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        schemas.APPLICATION_STATUS_PAYLOAD.load(payload)
    assert schemas.APPLICATION_STATUS_PAYLOAD.load({"status": "DISABLED"}) == {"status": "DISABLED"}


def test_a_list_of_devices_in_the_documented_shape() -> None:
    page = Page(items=[a_device(DeviceStatus.LOST)], start=100, size=100, total=101, previous="ABC", next=None)
    assert schemas.device_page(page, "8.0") == {
        "items": [
            {
                "id": "12345-6789",
                "deviceDisplayName": "12345-6789",
                "deviceModel": "",
                "deviceOs": "iOS",
                "lastAccessed": "2026-05-01T12:00:00.000Z",
                "status": "LOST",
                "userIds": [{"str": "Jeremy"}],
                "applicationDeviceAssociations": [
                    {
                        "appId": "myapp",
                        "appName": "myapp",
                        "certSerialNumber": "",
                        "deviceId": "12345-6789",
                        "deviceStatus": "LOST",
                        "status": "ENABLED",
                    }
                ],
            }
        ],
        "startIndex": 100,
        "pageNumber": 2,
        "pageSize": 100,
        "totalListSize": 101,
        "prevPageBookmark": "ABC",
        "nextPageBookmark": None,
        "productVersion": "8.0",
    }


def test_a_cascade() -> None:
    state = transaction.follow(a_transaction(), {"id": 1, "sequence": 2, "time": NOON}, NOON)
    state = transaction.acknowledge(
        state, "push-registry", sequence=2, effects={"tokensRemoved": 2}, now=later(milliseconds=41)
    )
    assert schemas.cascade_view(state, "8.0") == {
        "transactionId": 1,
        "transactionStatus": "SUCCESS",
        "deviceId": "12345-6789",
        "status": "LOST",
        "services": [
            {"service": "contacts", "applied": False, "effects": {}, "milliseconds": None},
            {"service": "mobile-platform", "applied": False, "effects": {}, "milliseconds": None},
            {"service": "push-registry", "applied": True, "effects": {"tokensRemoved": 2}, "milliseconds": 41},
        ],
        "productVersion": "8.0",
    }
