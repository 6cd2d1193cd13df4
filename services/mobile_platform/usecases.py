"""What this service can do, one function each."""

import asyncio
import hmac
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.auth import Principal
from chassis.decisions import Aggregate, Decision
from chassis.ids import device_id as checked_device_id
from chassis.tokens import TokenDigest
from device_events.statuses import BLOCKING
from mobile_platform import errors, events, model
from mobile_platform.model import Block, Cause, Client, Registering, StatusChange, TokenHold
from mobile_platform.settings import Backend, Catalogue
from mobile_platform.store import Store, client_key


@dataclass(frozen=True, slots=True)
class Resources:
    """What the use cases need."""

    store: Store
    catalogue: Catalogue
    digests: TokenDigest


@dataclass(frozen=True, slots=True)
class Registration:
    """What a call to register led to; `sequence` is that of the event it announced."""

    client: Client
    created: bool
    sequence: int


def anonymous_caller(resources: Resources, credential: str) -> Principal | None:
    """The caller without a user who sent the anonymous key of some backend; admitted to that backend only."""
    sent, caller = credential.encode("utf-8", "replace"), None
    # Every key is compared, in constant time, so the time taken tells nothing about them.
    for backend in resources.catalogue.backends.values():
        key = backend.anonymous_key
        if key is not None and hmac.compare_digest(sent, key.encode()):
            caller = Principal(name="anonymous", scheme="anonymous", roles=frozenset({backend.role}))
    return caller


def admit(resources: Resources, backend_id: str | None, caller: Principal) -> Backend:
    """The backend that the call is for, if the caller may use it."""
    if not backend_id:
        raise errors.BackendHeaderMissing
    backend = resources.catalogue.backends.get(backend_id)
    if backend is None:
        raise errors.BackendNotFound(backend=backend_id, scheme=caller.scheme.upper())
    if backend.role not in caller.roles | caller.scopes:
        raise errors.Unauthorized
    return backend


async def register(
    resources: Resources, backend: Backend, caller: Principal, payload: Mapping[str, Any], device_id: str | None
) -> Registration:
    """Register a client instance, or bring its registration up to date."""
    command = _command(resources, backend, caller, payload, device_id)
    # Asked before only so that a shut-out device does not announce a registration and its end at every attempt.
    if await _what_blocks(resources, command.runtime, command.digest, command.device):
        raise errors.DeviceBlocked
    decide = _registering(command, instance_id=str(uuid.uuid4()), at=resources.store.now())
    registration = await resources.store.change_client(backend.id, command.digest, decide)
    if device := registration.client.get("device"):
        resources.store.remember(device, client_key(backend.id, command.digest), registration.sequence)
    # Asked after, since a status that arrived in between may not have seen this client.
    if cause := await _what_blocks(resources, command.runtime, command.digest, registration.client.get("device")):
        refuse = _taking_away(cause, registration.sequence, model.refuse)
        await resources.store.change_client(backend.id, command.digest, refuse)
        raise errors.DeviceBlocked
    return registration


async def deregister(resources: Resources, backend: Backend, payload: Mapping[str, Any]) -> None:
    """End a registration. A shut-out device may do so; it lifts nothing."""
    client_id, platform = _known_client(backend, payload)

    def decide(current: Aggregate[Client]) -> Decision[Client, None]:
        gone = model.deregister(current.state, client_id, platform)
        return Decision(None, gone, [events.deregistered(current.state or {})])

    await resources.store.change_client(backend.id, resources.digests.of(payload["token"]), decide)


async def erase_device(store: Store, device: str, digests: Iterable[str]) -> int | None:
    """Forget a device's clients, and those that use its tokens and name no device, and say so without naming users.

    How many there were; None for a device that never was. A block stays, and so does what is known of its tokens.
    """
    runtime = device.partition("/")[0]
    clients = {client.id: client for client in await store.clients_of(device)}
    for digest in digests:
        for client in await store.registered_with(runtime, digest):
            if client.existing.get("device", device) == device:
                clients[client.id] = client
    erased = await asyncio.gather(*(store.change(id, _erasing) for id in clients))
    return sum(erased) if clients or await store.read_blocks([device]) else None


async def recheck(resources: Resources, client_key: str) -> None:
    """End a registration that a shut-out device still has because the service stopped in the middle of `register`."""
    current = await resources.store.read_client(client_key)
    if current is None or current.state is None or not model.is_registered(current.state):
        return
    client = current.state
    if cause := await _what_blocks(resources, client["runtime"], client["digest"], client.get("device")):
        await resources.store.change(client_key, _taking_away(cause, current.sequence, model.refuse))


async def apply_status(resources: Resources, change: StatusChange) -> None:
    """Block or unblock a device, end its registrations, and acknowledge that once. Goes on where a crash stopped it."""
    if not await _take_status(resources, change):
        return
    runtime = change.device.partition("/")[0]
    clients = await resources.store.clients_of(change.device)
    digests = sorted({client.existing["digest"] for client in clients})
    # What is known to be the device's ends at once; its tokens are followed elsewhere beside that.
    await asyncio.gather(
        _end(resources, clients, change.cause),
        *(take_token_away(resources, runtime, digest, change.cause) for digest in digests),
    )
    deregistered = await resources.store.count_released(change.cause)
    await resources.store.change_block(change.device, _finishing(change, deregistered))


