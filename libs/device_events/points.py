"""Named points on the way of a write and of an event, where a fault test can stop, kill or disturb a process.

Nothing in the product acts on them: no setting, no environment variable. Only code that runs in the same process can
place an action, which the fault tests do in an entry point of their own.
"""

from collections.abc import Callable
from typing import Literal, get_args

Point = Literal[
    "before-commit",  # decided, not written
    "after-commit",  # durable, neither answered nor published
    "after-publish",  # given to the producer, not acknowledged
    "after-acknowledgement",  # acknowledged by the brokers, still in the outbox
    "after-effect",  # a handler has succeeded, its event is not settled
    "before-offset-commit",  # settled, the group's offset not moved
]
POINTS: tuple[Point, ...] = get_args(Point)
_actions: dict[Point, Callable[[], None]] = {}


def reached(point: Point) -> None:
    """Say that this point has been reached. Raises what the action placed there raises."""
    if _actions and (action := _actions.get(point)):
        action()


def place(point: Point, action: Callable[[], None] | None) -> None:
    """Run `action` each time the point is reached; None takes it away."""
    if action is None:
        _actions.pop(point, None)
    else:
        _actions[point] = action
