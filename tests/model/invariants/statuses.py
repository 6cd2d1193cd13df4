"""The newest status of each device, and that each service applies one once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from device_events import BLOCKING, Event, catalog
from tests.model.world import World

SERVICES = (catalog.PUSH_REGISTRY, catalog.MOBILE_PLATFORM, catalog.CONTACTS)


@dataclass(frozen=True, slots=True)
class Newest:
    """A device's newest status. `blocked_since`: sequence of the first blocking status since the last that was none."""

    event: Event
    status: str
    blocked_since: int | None

    @property
    def is_blocked(self) -> bool:
        """Whether it shuts the device out."""
        return self.blocked_since is not None

    @property
    def is_first(self) -> bool:
        """The device was seen, and that is all; a service that knows no status of it need not take note."""
        return self.status == "ACTIVE" and "previous" not in self.event.data


def newest(world: World) -> Mapping[str, Newest]:
    """By device key."""
    found = {}
    for subject in {event.subject for event in world.books.named(catalog.DEVICE_STATUS_CHANGED)}:
        changes = world.books.of(catalog.DEVICE_ADMIN, subject)
        since = None
        for event in changes:
            if event.data["status"] not in BLOCKING:
                since = None
            elif since is None:
                since = event.sequence
        found[subject] = Newest(changes[-1], changes[-1].data["status"], since)
    return found


def check_always(world: World) -> None:
    """A service says once that it has applied a status, and effects name a status that there is."""
    applied = world.books.named(catalog.DEVICE_STATUS_APPLIED)
    times = Counter((event.source, event.deviceid, event.statussequence) for event in applied)
    assert set(times.values()) <= {1}, f"a status was applied twice: {times}"
    for event in world.books.events.values():
        if event.causationid is not None:
            cause = world.books.events[event.causationid]
            assert (cause.subject, cause.sequence) == (event.deviceid, event.statussequence), f"{event} names {cause}"


def check_settled(world: World, newest: Mapping[str, Newest]) -> None:
    """Everybody has applied the newest status of each device, and said so."""
    applied = {(one.source, one.causationid) for one in world.books.named(catalog.DEVICE_STATUS_APPLIED)}
    for device, one in newest.items():
        for source in SERVICES:
            document = world.snapshot[source].get(device, {"state": {}})
            need_not = one.is_first and "status" not in document["state"]
            said = (source, one.event.id) in applied
            assert said or need_not, f"{source} has not applied {one.event}, its document is {document}"
