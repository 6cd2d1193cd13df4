"""What this service decides: the three aggregates and their rules. Pure functions over plain states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, cast

from device_events.statuses import BLOCKING
from mobile_platform.errors import MobileClientNotFound

# The provider that a platform's token is for when the caller names none. Only FCM of the five reaches a browser.
DEFAULT_PROVIDERS: Mapping[str, str] = {"IOS": "APNS", "ANDROID": "GCM", "WINDOWS": "WNS", "WEB": "FCM"}

REGISTRATION_FIELDS = frozenset(
    {"registered", "id", "client_id", "version", "platform", "provider", "token", "user", "modified_on", "released"}
)


@dataclass(frozen=True, slots=True)
class Cause:
    """A status change that shuts a device out: the event's id and its sequence among the device's statuses."""

    device: str
    event_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A device's new status, as announced. `sequence` orders the changes of one device."""

    device: str
    status: str
    event_id: str
    sequence: int

    @property
    def cause(self) -> Cause:
        return Cause(self.device, self.event_id, self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """A command: this client of this backend takes notifications at this token."""

    runtime: str
    backend: str
    digest: str
    token: str
    client_id: str
    platform: str
    version: str | None = None
    provider: str | None = None
    user: str | None = None
    device: str | None = None


class Released(TypedDict):
    """The status change that took a client away."""

    device: str
    sequence: int


class Client(TypedDict, total=False):
    """One (backend, token digest). Without `registered` it is a tombstone: no token, no user, no application."""

    runtime: str
    backend: str
    digest: str
    device: str
    registered: bool
    id: str
    client_id: str
    version: str
    platform: str
    provider: str
    token: str
    user: str
    modified_on: datetime
    released: Released


class Holder(TypedDict):
    """A device whose status took a token away."""

    device: str
    event_id: str
    sequence: int


class TokenHold(TypedDict, total=False):
    """One (runtime, token digest): the devices that the token may not come back for."""

    holders: list[Holder]


class Block(TypedDict, total=False):
    """One device: its newest status, the newest that lifted a block, and the newest that was fully applied here."""

    status: str
    event_id: str
    sequence: int
    lifted: int
    applied: int


def device_key(runtime: str, device_id: str) -> str:
    """What a device is called in every key, block and subject. No runtime's name holds a slash."""
    return f"{runtime}/{device_id}"


def device_id_of(device: str) -> str:
    """The device id within its runtime."""
    return device.partition("/")[2]


def is_registered(client: Client | None) -> bool:
    """Whether notifications still go to this client."""
    return bool(client and client.get("registered"))


def register(client: Client | None, command: Registering, *, instance_id: str, at: datetime) -> Client:
    """The client as this call leaves it. Its id lasts until it is deregistered; its link to a device lasts longer."""
    known: Client = client or {}
    registered: Client = {
        "runtime": command.runtime,
        "backend": command.backend,
        "digest": command.digest,
        "registered": True,
        "id": known["id"] if is_registered(client) else instance_id,
        "client_id": command.client_id,
        "platform": command.platform,
        "provider": command.provider or DEFAULT_PROVIDERS[command.platform],
        "token": command.token,
        "modified_on": at,
    }
    if command.version is not None:
        registered["version"] = command.version
    if command.user is not None:
        registered["user"] = command.user
    if command.device is not None:
        registered["device"] = command.device
    return {**bury(known), **registered}


def bury(client: Client) -> Client:
    """The tombstone: nothing personal stays, the link to the device does, so that its block is not walked around."""
    return cast(Client, {field: value for field, value in client.items() if field not in REGISTRATION_FIELDS})


def deregister(client: Client | None, client_id: str, platform: str) -> Client:
    """The tombstone of a client that asked to go."""
    if client is None or not is_registered(client):
        raise MobileClientNotFound
    if (client["client_id"], client["platform"]) != (client_id, platform):
        raise MobileClientNotFound
    return bury(client)


def refuse(client: Client, cause: Cause) -> Client:
    """The tombstone of a registration that should never have been: its device is shut out."""
    return {"device": cause.device, **bury(client)}


def release(client: Client, cause: Cause) -> Client:
    """The tombstone of a client that a status takes away; it counts as an effect of that change."""
    return {**refuse(client, cause), "released": {"device": cause.device, "sequence": cause.sequence}}


def hold(token: TokenHold | None, cause: Cause) -> TokenHold | None:
    """The token held back because of this change; None if it already is, because of this change or a later one."""
    holders = (token or {}).get("holders", [])
    if any(holder["device"] == cause.device and holder["sequence"] >= cause.sequence for holder in holders):
        return None
    others = [holder for holder in holders if holder["device"] != cause.device]
    mine: Holder = {"device": cause.device, "event_id": cause.event_id, "sequence": cause.sequence}
    if known := next((holder for holder in holders if holder["device"] == cause.device), None):
        mine = {**known, **mine}
    return {**(token or {}), "holders": [*others, mine]}


def is_lifted(block: Block | None, sequence: int) -> bool:
    """Whether a later status let the device in again."""
    return (block or {}).get("lifted", 0) > sequence


def what_blocks(token: TokenHold | None, blocks: Mapping[str, Block], device: str | None) -> Cause | None:
    """The status change that forbids this token, or this device if one is known; None if nothing does."""
    block = blocks.get(device) if device else None
    if device and block and block["status"] in BLOCKING:
        return Cause(device, block["event_id"], block["sequence"])
    for holder in (token or {}).get("holders", []):
        if not is_lifted(blocks.get(holder["device"]), holder["sequence"]):
            return Cause(holder["device"], holder["event_id"], holder["sequence"])
    return None


def take_status(block: Block | None, change: StatusChange) -> Block | None:
    """The device's block with this status; None if it, or a later one, is known already."""
    known: Block = block or {}
    if change.sequence <= known.get("sequence", 0):
        return None
    taken: Block = {**known, "status": change.status, "event_id": change.event_id, "sequence": change.sequence}
    if change.status in BLOCKING:
        return taken
    # Nothing is left to do for it, so it is applied with the same write.
    return {**taken, "lifted": change.sequence, "applied": change.sequence}


def is_outstanding(block: Block | None, change: StatusChange) -> bool:
    """Whether this is the device's newest status and its part here is not done yet."""
    known: Block = block or {}
    return known.get("sequence") == change.sequence and known.get("applied", 0) < change.sequence


def finish(block: Block | None, change: StatusChange) -> Block | None:
    """The block once every client is gone; None if that is recorded already or a later status has come."""
    if block is None or not is_outstanding(block, change):
        return None
    return {**block, "applied": change.sequence}
