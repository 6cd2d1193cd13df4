"""Adoption: what a device is after MongoDB was restored from an older copy, by what Kafka still knows of it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from device_admin.model.device import KNOWN, Decided, DeviceState, change_of
from device_admin.model.submission import by_transaction, remember
from device_admin.model.transaction import Recent, TransactionType


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A status as it was announced last. `transaction_id` is the latest of the device's announced transactions."""

    runtime: str
    device_id: str
    status: str
    time: datetime
    sequence: int
    transaction_id: int | None = None


def adopt(state: DeviceState | None, adopted: Adopted) -> Decided:
    """The device with the adopted status, unless it was given another since, and the word of what it has now.

    That word names the status as its previous one too: nothing has changed, so no custom event is due again.
    """
    taken = _unknown(adopted) if state is None else state
    if adopted.time > taken["status_time"]:
        taken = {**taken, "status": adopted.status, "status_time": adopted.time}
    ours = adopted.transaction_id
    if ours is not None and ours not in by_transaction(taken):
        # An older transaction that was restored unfinished must find that it was overtaken.
        entry = Recent(
            id=ours,
            about=TransactionType.CHANGE_DEVICE_STATUS.value,
            time=adopted.time,
            sequence=adopted.sequence,
        )
        taken = remember(taken, entry)
    return say_again(taken)


def say_again(state: DeviceState) -> Decided:
    """The same device, and the word of its status once more."""
    return {**state}, change_of(state, reason="operator", previous=state["status"])


def _unknown(adopted: Adopted) -> DeviceState:
    """A device of which nothing is left but its status; the rest is learnt when it makes contact."""
    return DeviceState(
        kind=KNOWN,
        runtime=adopted.runtime,
        device_id=adopted.device_id,
        status=adopted.status,
        status_time=adopted.time,
        last_accessed=adopted.time,
        name=adopted.device_id,
        model="",
        platform="",
        users=[],
        applications=[],
        transactions=[],
    )
