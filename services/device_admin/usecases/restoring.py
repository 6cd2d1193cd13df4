"""What an operator's tools do with devices whose documents are no longer what this service has announced."""

from collections.abc import Callable

from chassis.decisions import Aggregate, Decision
from device_admin import events
from device_admin.model.adoption import Adopted, adopt, say_again
from device_admin.model.device import DeviceState

Decide = Callable[[Aggregate[DeviceState]], Decision[DeviceState, str]]


def adopting(adopted: Adopted) -> Decide:
    """A decision that takes over what Kafka knows of a device; its result is the status that the device has then."""

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, str]:
        state, change = adopt(aggregate.state, adopted)
        return Decision(state["status"], state, [events.status_changed(change)] if change else [])

    return decide


def saying_again() -> Decide:
    """A decision that announces a device's status once more; a device without one stays as it is."""

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, str]:
        if aggregate.state is None:
            return Decision("")
        state, change = say_again(aggregate.state)
        return Decision(state["status"], state, [events.status_changed(change)] if change else [])

    return decide
