"""Committer: writes what commands decide, in groups, each document by one conditional update.

Commands that arrive while commits are in flight form the next batch: one find, the decisions in memory, one unordered
bulk write at majority. There is no timer, so a lone command goes at once. Two commits may be in flight, never on the
same document: the second gave a quarter more status changes a second. State and events are saved by the same update;
the relay publishes afterwards.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, PyMongoError

from chassis.clock import Clock
from chassis.commands import Command, CommandQueue, StoreLimits, refuse_expired
from chassis.conflicts import conflict_of
from chassis.errors import Unavailable
from chassis.mongo import Document
from chassis.outbox import Entry
from chassis.reading import STATE, AggregateReader
from chassis.recent import Recent
from chassis.staging import Staged, decide, finished_before, stage
from device_events.points import reached
from device_events.tasks import end

log = structlog.get_logger()
DUPLICATE_KEY = 11000


class Committer(AggregateReader):
    """Takes commands from its queue to their end. `offer` takes what was committed, for publishing."""

    def __init__(
        self,
        collection: AsyncCollection[Document],
        *,
        clock: Clock,
        offer: Callable[[str, Sequence[Entry]], None],
        limits: StoreLimits | None = None,
        keep_latest: bool = False,
    ) -> None:
        """`keep_latest` keeps a copy of the last entry, which a compacted topic needs."""
        super().__init__(collection)
        self.clock = clock
        self.counts: Counter[str] = Counter()
        self._offer = offer
        self._limits = limits or StoreLimits()
        self._keep_latest = keep_latest
        self._queue = CommandQueue(self._limits)
        self._recent = Recent()
        self._committer: asyncio.Task[None] | None = None
        self._commits: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(self._limits.in_flight)
        self._busy: set[str] = set()  # documents of the commits in flight
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = False

    @property
    def waiting(self) -> int:
        """Commands in the queue."""
        return len(self._queue)

    def start(self) -> None:
        """Begin committing."""
        self._committer = asyncio.create_task(self._run(), name="committer")

    async def stop(self) -> None:
        """Commit what waits, then refuse what is left after the outcome limit."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.outcome):
                await self._idle.wait()
        await end(self._committer, *self._commits)
        self._stopped = True
        for command in self._queue.drain():
            command.fail(Unavailable())

    async def _run(self) -> None:
        while True:
            await self._slots.acquire()
            batch = await self._queue.take(self._busy)
            documents = {command.id for command in batch}
            self._busy |= documents
            task = asyncio.create_task(self._commit_safely(refuse_expired(batch), documents))
            self._commits.add(task)
            task.add_done_callback(self._commits.discard)

    async def _commit_safely(self, batch: list[Command], documents: set[str]) -> None:
        try:
            if batch:
                await self._commit(batch)
        except BaseException as error:
            # Cancelled at the end, or a fault of ours: nobody may wait for ever.
            for command in batch:
                command.fail(Unavailable() if isinstance(error, PyMongoError | asyncio.CancelledError) else error)
            if not isinstance(error, Exception):
                raise
            log.exception("commit_failed", commands=len(batch))
        finally:
            self._busy -= documents
            self._slots.release()
            self._queue.wake()
            if not self.waiting and not self._busy:
                self._idle.set()

    async def _commit(self, batch: list[Command]) -> None:
        sought = {command.id for command in batch if not self._is_known(command)}
        documents = await self._load(sought, commits=any(one.attempts for one in batch)) if sought else {}
        staged = self._sure(self._stage(batch, documents, sought))
        changed = [one for one in staged if one.changed]
        self.counts["commits"] += 1
        self.counts["documents"] += len(changed)
        errors: Mapping[int, Mapping[str, Any]] = {}
        if changed:
            try:
                errors = await self._write(changed)
            except PyMongoError as error:
                log.warning("commit_outcome_unknown", documents=len(changed), error=type(error).__name__)
                await self._follow(changed)
                staged = [one for one in staged if not one.changed]
                changed = []
        failed = {id(changed[index]): error for index, error in errors.items()}
        for one in staged:
            if failure := failed.get(id(one)):
                self._lost(one, failure)
            else:
                self._won(one)

    async def _load(self, ids: set[str], *, commits: bool = False) -> dict[str, Document]:
        fields = {**STATE, "outbox": 1, **({"commits": 1} if commits else {})}
        cursor = self.collection.find({"_id": {"$in": list(ids)}}, fields)
        return {document["_id"]: document async for document in cursor}

    def _stage(self, batch: list[Command], documents: Mapping[str, Document], sought: set[str]) -> list[Staged]:
        staged: dict[str, Staged] = {}
        size, now = 0, self.clock.now()
        for position, command in enumerate(batch):
            document = documents.get(command.id)
            if command.attempts and document and (commit := finished_before(command, document.get("commits", ()))):
                self._republish(command, document)
                command.succeed(command.attempts[commit])
                continue
            if command.after is not None and not self._may_follow(command, command.after, staged):
                continue
            if size > self._limits.batch_bytes:
                self._queue.put_back(batch[position:])
                break
            one = staged.get(command.id)
            if one is None:
                known = None if command.id in sought else self._recent.get(command.id)
                one = staged[command.id] = stage(command.id, document, known, read=command.id in sought)
            before = one.size
            decide(one, command, now=now, limits=self._limits)
            size += one.size - before
        return list(staged.values())

    def _may_follow(self, command: Command, first: Command, staged: Mapping[str, Staged]) -> bool:
        """Whether it may be decided now; if the one before it has been refused, it is refused, too."""
        if first.error is not None:
            command.fail(first.error)
            return False
        decided = staged.get(first.id)
        if decided is not None and any(refused is first for refused, _ in decided.refused):
            self._queue.put_back([command])  # what was refused may be decided afresh
            return False
        return True

    def _sure(self, staged: list[Staged]) -> list[Staged]:
        """Those to go on with. Only a write proves what was remembered; refusals and the like are decided afresh."""
        for one in staged:
            if not one.read:
                unsure = [command for command, _ in one.refused] if one.changed else one.commands
                one.refused = []
                self._queue.put_back(_to_be_read_for(unsure))
        return [one for one in staged if one.read or one.changed]

    def _is_known(self, command: Command) -> bool:
        """Whether it may be decided on what is remembered; the version in the update's filter proves that right."""
        return not command.attempts and (command.new or (not command.afresh and command.id in self._recent))

    async def _write(self, changed: list[Staged]) -> Mapping[int, Mapping[str, Any]]:
        """The errors by position; raises PyMongoError when the outcome is unknown."""
        updates = [one.update(keep_latest=self._keep_latest) for one in changed]
        reached("before-commit")
        try:
            await self.collection.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            details: Mapping[str, Any] = error.details or {}
            failures = details.get("writeErrors", [])
            if details.get("writeConcernErrors") or any(one["code"] != DUPLICATE_KEY for one in failures):
                raise
            return {failure["index"]: failure for failure in failures}
        reached("after-commit")
        return {}

    def _won(self, one: Staged) -> None:
        if one.raw_state is not None:
            self._recent.keep(one)
        for command, result in one.deciders:
            command.succeed(result)
        # A refusal may rest on what this batch wrote, so it is answered only now.
        for command, error in one.refused:
            command.fail(error)
        if one.entries:
            self._offer(one.document_id, one.entries)

    def _lost(self, one: Staged, error: Mapping[str, Any]) -> None:
        commands = one.commands
        if "_id" in error["keyPattern"]:
            self.counts["races_lost"] += len(commands)
            self._recent.forget(one.document_id)
            self._queue.put_back(refuse_expired(_to_be_read_for(commands)))
        elif len(commands) == 1:
            commands[0].fail(conflict_of(error))
        else:
            for command in commands:
                command.alone = True
            self._queue.put_back(commands)

    async def _follow(self, changed: list[Staged]) -> None:
        """After a write whose outcome is unknown: wait until MongoDB answers, then decide again what is not there."""
        commands = []
        for one in changed:
            for command, result in one.deciders:
                command.attempts[one.commit_id] = result
            self._recent.forget(one.document_id)
            commands += _to_be_read_for(one.commands)
        while any(not command.expired for command in commands):
            try:
                await self._load({changed[0].document_id})
                break
            except PyMongoError:
                await asyncio.sleep(0.1)
        self._queue.put_back(refuse_expired(commands))

    def _republish(self, command: Command, document: Document) -> None:
        entries = [entry for entry in document.get("outbox", []) if entry["id"].startswith(command.command_id)]
        if entries:
            self._offer(command.id, entries)


def _to_be_read_for(commands: list[Command]) -> list[Command]:
    for command in commands:
        command.new, command.afresh = False, True
    return commands
