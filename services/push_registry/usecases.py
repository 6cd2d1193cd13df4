"""What push-registry can do, one function each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chassis.decisions import Aggregate, Decision
from chassis.errors import Unavailable
from device_events.statuses import DeviceStatus
from push_registry import events, model
from push_registry.errors import ApplicationNotFound
from push_registry.model import Details, Device, DeviceState, Registration
from push_registry.settings import Settings
from push_registry.store import Store, TokenTaken

TAKE_OVER_TRIES = 5
_Registered = Decision[DeviceState, Registration]
_Decide = Callable[[Aggregate[DeviceState]], _Registered]


@dataclass(frozen=True, slots=True)
class Resources:
    """What use cases work with."""

    store: Store
    settings: Settings


@dataclass(frozen=True, slots=True)
class Page:
    """Some registrations of an application with their device ids, and how many match in all."""

    rows: Sequence[tuple[str, Registration]]
    total: int


def device_of(resources: Resources, application: str, device_id: str) -> Device:
    """The device as all services name it. Raises ApplicationNotFound."""
    runtime = resources.settings.applications.get(application)
    if runtime is None:
        raise ApplicationNotFound(name=application)
    return Device(runtime, device_id)


async def register(resources: Resources, application: str, device_id: str, details: Details) -> Registration:
    """POST: register a device, or replace its registration. Raises DeviceBlocked, TokenReserved."""
    device, now = device_of(resources, application, device_id), resources.store.now()
    details = _digested(resources, details)

    def decide(aggregate: Aggregate[DeviceState]) -> _Registered:
        known = model.registration_in(aggregate.state, application)
        state, registration = model.register(aggregate.state, device, application, details, now)
        announce = events.updated if known else events.registered
        return _Registered(registration, state, [announce(device, registration)])

    return await _change_taking_over(resources, device, decide)


async def update(resources: Resources, application: str, device_id: str, details: Details) -> Registration:
    """PUT: change a registration. Raises ResourceNotFound, DeviceBlocked, TokenReserved."""
    device, now = device_of(resources, application, device_id), resources.store.now()
    details = _digested(resources, details)

    def decide(aggregate: Aggregate[DeviceState]) -> _Registered:
        state, registration = model.update(aggregate.state, device, application, details, now)
        return _Registered(registration, state, [events.updated(device, registration)])

    return await _change_taking_over(resources, device, decide)


async def read(resources: Resources, application: str, device_id: str) -> Registration:
    """GET: a registration; the first of a day counts as contact and is announced. Raises ResourceNotFound."""
    device, now = device_of(resources, application, device_id), resources.store.now()
    registration = model.known_registration(await resources.store.read(device), device, application)
    if registration.get("seen") == now.date().isoformat():
        return registration

    def decide(aggregate: Aggregate[DeviceState]) -> _Registered:
        known = model.known_registration(aggregate.state, device, application)
        if aggregate.state is None or known.get("seen") == now.date().isoformat():
            return _Registered(known)
        state, seen = model.see(aggregate.state, known, now)
        return _Registered(seen, state, [events.seen(device, seen)])

    return await resources.store.change(device, decide)


async def list_registrations(
    resources: Resources,
    application: str,
    *,
    user_id: str | None,
    platforms: Sequence[frozenset[str]],
    offset: int,
    size: int,
) -> Page:
    """GET of all: a page of an application's registrations. Raises ResourceNotFound."""
    device_of(resources, application, "")
    states, total = await resources.store.page(
        application, user_id=user_id, platforms=platforms, offset=offset, size=size
    )
    found = [(state["device_id"], model.registration_in(state, application)) for state in states]
    return Page([(device_id, registration) for device_id, registration in found if registration], total)


async def deregister(resources: Resources, application: str, device_id: str) -> None:
    """DELETE: forget a registration; a block stays. Raises ResourceNotFound."""
    device = device_of(resources, application, device_id)

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        gone = model.known_registration(aggregate.state, device, application)
        state = model.deregister(aggregate.state or DeviceState(), application)
        return Decision(None, state, [events.deregistered(device, gone)])

    await resources.store.change(device, decide)


async def erase_device(store: Store, device: Device) -> int | None:
    """Forget a device's registrations, and say so without naming users; a block stays.

    How many there were; None for a device that never was.
    """

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, int | None]:
        if aggregate.state is None:
            return Decision(0 if aggregate.version else None)
        state, gone = model.erase(aggregate.state)
        if not gone:
            return Decision(0)
        return Decision(len(gone), state, [events.deregistered(device, one) for one in gone])

    return await store.change(device, decide)


async def apply_status(
    resources: Resources, device: Device, status: DeviceStatus, cause: events.Cause, *, first_seen: bool = False
) -> None:
    """A device's status has changed: shut it out or let it in, unless a later change was applied already."""

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        applied = model.apply_status(aggregate.state, device, status, cause[1], first_seen=first_seen)
        if applied is None:
            return Decision(None)
        state, stripped = applied
        return Decision(
            None,
            state,
            [
                *(events.token_removed(device, one, reason="status", cause=cause) for one in stripped),
                events.status_applied(device, status, tokens_removed=len(stripped), cause=cause),
            ],
        )

    await resources.store.change(device, decide)


async def _change_taking_over(resources: Resources, device: Device, decide: _Decide) -> Registration:
    """Write; where another device holds the token, let it go there first, by its own write, and write again."""
    for tries_left in reversed(range(TAKE_OVER_TRIES)):
        try:
            return await resources.store.change(device, decide)
        except TokenTaken as taken:
            # Released only to be asked for again, or the token would be left to nobody.
            if taken.holder is not None and tries_left:
                await _release(resources, taken.holder, taken.key)
    raise Unavailable()


async def _release(resources: Resources, holder: Device, key: str) -> None:
    application, _, digest = key.partition(":")

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        released = model.release(aggregate.state, application, digest)
        if released is None:
            return Decision(None)
        state, held = released
        return Decision(None, state, [events.token_removed(holder, held, reason="taken-over")])

    await resources.store.change(holder, decide)


def _digested(resources: Resources, details: Details) -> Details:
    if details.token is None:
        return details
    return details.with_digest(resources.settings.token_digest.of(details.token))
