"""The block: a device's newest status, kept whether or not any contact has the device."""

from dataclasses import dataclass
from typing import TypedDict

from device_events.statuses import BLOCKING, DeviceStatus


class Block(TypedDict, total=False):
    """A device's newest status, which may or may not block it, and the newest whose effects are complete."""

    status: str
    statussequence: int
    applied: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A device's new status as announced; `sequence` orders the changes of one device."""

    runtime: str
    device_id: str
    status: str
    sequence: int
    event_id: str
    previous: str | None = None

    @property
    def device(self) -> str:
        """What the device is called everywhere."""
        return block_key(self.runtime, self.device_id)

    @property
    def runs_custom_events(self) -> bool:
        """Whether anything changed: at a first sight, or with a status set again, nothing did."""
        return self.previous is not None and self.previous != self.status


def block_key(runtime: str, device_id: str) -> str:
    """What a device is called everywhere. No runtime's name holds a slash."""
    return f"{runtime}/{device_id}"


def take(block: Block | None, change: StatusChange) -> Block | None:
    """The block with this status; None if there is nothing to keep.

    Nothing to keep of a status that is not newer, nor of a device's being seen for the first time, which the fleet's
    every device is: no block says the same.
    """
    if block is None and change.previous is None and change.status == DeviceStatus.ACTIVE:
        return None
    if block is not None and change.sequence <= block["statussequence"]:
        return None
    known: Block = block or {}
    return {**known, "status": change.status, "statussequence": change.sequence}


def is_outstanding(block: Block | None, change: StatusChange) -> bool:
    """Whether this is the device's newest status and its effects are not known to be complete."""
    return block is not None and block.get("applied", 0) < block["statussequence"] == change.sequence


def is_complete(block: Block) -> bool:
    """Whether every contact that had the device when this status came has it by now."""
    return block.get("applied", 0) >= block["statussequence"]


def finish(block: Block, change: StatusChange) -> Block:
    """The block once the effects are complete."""
    return {**block, "applied": change.sequence}


def is_blocked(block: Block | None) -> bool:
    """Whether the newest status shuts the device out."""
    return block is not None and block["status"] in BLOCKING
