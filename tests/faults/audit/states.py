"""Final states: whether every service ended with a device's last status, and whether a token is left."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.audit.losses import ADMIN, CONTACTS, MOBILE, PUSH, Documents
from tests.faults.audit.records import STATUS_TOPIC, Record

SHUT_OUT = frozenset({"LOST", "STOLEN", "DISABLED"})


@dataclass(frozen=True, slots=True)
class LastStatus:
    """A device's newest status. `first` while it has only been seen: there is nothing to apply."""

    status: str
    sequence: int
    first: bool


def last_statuses(events: Sequence[Record]) -> dict[str, LastStatus]:
    """By device, what the event with the highest sequence says."""
    last: dict[str, LastStatus] = {}
    for event in events:
        if event.topic == STATUS_TOPIC and event.sequence > getattr(last.get(event.subject), "sequence", 0):
            last[event.subject] = LastStatus(event.data["status"], event.sequence, "previous" not in event.data)
    return last


def shut_out(events: Sequence[Record]) -> list[str]:
    """The devices whose newest status shuts them out."""
    return sorted(device for device, last in last_statuses(events).items() if last.status in SHUT_OUT)


def topic_ends_older(events: Sequence[Record]) -> Iterator[str]:
    """Devices of which the compacted topic would keep an older status."""
    kept: dict[str, Record] = {}
    for event in events:
        if event.topic == STATUS_TOPIC and (event.key not in kept or kept[event.key].place < event.place):
            kept[event.key] = event
    for device, last in last_statuses(events).items():
        if kept[device].sequence != last.sequence:
            yield f"{device}: the topic ends with #{kept[device].sequence}, the newest is #{last.sequence}"


def out_of_order(documents: Documents, events: Sequence[Record]) -> Iterator[str]:
    """Devices whose state somewhere is not that of their last status."""
    for device, last in last_statuses(events).items():
        for source, wanted in _wanted(last).items():
            document = documents.get((source, device))
            state: Mapping[str, Any] = document["state"] if document else {}
            held = {name: state.get(name) for name in wanted}
            if held != wanted and not (document is None and last.first):
                yield f"{source} {device}: {held} instead of {wanted}"
    lasts = last_statuses(events)
    for (source, subject), document in documents.items():
        if source == CONTACTS and subject.startswith("contact:"):
            for owned in document["state"]["devices"]:
                found = _last_of(lasts, owned["id"])
                if found and found.status in SHUT_OUT and owned.get("status") != found.status:
                    yield f"{source} {subject}: {owned['id']} is {owned.get('status')}, not {found.status}"


def readable(documents: Documents, events: Sequence[Record]) -> Iterator[str]:
    """Devices that are shut out and have a token or a client in some document."""
    out = set(shut_out(events))
    for (source, subject), document in documents.items():
        state: Mapping[str, Any] = document["state"]
        if source == PUSH and subject in out and any("token" in one for one in state["registrations"]):
            yield f"{source} {subject} still has a token"
        if source == MOBILE and state.get("device") in out and (state.get("registered") or "token" in state):
            yield f"{source} {subject} of {state['device']} is still registered"


def _wanted(last: LastStatus) -> dict[str, dict[str, Any]]:
    wanted: dict[str, dict[str, Any]] = {ADMIN: {"status": last.status}}
    if not last.first:
        wanted[PUSH] = {"status": last.status, "status_sequence": last.sequence}
        wanted[CONTACTS] = {"status": last.status, "statussequence": last.sequence, "applied": last.sequence}
        wanted[MOBILE] = {"status": last.status, "sequence": last.sequence, "applied": last.sequence}
    return wanted


def _last_of(lasts: Mapping[str, LastStatus], device_id: str) -> LastStatus | None:
    return next((last for device, last in lasts.items() if device.partition("/")[2] == device_id), None)
