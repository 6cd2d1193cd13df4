"""Example devices, transactions and sightings."""

from datetime import UTC, datetime, timedelta
from typing import Any

from device_admin.model import device, submission, transaction
from device_admin.model.device import DeviceState, Sighting, StatusChange
from device_admin.model.transaction import TransactionState, TransactionType
from device_events.statuses import DeviceStatus

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def later(**delta: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(**delta)


def a_sighting(**changes: Any) -> Sighting:
    """A push registration at noon, unless said otherwise."""
    about = {
        "runtime": "myruntime",
        "device_id": "12345-6789",
        "source": "/rollcall/push-registry",
        "subject": "myruntime/12345-6789",
        "sequence": 1,
        "time": NOON,
        "contact": True,
        "application": "myapp",
        "platform": "A",
        "user": "Jeremy",
    }
    return Sighting(**{**about, **changes})


def a_device(status: DeviceStatus = DeviceStatus.ACTIVE, **changes: Any) -> DeviceState:
    """A device first seen at noon, whose status was set then."""
    decided = device.learn(None, a_sighting(), NOON)
    assert decided is not None
    return {**decided[0], "status": status.value, **changes}  # type: ignore[typeddict-item]


def a_transaction(
    id: int = 1,
    status: str = "LOST",
    *,
    type: TransactionType = TransactionType.CHANGE_DEVICE_STATUS,
    application: str | None = None,
    asynchronous: bool = False,
) -> TransactionState:
    """A pending transaction of that device, accepted at noon."""
    return transaction.accept(
        id,
        type=type,
        runtime="myruntime",
        device_id="12345-6789",
        application=application,
        status=status,
        user="demouser",
        server="rollcall",
        asynchronous=asynchronous,
        now=NOON,
    )


def a_removal(id: int = 1) -> TransactionState:
    """A transaction that removes that device."""
    return a_transaction(id, type=TransactionType.REMOVE_DEVICE)


def a_switch(id: int = 1, status: str = "DISABLED", application: str = "myapp") -> TransactionState:
    """A transaction that enables or disables an application on that device."""
    what = TransactionType.CHANGE_DEVICE_APPLICATION_STATUS
    return a_transaction(id, status, type=what, application=application)


def submitted(
    state: DeviceState, transaction: TransactionState, *, sequence: int = 1, recovering: bool = False
) -> tuple[DeviceState, StatusChange | None]:
    """The device after the transaction was submitted to it, and what that announced."""
    return submission.submit(state, sequence, transaction, NOON, recovering=recovering)
