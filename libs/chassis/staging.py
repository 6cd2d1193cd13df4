"""Staging: decides the commands of a batch in memory and builds one update for each document they change. No I/O."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import bson
import bson.errors
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne

from chassis.commands import Command, StoreLimits
from chassis.decisions import Aggregate, Decision
from chassis.errors import InvalidPayload, Overloaded
from chassis.mongo import CODEC, Document
from chassis.outbox import Entry, entries_of

COMMITS_KEPT = 32
_random = random.Random().getrandbits  # noqa: S311 - an id, not a secret


def _commit_id() -> int:
    return _random(63)


_RAW = CODEC.with_options(document_class=RawBSONDocument)


class OutboxSize(NamedTuple):
    """What waits in a document's outbox: entries, and their bytes as BSON."""

    entries: int = 0
    bytes: int = 0


Remembered = tuple[Aggregate[Any], OutboxSize]


@dataclass(slots=True)
class Staged:
    """One document of a batch: what was read, what has been decided on it so far, and who waits for that."""

    document_id: str
    version: int
    sequence: int
    aggregate: Aggregate[Any]
    pending: OutboxSize
    read: bool = True  # for this batch; otherwise it rests on what was remembered
    commit_id: int = field(default_factory=_commit_id)
    raw_state: RawBSONDocument | None = None
    size: int = 0
    entries: list[Entry] = field(default_factory=list)
    raw_entries: list[RawBSONDocument] = field(default_factory=list)
    deciders: list[tuple[Command, Any]] = field(default_factory=list)  # with their results
    refused: list[tuple[Command, Exception]] = field(default_factory=list)

    @property
    def commands(self) -> list[Command]:
        """All that were decided on it."""
        return [command for command, _ in [*self.deciders, *self.refused]]

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.raw_state is not None

    def update(self, *, keep_latest: bool) -> UpdateOne:
        """The conditional update. Never a replace: that would restore entries which the relay has just removed."""
        change: Document = {
            "state": self.raw_state,
            "version": self.version + 1,
            "sequence": self.sequence + len(self.entries),
        }
        push: Document = {"commits": {"$each": [self.commit_id], "$slice": -COMMITS_KEPT}}
        if self.raw_entries:
            push["outbox"] = {"$each": self.raw_entries}
            if keep_latest:
                change["latest"] = self.raw_entries[-1]
        # `version` is in no index, so the server does not retry a lost upsert: it comes back as error 11000 on _id_.
        return UpdateOne(
            {"_id": self.document_id, "version": self.version}, {"$set": change, "$push": push}, upsert=True
        )


def aggregate_of(document: Mapping[str, Any]) -> Aggregate[Any]:
    """What a decision sees of a document."""
    return Aggregate(document["_id"], document["state"] or None, document["version"], document["sequence"])


def stage(
    document_id: str, document: Mapping[str, Any] | None, known: Remembered | None = None, *, read: bool = True
) -> Staged:
    """A document as read, else as remembered, else one that has never been written."""
    if document is not None:
        outbox = document.get("outbox", ())
        # One entry is far below the bound, and common: not worth encoding.
        size = OutboxSize(len(outbox), len(bson.encode({"outbox": outbox})) if len(outbox) > 1 else 0)
        aggregate = aggregate_of(document)
    elif known is not None:
        aggregate, size = known
    else:
        aggregate, size = Aggregate(document_id, None, 0, 0), OutboxSize()
    return Staged(document_id, aggregate.version, aggregate.sequence, aggregate, size, read)


def decide(staged: Staged, command: Command, *, now: datetime, limits: StoreLimits) -> None:
    """Run a command on what has been decided so far. A decision that raises refuses its own command only.

    State and events are encoded here, so what MongoDB cannot store never reaches the bulk write.
    """
    before = staged.aggregate
    try:
        decision: Decision[Any, Any] = command.decide(before)
        if decision.state is None:
            staged.deciders.append((command, decision.result))
            return
        raw_state = _raw(decision.state, limits.state_bytes)
        entries = entries_of(
            decision.events,
            command_id=command.command_id,
            sequence=before.sequence,
            time=now,
            correlationid=command.correlationid,
            traceparent=command.traceparent,
        )
        raw_entries = [_raw(entry, limits.outbox_bytes) for entry in entries]
        size = sum(len(raw.raw) for raw in raw_entries)
        pending = OutboxSize(staged.pending.entries + len(entries), staged.pending.bytes + size)
        if pending.entries > limits.outbox_entries or pending.bytes > limits.outbox_bytes:
            raise Overloaded()
    except Exception as error:
        staged.refused.append((command, error))
        return
    staged.aggregate = Aggregate(before.id, decision.state or None, staged.version + 1, before.sequence + len(entries))
    staged.raw_state = raw_state
    staged.entries += entries
    staged.raw_entries += raw_entries
    staged.pending = pending
    staged.size += len(raw_state.raw) + size
    staged.deciders.append((command, decision.result))


def finished_before(command: Command, commits: Iterable[int]) -> int | None:
    """The commit of an earlier attempt whose outcome was unknown and that did reach the document."""
    return next((commit for commit in commits if commit in command.attempts), None)


def _raw(value: Mapping[str, Any], bound: int) -> RawBSONDocument:
    try:
        encoded = bson.encode(value, check_keys=False, codec_options=CODEC)
    except (bson.errors.InvalidDocument, OverflowError, UnicodeError, bson.errors.InvalidStringData) as error:
        raise InvalidPayload(errors="a value cannot be stored") from error
    if b"\x02$ref\x00" in encoded and b"$id\x00" in encoded:
        # PyMongo would read such an object back as a DBRef.
        raise InvalidPayload(errors="a value cannot be stored")
    if len(encoded) > bound:
        raise InvalidPayload(errors="too much to store in one document")
    return RawBSONDocument(encoded, codec_options=_RAW)
