"""What a command has to say, for people and for programs, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

# Asking again would not help.
NOT_ALLOWED = (TopicAuthorizationFailedError, GroupAuthorizationFailedError, ClusterAuthorizationFailedError)


class Exit(IntEnum):
    """Exit statuses, the same for every command."""

    DONE = 0
    PARTLY = 1  # something was not found, or could not be done
    USAGE = 2  # wrong arguments or settings: nothing was done
    AWAY = 3  # a backend does not answer: repeat it
    INTERRUPTED = 130  # by Ctrl-C, as shells have it


@dataclass(frozen=True, slots=True)
class Outcome:
    """`data` is JSON-plain and printed with --json, `lines` without; None where all has been said on the way."""

    data: Mapping[str, Any] | None
    lines: Sequence[str]
    exit: Exit = Exit.DONE


class PipeClosed(Exception):
    """Nobody reads our answers any more."""


class Misused(Exception):
    """The command cannot be carried out as it was given; the text says what to change."""


class Unfinished(Exception):
    """A backend went away half-way; the text says what has been done. Repeating the command does the rest."""


def say(line: str) -> None:
    """A line of the answer, at once. Raises PipeClosed."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise PipeClosed from None


def moment(milliseconds: int) -> str:
    """A record's time in ISO 8601."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
