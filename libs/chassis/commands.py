"""Commands waiting for the next commit: a bounded queue in which reactions never hold up requests."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from chassis.context import correlation_id, in_reaction, traceparent
from chassis.decisions import Decide
from chassis.errors import Overloaded, Unavailable

_random = random.Random().getrandbits  # noqa: S311 - an id, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """Bounds of an aggregate store. Sizes are bytes, times seconds.

    `in_flight`: commits at once, always of different documents. `outcome`: how long a command may wait, lose races, or
    be followed while its outcome is unknown, before 503.
    """

    queue: int = 4_096
    batch_documents: int = 256
    batch_bytes: int = 4 * 1024 * 1024
    state_bytes: int = 256 * 1024
    outbox_entries: int = 200
    outbox_bytes: int = 256 * 1024
    outcome: float = 5.0
    in_flight: int = 2


@dataclass(slots=True, eq=False)
class Command:
    """One decision to be made on one document, and the future that waits for its result."""

    id: str
    decide: Decide[Any, Any]
    future: "asyncio.Future[Any]"
    deadline: float
    command_id: str = field(default_factory=lambda: f"{_random(128):032x}")
    reaction: bool = field(default_factory=in_reaction)
    correlationid: str | None = field(default_factory=correlation_id)
    traceparent: str | None = field(default_factory=traceparent)
    new: bool = False  # its document cannot be there yet
    afresh: bool = False  # what was remembered has not stood: its document is to be read
    alone: bool = False  # met a conflict in company: tried again by itself, to see whose conflict it is
    after: "Command | None" = None  # never written before that one, and refused if that one is
    settled: bool = False
    error: BaseException | None = None  # why it was refused
    attempts: dict[int, Any] = field(default_factory=dict)  # commit id -> result, of writes with unknown outcome

    def succeed(self, result: Any) -> None:
        """Answer whoever still waits; a caller who has left does not stop the command."""
        self.settled = True
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Refuse whoever still waits."""
        self.settled, self.error = True, error
        if not self.future.done():
            self.future.set_exception(error)

    @property
    def expired(self) -> bool:
        """Whether following it any longer would keep its caller too long."""
        return time.monotonic() >= self.deadline


def refuse_expired(commands: list[Command]) -> list[Command]:
    """Those that may still be followed; the callers of the others are told to try again."""
    expired = {command for command in commands if command.expired}
    for command in expired:
        command.fail(Unavailable())
    return [command for command in commands if command not in expired]


class CommandQueue:
    """Two bounded lines, requests and reactions; a batch takes from both, in order of arrival within each."""

    def __init__(self, limits: StoreLimits) -> None:
        self._limits = limits
        self._lines: tuple[deque[Command], deque[Command]] = (deque(), deque())
        self._arrival = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._lines))

    def put(self, *commands: Command) -> None:
        """All or, with Overloaded, none of them: when the requests' line is full.

        Reactions are bounded by the windows of the consumer that makes them, so refusing one would only repeat it.
        """
        reaction = commands[0].reaction
        line = self._lines[reaction]
        if not reaction and len(line) + len(commands) > self._limits.queue:
            raise Overloaded()
        line.extend(commands)
        self._arrival.set()

    def put_back(self, commands: list[Command]) -> None:
        """To the front, in their order: they have waited already."""
        for command in reversed(commands):
            self._lines[command.reaction].appendleft(command)
        if commands:
            self._arrival.set()

    async def take(self, busy: Collection[str] = ()) -> list[Command]:
        """Wait for at least one command on a document that is not busy, then take a batch of such.

        A lone command is taken at once. `wake` must be called when documents are busy no longer.
        """
        while not (batch := self._batch(busy)):
            self._arrival.clear()
            await self._arrival.wait()
        return batch

    def wake(self) -> None:
        """Look again: something has changed that may have kept commands back."""
        self._arrival.set()

    def _batch(self, busy: Collection[str]) -> list[Command]:
        documents: set[str] = set()
        solitary: set[str] = set(busy)
        requests, reactions = self._lines
        # Half of a batch at the most, but for what the requests that wait leave free.
        share = max(self._limits.batch_documents // 2, self._limits.batch_documents - len(requests))
        batch = self._take_from(reactions, documents, solitary, share)
        return batch + self._take_from(requests, documents, solitary, self._limits.batch_documents)

    def drain(self) -> list[Command]:
        """Everything that waits, for refusing it at the end."""
        commands = [command for line in self._lines for command in line]
        for line in self._lines:
            line.clear()
        return commands

    def _take_from(self, line: deque[Command], documents: set[str], solitary: set[str], bound: int) -> list[Command]:
        taken: dict[Command, None] = {}
        held: list[Command] = []
        # Bounded by commands too: a thousand on one document are still a thousand decisions.
        while line and len(documents) < bound and len(taken) < 4 * bound:
            command = line.popleft()
            first = command.after
            # The one before it is in flight, or waits itself: their order holds only within one write.
            early = first is not None and not first.settled and first not in taken
            if early or command.id in solitary or (command.alone and command.id in documents):
                held.append(command)
                continue
            if command.alone:
                solitary.add(command.id)
            documents.add(command.id)
            taken[command] = None
        line.extendleft(reversed(held))
        return list(taken)
