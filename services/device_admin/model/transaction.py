"""A transaction that sets a device's status. It is written before the device changes, and follows the device then.

A decision takes a state and gives the next one; the same object back means that nothing changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

SERVICES = ("contacts", "mobile-platform", "push-registry")


class TransactionStatus(StrEnum):
    """The states that occur here; the vendor's PREPARING and REJECTING never do."""

    PENDING = "PENDING"
    COMMITTING = "COMMITTING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELED = "CANCELED"


class Recent(TypedDict, total=False):
    """What a device remembers of a transaction: when and as which event it took effect, or who overtook it."""

    id: int
    sequence: int
    time: datetime
    overtaken_by: int


class TransactionState(TypedDict, total=False):
    """A transaction: `open` until it ends; `waiting` for services that have yet to acknowledge, ended or not.

    `sequence` and `changed` say as which event and when the device took the status; absent until it has.
    """

    kind: str
    type: str
    id: int
    runtime: str
    device_id: str
    device: str
    device_status: str
    asynchronous: bool
    user: str
    server: str
    status: str
    created: datetime
    updated: datetime
    errors: list[str]
    open: bool
    sequence: int
    changed: datetime
    waiting: list[str]
    acknowledgements: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ServicePart:
    """One service's part of a cascade, as the cascade view shows it; `milliseconds` since the device's change."""

    service: str
    applied: bool
    effects: Mapping[str, int]
    milliseconds: int | None


def accept(
    transaction_id: int,
    *,
    runtime: str,
    device_id: str,
    status: str,
    user: str,
    server: str,
    asynchronous: bool,
    now: datetime,
) -> TransactionState:
    """A new transaction, before anything has happened to its device."""
    return TransactionState(
        kind="transaction",
        type="CHANGE_DEVICE_STATUS",
        id=transaction_id,
        runtime=runtime,
        device_id=device_id,
        device=f"{runtime}/{device_id}",
        device_status=status,
        asynchronous=asynchronous,
        user=user,
        server=server,
        status=TransactionStatus.PENDING.value,
        created=now,
        updated=now,
        errors=[],
        open=True,
        waiting=list(SERVICES),
        acknowledgements=[],
    )


def follow(state: TransactionState, remembered: Recent, now: datetime) -> TransactionState:
    """Take over what became of the transaction on its device. Only a pending one still has to."""
    if state["status"] != TransactionStatus.PENDING:
        return state
    if "sequence" not in remembered:
        reason = f"FWLSE3092W: Canceled before it started; transaction {remembered['overtaken_by']} came first."
        return _without_waiting(_end(state, TransactionStatus.CANCELED, now, reason))
    taken: TransactionState = {**state, "sequence": remembered["sequence"], "changed": remembered["time"]}
    if not state["asynchronous"]:
        return _end(taken, TransactionStatus.SUCCESS, now)
    return {**taken, "status": TransactionStatus.COMMITTING.value, "updated": now}


def acknowledge(
    state: TransactionState, service: str, *, sequence: int, effects: Mapping[str, int], now: datetime
) -> TransactionState:
    """A service has applied the change with this sequence, and so every earlier one of the same device.

    The effects count only for the very change that they belong to, also when that word comes late.
    """
    if service not in SERVICES or sequence < state.get("sequence", sequence + 1):
        return state
    held = next((given for given in state["acknowledgements"] if given["service"] == service), None)
    if held is not None and held["sequence"] <= sequence:
        return state
    own = sequence == state["sequence"]
    counts = [{"name": name, "count": count} for name, count in effects.items()] if own else []
    time = held["time"] if held is not None else now
    given = {"service": service, "sequence": sequence, "effects": counts, "time": time}
    others = [other for other in state["acknowledgements"] if other["service"] != service]
    waiting = [other for other in state.get("waiting", []) if other != service]
    acknowledged: TransactionState = {**state, "acknowledgements": [*others, given], "waiting": waiting}
    if waiting:
        return acknowledged
    if state["status"] == TransactionStatus.COMMITTING:
        acknowledged = _end(acknowledged, TransactionStatus.SUCCESS, now)
    return _without_waiting(acknowledged)


def give_up(state: TransactionState, cutoff: datetime, now: datetime) -> TransactionState:
    """Fail a transaction that has been committing since before `cutoff`, naming whom it waits for."""
    if state["status"] != TransactionStatus.COMMITTING or state["updated"] >= cutoff:
        return state
    late = [
        f"FWLSE3090E: {service} has not acknowledged the change in time; the status stands."
        for service in state["waiting"]
    ]
    return _end(state, TransactionStatus.FAILURE, now, *late)


def fail(state: TransactionState, problem: str, now: datetime) -> TransactionState:
    """Fail a transaction that never reached its device."""
    if state["status"] != TransactionStatus.PENDING:
        return state
    return _without_waiting(_end(state, TransactionStatus.FAILURE, now, f"FWLSE4201E: {problem}"))


def is_well(state: TransactionState) -> bool:
    """Whether the transaction has succeeded, or still may."""
    return state["status"] not in (TransactionStatus.FAILURE, TransactionStatus.CANCELED)


def cascade(state: TransactionState) -> Iterator[ServicePart]:
    """Each service's part in carrying out the change."""
    given = {acknowledgement["service"]: acknowledgement for acknowledgement in state["acknowledgements"]}
    for service in SERVICES:
        if (theirs := given.get(service)) is None:
            yield ServicePart(service, applied=False, effects={}, milliseconds=None)
        else:
            effects = {effect["name"]: effect["count"] for effect in theirs["effects"]}
            took = (theirs["time"] - state["changed"]).total_seconds() * 1000
            yield ServicePart(service, applied=True, effects=effects, milliseconds=max(0, round(took)))


def _end(state: TransactionState, status: TransactionStatus, now: datetime, *problems: str) -> TransactionState:
    ended: TransactionState = {**state, "status": status.value, "updated": now, "errors": [*state["errors"], *problems]}
    ended.pop("open", None)
    return ended


def _without_waiting(state: TransactionState) -> TransactionState:
    rest: TransactionState = {**state}
    rest.pop("waiting", None)
    return rest
