"""How a client ends because of its device's status."""

from collections.abc import Callable

from chassis.decisions import Aggregate, Decision
from mobile_platform import events, model
from mobile_platform.model import Cause, Client


def taking_away(
    cause: Cause, sequence: int, bury: Callable[[Client, Cause], Client]
) -> Callable[[Aggregate[Client]], Decision[Client, None]]:
    """Only the registration that was looked at: a later one has been checked, or is being checked, by itself."""

    def decide(current: Aggregate[Client]) -> Decision[Client, None]:
        if current.state is None or not model.is_registered(current.state) or current.sequence != sequence:
            return Decision(None)
        return Decision(None, bury(current.state, cause), [events.taken_away(current.state, cause)])

    return decide
