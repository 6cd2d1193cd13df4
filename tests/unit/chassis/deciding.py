"""Commands and decisions small enough to see through."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from chassis.commands import Command
from chassis.decisions import Aggregate, Announcement, Decision


class Notes(TypedDict, total=False):
    """The state of the aggregates here."""

    notes: list[Any]


Decide = Callable[[Aggregate[Notes]], Decision[Notes, Any]]


def add(note: Any, *, events: int = 1, result: Any = None) -> Decide:
    """Append a note and announce it; the result is all notes unless given."""

    def decide(aggregate: Aggregate[Notes]) -> Decision[Notes, Any]:
        state = aggregate.state or {}
        notes = [*state.get("notes", []), note]
        announced = [Announcement(type="noted", data={"note": note, "part": part}) for part in range(events)]
        return Decision(result if result is not None else notes, {**state, "notes": notes}, announced)

    return decide


def refuse(error: Exception) -> Decide:
    """Say no."""

    def decide(_: Aggregate[Notes]) -> Decision[Notes, Any]:
        raise error

    return decide


def count() -> Decide:
    """Look, and change nothing."""

    def decide(aggregate: Aggregate[Notes]) -> Decision[Notes, Any]:
        return Decision(len((aggregate.state or {}).get("notes", [])))

    return decide


def command(
    id: str, decide: Decide | None = None, *, reaction: bool = False, alone: bool = False, within: float = 5.0
) -> Command:
    """A command whose future belongs to the running loop."""
    future = asyncio.get_running_loop().create_future()
    deadline = time.monotonic() + within
    return Command(id, decide or add(1), future, deadline=deadline, reaction=reaction, alone=alone)


def ids(commands: Sequence[Command]) -> list[str]:
    """Whose turn it is."""
    return [one.id for one in commands]
