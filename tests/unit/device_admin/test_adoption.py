"""What a device is after MongoDB was restored, by the status that Kafka still knows of it."""

from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from device_admin.model.adoption import Adopted, adopt, say_again
from device_admin.model.device import KNOWN, REMOVED, DeviceState
from device_admin.model.submission import submit
from device_admin.model.transaction import TransactionStatus, accept, follow
from device_events.statuses import DeviceStatus
from tests.unit.device_admin.builders import NOON as NOW


def adopted(status: str = "LOST", *, time: datetime = NOW, transaction: int | None = None) -> Adopted:
    return Adopted(runtime="r", device_id="d", status=status, time=time, sequence=9, transaction_id=transaction)


def restored(**changes: Any) -> DeviceState:
    state = {
        "kind": KNOWN,
        "runtime": "r",
        "device_id": "d",
        "status": "ACTIVE",
        "status_time": NOW - timedelta(hours=1),
        "name": "my phone",
        "users": ["alice"],
        "transactions": [],
        **changes,
    }
    return cast(DeviceState, state)


def test_a_later_status_is_taken_over_and_said_without_any_change() -> None:
    state, change = adopt(restored(), adopted())
    assert (state["status"], state["status_time"], state["name"]) == ("LOST", NOW, "my phone")
    assert change is not None
    assert (change.status, change.previous, change.transaction_id) == ("LOST", "LOST", None)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(milliseconds=1)])
def test_a_status_that_the_document_was_given_since_stands_and_is_said(later: timedelta) -> None:
    state, change = adopt(restored(status="STOLEN", status_time=NOW + later), adopted())
    assert state["status"] == "STOLEN"
    assert change is not None
    assert (change.status, change.previous) == ("STOLEN", "STOLEN")


def test_a_device_that_is_not_there_is_made_of_what_its_status_tells() -> None:
    state, change = adopt(None, adopted("DISABLED"))
    assert (state["kind"], state["runtime"], state["device_id"], state["status"]) == (KNOWN, "r", "d", "DISABLED")
    assert (state["last_accessed"], state["name"], state["users"]) == (NOW, "d", [])
    assert change is not None


def test_a_removed_device_stays_removed_and_is_shut_out() -> None:
    state, _ = adopt(restored(kind=REMOVED, name="", users=[]), adopted())
    assert (state["kind"], state["status"], state["users"]) == (REMOVED, "LOST", [])


def test_an_older_transaction_restored_unfinished_is_overtaken_and_the_same_one_has_succeeded() -> None:
    state, _ = adopt(restored(), adopted(transaction=7))
    for ours, expected in ((6, TransactionStatus.CANCELED), (7, TransactionStatus.SUCCESS)):
        transaction = accept(
            ours,
            runtime="r",
            device_id="d",
            status=DeviceStatus.ACTIVE,
            user="u",
            server="s",
            asynchronous=False,
            now=NOW,
        )
        after, change = submit(state, 10, transaction, NOW, recovering=True)
        assert (after["status"], change) == ("LOST", None)
        remembered = next(one for one in after["transactions"] if one["id"] == ours)
        assert follow(transaction, remembered, NOW)["status"] == expected


def test_a_transaction_that_the_document_remembers_is_not_remembered_twice() -> None:
    first, _ = adopt(restored(), adopted(transaction=7))
    second, _ = adopt(first, adopted(transaction=7))
    assert [one["id"] for one in second["transactions"]] == [7]


def test_saying_again_changes_nothing_but_is_a_change_to_be_written() -> None:
    known = restored(status="EXPIRED")
    state, change = say_again(known)
    assert state == known
    assert state is not known
    assert change is not None
    assert (change.status, change.previous) == ("EXPIRED", "EXPIRED")
