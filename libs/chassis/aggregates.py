"""AggregateStore: one aggregate, one document, one conditional write. This is its front; `committer` does the work."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from chassis.commands import Command
from chassis.committer import DUPLICATE_KEY, Committer
from chassis.conflicts import KeyConflict
from chassis.decisions import Aggregate, Decision
from chassis.errors import Unavailable

__all__ = ["DUPLICATE_KEY", "AggregateStore", "KeyConflict", "Step"]
S = TypeVar("S")
R = TypeVar("R")


class Step(NamedTuple):
    """A decision on a document; `new`: most likely there is no such document yet."""

    id: str
    decide: Callable[[Aggregate[Any]], Decision[Any, Any]]
    new: bool = False


class AggregateStore(Committer):
    """All reads and writes of one service's collection."""

    async def execute(self, id: str, decide: Callable[[Aggregate[S]], Decision[S, R]], *, new: bool = False) -> R:
        """Run a decision on the document and return its result once that is durable.

        `new`: most likely there is no such document yet, so it is not read; where there is one, the write says so.
        Raises what the decision raises, KeyConflict, Overloaded while the queue is full, and Unavailable when it could
        not be begun within 5 s or its outcome stays unknown for that long. It runs on though its caller is cancelled.
        """
        (command,) = self._put(Step(id, decide, new))
        result: R = await command.future
        return result

    async def execute_in_order(self, *steps: Step) -> list[Any]:
        """Decisions on different documents, given together: for each its result once durable, or what refused it.

        None is written before the one before it, and mostly all are by one write, so that they cost one commit. If one
        is refused by its decision, so are those after it; what only the write finds out (a race that was lost, a
        KeyConflict) holds up none of the others in it. Raises Overloaded and Unavailable when none could be begun.
        """
        commands = self._put(*steps)
        return await asyncio.gather(*(command.future for command in commands), return_exceptions=True)

    def remembered(self, id: str) -> Any:
        """The state that this process wrote last, if it has not forgotten it. Others may have changed it since."""
        known = self._recent.get(id)
        return known[0].state if known else None

    def _put(self, *steps: Step) -> list[Command]:
        # Until a service's clock has been set, its indexes may be missing, too.
        if self._stopped or not self.clock.synchronised:
            raise Unavailable()
        loop, deadline = asyncio.get_running_loop(), time.monotonic() + self._limits.outcome
        commands: list[Command] = []
        for step in steps:
            after = commands[-1] if commands else None
            commands.append(
                Command(step.id, step.decide, loop.create_future(), deadline=deadline, new=step.new, after=after)
            )
        self._queue.put(*commands)
        self._idle.clear()
        return commands
