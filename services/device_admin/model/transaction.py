"""A transaction: one change to a device. It is written before the device changes, and follows the device then.

A decision takes a state and gives the next one; the same object back means that nothing changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

from device_admin.errors import problems
from device_admin.errors.problems import Problem

SERVICES = ("contacts", "mobile-platform", "push-registry")


class TransactionType(StrEnum):
    """What a transaction does to its device. Only the first is carried further by other services."""

    CHANGE_DEVICE_STATUS = "CHANGE_DEVICE_STATUS"
    REMOVE_DEVICE = "REMOVE_DEVICE"
    CHANGE_DEVICE_APPLICATION_STATUS = "CHANGE_DEVICE_APPLICATION_STATUS"


class TransactionStatus(StrEnum):
    """The vendor's states. PREPARING and REJECTING are read and never set: nothing is prepared, so nothing undone."""

    PENDING = "PENDING"
    PREPARING = "PREPARING"
    COMMITTING = "COMMITTING"
    REJECTING = "REJECTING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELED = "CANCELED"


class Recent(TypedDict, total=False):
    """What a device remembers of a transaction: when it took effect, or who overtook it.

    `about` is the part of the device that it changed; `sequence` is there if an event announced that.
    """

    id: int
    about: str
    sequence: int
    time: datetime
    overtaken_by: int


class TransactionState(TypedDict, total=False):
    """A transaction: `open` until it ends; `waiting` for services that have yet to acknowledge, ended or not.

    `sequence` and `changed` say as which event and when the device took the change; absent until it has.
    `device_status` is what the device or its application is to have; of a removal, what the device had.
    """

    kind: str
    type: str
    id: int
    runtime: str
    device_id: str
    device: str
    application: str
    device_status: str
    asynchronous: bool
    user: str
    server: str
    status: str
    created: datetime
    updated: datetime
    errors: list[Problem]
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
    type: TransactionType = TransactionType.CHANGE_DEVICE_STATUS,
    runtime: str,
    device_id: str,
    application: str | None = None,
    status: str,
    user: str,
    server: str,
    asynchronous: bool,
    now: datetime,
) -> TransactionState:
    """A new transaction, before anything has happened to its device."""
    accepted = TransactionState(
        kind="transaction",
        type=type.value,
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
        acknowledgements=[],
    )
    if application is not None:
        accepted["application"] = application
    if type is TransactionType.CHANGE_DEVICE_STATUS:
        accepted["waiting"] = list(SERVICES)
    return accepted


def about(state: TransactionState) -> str:
    """The part of the device that a transaction changes: only a later one about the same part overtakes it."""
    return f"{state['type']} {state.get('application', '')}".rstrip()


def follow(state: TransactionState, remembered: Recent, now: datetime) -> TransactionState:
    """Take over what became of the transaction on its device. Only a pending one still has to."""
    if state["status"] != TransactionStatus.PENDING:
        return state
    if "overtaken_by" in remembered:
        problem = problems.OVERTAKEN.problem(transaction=remembered["overtaken_by"])
        return _without_waiting(_end(state, TransactionStatus.CANCELED, now, problem))
    taken: TransactionState = {**state, "changed": remembered["time"]}
    if "sequence" in remembered:
        taken["sequence"] = remembered["sequence"]
    if state["asynchronous"] and state.get("waiting"):
        return {**taken, "status": TransactionStatus.COMMITTING.value, "updated": now}
    return _end(taken, TransactionStatus.SUCCESS, now)


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
    given = {**(held or {}), "service": service, "sequence": sequence, "effects": counts, "time": time}
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
    late = [problems.LATE.problem(service=service) for service in state["waiting"]]
    return _end(state, TransactionStatus.FAILURE, now, *late)


def fail(state: TransactionState, problem: Problem, now: datetime) -> TransactionState:
    """Fail a transaction that never reached its device."""
    if state["status"] != TransactionStatus.PENDING:
        return state
    return _without_waiting(_end(state, TransactionStatus.FAILURE, now, problem))


def is_well(state: TransactionState) -> bool:
    """Whether the transaction has succeeded, or still may."""
    return state["status"] not in (TransactionStatus.FAILURE, TransactionStatus.CANCELED)


def cascade(state: TransactionState) -> Iterator[ServicePart]:
    """Each service's part in carrying out the change; nobody has one in what no event announces."""
    if state["type"] != TransactionType.CHANGE_DEVICE_STATUS:
        return
    given = {acknowledgement["service"]: acknowledgement for acknowledgement in state["acknowledgements"]}
    for service in SERVICES:
        if (theirs := given.get(service)) is None:
            yield ServicePart(service, applied=False, effects={}, milliseconds=None)
        else:
            effects = {effect["name"]: effect["count"] for effect in theirs["effects"]}
            took = (theirs["time"] - state["changed"]).total_seconds() * 1000
            yield ServicePart(service, applied=True, effects=effects, milliseconds=max(0, round(took)))


def _end(state: TransactionState, status: TransactionStatus, now: datetime, *why: Problem) -> TransactionState:
    ended: TransactionState = {**state, "status": status.value, "updated": now, "errors": [*state["errors"], *why]}
    ended.pop("open", None)
    return ended


def _without_waiting(state: TransactionState) -> TransactionState:
    rest: TransactionState = {**state}
    rest.pop("waiting", None)
    return rest
