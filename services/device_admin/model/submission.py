"""How a transaction takes effect on its device: once, and never after a later one about the same part. Pure."""

from datetime import datetime

from device_admin import errors
from device_admin.model.device import REMOVED, Decided, DeviceState, is_blocked, remove, set_status
from device_admin.model.transaction import Recent, TransactionState, TransactionType, about
from device_events.statuses import DeviceStatus

_KEPT_TRANSACTIONS = 32


def submit(
    state: DeviceState | None, sequence: int, transaction: TransactionState, now: datetime, *, recovering: bool = False
) -> Decided:
    """Let a transaction change the device, once; a recovered one that a later one has overtaken never does."""
    ours = transaction["id"]
    if state is not None and ours in by_transaction(state):
        return state, None
    latest = _latest(state, about(transaction)) if state is not None else 0
    if state is not None and recovering and latest > ours:
        return remember(state, Recent(id=ours, about=about(transaction), overtaken_by=latest)), None
    state = require(
        state,
        TransactionType(transaction["type"]),
        runtime=transaction["runtime"],
        device_id=transaction["device_id"],
        application=transaction.get("application"),
    )
    return _change(state, sequence, transaction, now)


def require(
    state: DeviceState | None, type: TransactionType, *, runtime: str, device_id: str, application: str | None = None
) -> DeviceState:
    """The device, if a transaction of this type can change it. Raises DeviceNotFound and ApplicationNotFound.

    A removed device is unknown, except that its block can be changed: nothing else could ever lift it.
    """
    reachable = state is not None and (
        state["kind"] != REMOVED or (type is TransactionType.CHANGE_DEVICE_STATUS and is_blocked(state))
    )
    if state is None or not reachable:
        raise errors.DeviceNotFound(runtime=runtime, device_id=device_id)
    if type is TransactionType.CHANGE_DEVICE_APPLICATION_STATUS:
        known = {held["id"] for held in state["applications"]} | {*state.get("disabled", [])}
        if application not in known:
            raise errors.ApplicationNotFound(runtime=runtime, device_id=device_id, application_id=application)
    return state


def by_transaction(state: DeviceState) -> dict[int, Recent]:
    """What the device remembers of recent transactions, by id."""
    return {entry["id"]: entry for entry in state["transactions"]}


def _change(state: DeviceState, sequence: int, transaction: TransactionState, now: datetime) -> Decided:
    entry = Recent(id=transaction["id"], about=about(transaction), time=now)
    match TransactionType(transaction["type"]):
        case TransactionType.REMOVE_DEVICE:
            return remember(remove(state, now), entry), None
        case TransactionType.CHANGE_DEVICE_APPLICATION_STATUS:
            others = [id for id in state.get("disabled", []) if id != transaction["application"]]
            disabled = [*others, transaction["application"]] if transaction["device_status"] == "DISABLED" else others
            return remember({**state, "disabled": disabled}, entry), None
        case TransactionType.CHANGE_DEVICE_STATUS:
            # The event that will announce it is the document's next.
            entry["sequence"] = sequence + 1
            status = DeviceStatus(transaction["device_status"])
            remembering = remember(state, entry)
            return set_status(remembering, status, now, reason="operator", transaction_id=transaction["id"])


def _latest(state: DeviceState, part: str) -> int:
    """The latest transaction that changed this part of the device, as far as it remembers."""
    parts = ((entry, entry.get("about", TransactionType.CHANGE_DEVICE_STATUS)) for entry in state["transactions"])
    return max((entry["id"] for entry, its in parts if its == part and "overtaken_by" not in entry), default=0)


def remember(state: DeviceState, entry: Recent) -> DeviceState:
    """The device with one more transaction that it remembers; the oldest are forgotten."""
    return {**state, "transactions": [*state["transactions"], entry][-_KEPT_TRANSACTIONS:]}