async def _take_status(resources: Resources, change: StatusChange) -> bool:
    """Write the device's block, and in the same commit the end of clients guessed to be its; whether more is to do.

    The guess spares most devices a second write before their clients are gone; what it misses is found once the block
    is there. A client is ended only as it was before the block is read, so none that registered after it was lifted.
    """
    guessed = resources.store.lately_of(change.device) if change.status in BLOCKING else {}
    taking, outstanding = _taking(change), False

    def take(current: Aggregate[Block]) -> Decision[Block, bool]:
        nonlocal outstanding
        decision = taking(current)
        outstanding = decision.result
        return decision

    def take_away(sequence: int) -> Callable[[Aggregate[Client]], Decision[Client, None]]:
        end = _taking_away(change.cause, sequence, model.release)
        return lambda current: end(current) if outstanding else Decision(None)

    more, *_ = await asyncio.gather(
        resources.store.change_block(change.device, take, afresh=bool(guessed)),
        *(resources.store.change(id, take_away(sequence)) for id, sequence in guessed.items()),
    )
    return more


async def take_token_away(resources: Resources, runtime: str, digest: str, cause: Cause) -> None:
    """Hold a shut-out device's token back and end the registrations that use it, unless the device is back already."""
    await resources.store.change_token(runtime, digest, _holding(cause))
    await _end(resources, await resources.store.registered_with(runtime, digest), cause)


async def _end(resources: Resources, clients: Sequence[Aggregate[Client]], cause: Cause) -> None:
    # Asked after the clients were found, so none of them registered once the device was back.
    blocks = await resources.store.read_blocks([cause.device])
    if model.is_lifted(blocks.get(cause.device), cause.sequence):
        return
    registered = (client for client in clients if model.is_registered(client.state))
    await asyncio.gather(
        *(
            resources.store.change(client.id, _taking_away(cause, client.sequence, model.release))
            for client in registered
        )
    )


async def _what_blocks(resources: Resources, runtime: str, digest: str, device: str | None) -> Cause | None:
    token = await resources.store.read_token(runtime, digest)
    holders = {holder["device"] for holder in (token or {}).get("holders", [])}
    blocks = await resources.store.read_blocks(holders | {device} if device else holders)
    return model.what_blocks(token, blocks, device)


def _known_client(backend: Backend, payload: Mapping[str, Any]) -> tuple[str, str]:
    client_id, platform = payload["mobile_client"]["id"], payload["mobile_client"]["platform"]
    if platform not in backend.clients.get(client_id, ()):
        raise errors.MobileClientInvalid(client_id=client_id, platform=platform)
    return client_id, platform


def _command(
    resources: Resources, backend: Backend, caller: Principal, payload: Mapping[str, Any], device_id: str | None
) -> Registering:
    client_id, platform = _known_client(backend, payload)
    return Registering(
        runtime=backend.runtime,
        backend=backend.id,
        digest=resources.digests.of(payload["token"]),
        token=payload["token"],
        client_id=client_id,
        platform=platform,
        version=payload["mobile_client"].get("version"),
        provider=payload.get("provider"),
        user=_user(backend, caller, payload.get("user")),
        device=_device(backend, device_id),
    )


def _user(backend: Backend, caller: Principal, wanted: str | None) -> str | None:
    """Who gets the notifications: only the team may say, all others register for themselves."""
    if wanted is not None and backend.team_role in caller.roles | caller.scopes:
        return wanted
    return None if caller.scheme == "anonymous" else caller.name or None


def _device(backend: Backend, device_id: str | None) -> str | None:
    if not device_id:
        if backend.require_device_id:
            raise errors.DeviceIdMissing
        return None
    try:
        return model.device_key(backend.runtime, checked_device_id(device_id))
    except ValueError as error:
        raise errors.DeviceIdInvalid(problem=str(error)) from error


def _registering(command: Registering, **how: Any) -> Callable[[Aggregate[Client]], Decision[Client, Registration]]:
    def decide(current: Aggregate[Client]) -> Decision[Client, Registration]:
        client = model.register(current.state, command, **how)
        created = not model.is_registered(current.state)
        return Decision(Registration(client, created, current.sequence + 1), client, [events.registered(client)])

    return decide


def _taking_away(
    cause: Cause, sequence: int, bury: Callable[[Client, Cause], Client]
) -> Callable[[Aggregate[Client]], Decision[Client, None]]:
    """Only the registration that was looked at: a later one has been checked, or is being checked, by itself."""

    def decide(current: Aggregate[Client]) -> Decision[Client, None]:
        if current.state is None or not model.is_registered(current.state) or current.sequence != sequence:
            return Decision(None)
        return Decision(None, bury(current.state, cause), [events.taken_away(current.state, cause)])

    return decide


def _erasing(current: Aggregate[Client]) -> Decision[Client, bool]:
    if current.state is None or not model.is_registered(current.state):
        return Decision(False)
    nameless = current.state.copy()
    nameless.pop("user", None)
    return Decision(True, model.bury(current.state), [events.deregistered(nameless)])


def _holding(cause: Cause) -> Callable[[Aggregate[TokenHold]], Decision[TokenHold, None]]:
    return lambda current: Decision(None, model.hold(current.state, cause))


def _taking(change: StatusChange) -> Callable[[Aggregate[Block]], Decision[Block, bool]]:
    """Its result: whether there is more to do for this status."""

    def decide(current: Aggregate[Block]) -> Decision[Block, bool]:
        taken = model.take_status(current.state, change)
        if taken is None:
            return Decision(model.is_outstanding(current.state, change))
        if model.is_outstanding(taken, change):
            return Decision(True, taken)
        return Decision(False, taken, [events.status_applied(change, 0)])

    return decide


def _finishing(change: StatusChange, deregistered: int) -> Callable[[Aggregate[Block]], Decision[Block, None]]:
    def decide(current: Aggregate[Block]) -> Decision[Block, None]:
        finished = model.finish(current.state, change)
        return Decision(None, finished, [events.status_applied(change, deregistered)] if finished else [])

    return decide
