"""subscribe(): the way in."""

from collections.abc import Collection
from typing import Any, TypeVar, overload

from device_events.connection import KafkaConnection
from device_events.deliveries import Delivery, RepeatFilter
from device_events.seen_store import SeenStore
from device_events.selection import Selection
from device_events.settlement import SubscriberLimits
from device_events.starts import BEGINNING, Start
from device_events.subscription import Subscription, name_of
from device_events.typed_payloads import TypedPayload

P = TypeVar("P", bound=TypedPayload)
REMEMBERED = 1_000_000  # names


@overload
def subscribe(
    kafka: KafkaConnection,
    *,
    types: Collection[type[P]],
    group: str | None = ...,
    delivery: Delivery = ...,
    start: Start = ...,
    runtimes: Collection[str] | None = ...,
    applications: Collection[str] | None = ...,
    dead_letters: bool | None = ...,
    store: SeenStore | None = ...,
    remembered: int = ...,
    limits: SubscriberLimits | None = ...,
) -> Subscription[P]: ...
@overload
def subscribe(
    kafka: KafkaConnection,
    *,
    group: str | None = ...,
    delivery: Delivery = ...,
    start: Start = ...,
    runtimes: Collection[str] | None = ...,
    applications: Collection[str] | None = ...,
    dead_letters: bool | None = ...,
    store: SeenStore | None = ...,
    remembered: int = ...,
    limits: SubscriberLimits | None = ...,
) -> Subscription[TypedPayload]: ...
def subscribe(
    kafka: KafkaConnection,
    *,
    types: Collection[type[Any]] = (),
    group: str | None = None,
    delivery: Delivery = Delivery.LATEST,
    start: Start = BEGINNING,
    runtimes: Collection[str] | None = None,
    applications: Collection[str] | None = None,
    dead_letters: bool | None = None,
    store: SeenStore | None = None,
    remembered: int = REMEMBERED,
    limits: SubscriberLimits | None = None,
) -> Subscription[Any]:
    """A subscription to device events; nothing is read before it is looped over, entered or run.

    `group`: members of one group share the work, and the group goes on where it was. Without one, every start reads
    all partitions from `start`, and nothing is committed.
    `types`: the classes of the events wanted, such as `DeviceStatusChanged`. None named means each type of the
    catalogue in a loop, and the types that have handlers in `run()`. A type that this version does not know is skipped
    and counted.
    `delivery`: which repeats are dropped, see `Delivery`.
    `start`: where a new group, or a reader without one, begins: `BEGINNING`, `END`, `at(time)`, `from_offsets(...)`.
    `runtimes`, `applications`: only events of these, see `Selection`.
    `dead_letters`: whether an event at fault is put on `<group>.dead-letters`, which is made if it is missing. Without,
    the loop or `run()` ends by raising Rejected for it. The default is True with a group; without one it must not be.
    `store`: keeps the repeat filter's memory over a restart; only with a group.
    `remembered`: names in that memory at most: devices (LATEST) or event ids (EVERY), 150 bytes each or so.
    `limits`: how much is read ahead, how often is tried, how long is waited.

    Raises ValueError for what cannot be right together.
    """
    names = [name_of(payload) for payload in types]
    if group is None and (dead_letters or store is not None):
        raise ValueError("dead letters and a store are a group's: name one")
    dead_letters = group is not None if dead_letters is None else dead_letters
    selection = Selection(runtimes=_named(runtimes, "runtimes"), applications=_named(applications, "applications"))
    repeats = RepeatFilter(delivery, remembered, recording=store is not None)
    return Subscription(
        kafka, group, names, selection, repeats, start=start, dead_letters=dead_letters, store=store, limits=limits
    )


def _named(wanted: Collection[str] | None, what: str) -> frozenset[str] | None:
    if wanted is None:
        return None
    if isinstance(wanted, str) or not wanted:
        raise ValueError(f"{what}: name one or more in a list, or leave it out")
    return frozenset(wanted)
