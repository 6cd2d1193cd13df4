"""Erasing what is known of a device."""

from collections.abc import Callable
from datetime import datetime

from chassis.decisions import Aggregate, Decision
from device_admin.model.device import REMOVED, DeviceState, remove

Decide = Callable[[Aggregate[DeviceState]], Decision[DeviceState, bool | None]]


def erasing(now: datetime) -> Decide:
    """A decision that leaves of a device what may shut it out, as removing it does.

    Its result: whether there was more; None for a device that never was.
    """

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, bool | None]:
        if aggregate.state is None:
            return Decision(None)
        if aggregate.state["kind"] == REMOVED:
            return Decision(False)
        return Decision(True, remove(aggregate.state, now))

    return decide
