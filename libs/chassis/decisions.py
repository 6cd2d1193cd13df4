"""What a decision is made of: the aggregate it looks at, the new state and the events it announces. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

# Generic and frozen dataclasses here have no slots: a call through a parametrised alias would raise TypeError.
S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """One document as a decision sees it. `version` is 0 while it has never been written, and `state` None.

    A state that was forgotten, which is stored empty, is None too; its version and sequence go on.

    `version` counts writes; `sequence` counts the events announced, so the next event's is `sequence + 1`.
    """

    id: str
    state: S | None
    version: int
    sequence: int

    @property
    def existing(self) -> S:
        """The state of an aggregate that was found. Raises LookupError for one that was never written."""
        if self.state is None:
            raise LookupError(self.id)
        return self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An event to be saved with the new state. `data` is JSON-plain: times in it are ISO 8601 strings."""

    type: str
    data: Mapping[str, Any]
    deviceid: str | None = None
    causationid: str | None = None
    statussequence: int | None = None


@dataclass(frozen=True)
class Decision(Generic[S, R]):
    """What was decided. `state` None means that nothing changes, an empty one that all of it is to be forgotten.

    Events may only come with a state.
    """

    result: R
    state: S | None = None
    events: Sequence[Announcement] = ()


Decide = Callable[[Aggregate[S]], Decision[S, R]]
