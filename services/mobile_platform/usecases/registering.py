"""Clients come and go; a shut-out device's do not come."""

import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.auth import Principal
from chassis.decisions import Aggregate, Decision
from chassis.ids import device_id as checked_device_id
from mobile_platform import errors, events, model
from mobile_platform.model import Cause, Client, Registering
from mobile_platform.settings import Backend
from mobile_platform.store import client_key
from mobile_platform.usecases.resources import Resources
from mobile_platform.usecases.taking_away import taking_away


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
    cause, _ = await _look(resources, command.runtime, command.digest, command.device)
    if cause:
        raise errors.DeviceBlocked
    decide = _registering(command, instance_id=str(uuid.uuid4()), at=resources.store.now())
    registration = await resources.store.change_client(backend.id, command.digest, decide)
    device = registration.client.get("device")
    # Asked after, since a status that arrived in between may not have seen this client.
    cause, seen = await _look(resources, command.runtime, command.digest, device)
    if cause:
        refuse = taking_away(cause, registration.sequence, model.refuse)
        await resources.store.change_client(backend.id, command.digest, refuse)
        raise errors.DeviceBlocked
    if device:
        resources.store.remember(device, client_key(backend.id, command.digest), registration.sequence, seen=seen)
    return registration


async def deregister(resources: Resources, backend: Backend, payload: Mapping[str, Any]) -> None:
    """End a registration. A shut-out device may do so; it lifts nothing."""
    client_id, platform = _known_client(backend, payload)

    def decide(current: Aggregate[Client]) -> Decision[Client, None]:
        gone = model.deregister(current.state, client_id, platform)
        return Decision(None, gone, [events.deregistered(current.state or {})])

    await resources.store.change_client(backend.id, resources.digests.of(payload["token"]), decide)


async def recheck(resources: Resources, client_key: str) -> None:
    """End a registration that a shut-out device still has because the service stopped in the middle of `register`."""
    current = await resources.store.read_client(client_key)
    if current is None or current.state is None or not model.is_registered(current.state):
        return
    client = current.state
    cause, _ = await _look(resources, client["runtime"], client["digest"], client.get("device"))
    if cause:
        await resources.store.change(client_key, taking_away(cause, current.sequence, model.refuse))


async def _look(resources: Resources, runtime: str, digest: str, device: str | None) -> tuple[Cause | None, int]:
    """What forbids this token or this device, if anything, and the sequence of the device's newest status, or 0."""
    token = await resources.store.read_token(runtime, digest)
    holders = {holder["device"] for holder in (token or {}).get("holders", [])}
    blocks = await resources.store.read_blocks(holders | {device} if device else holders)
    newest = blocks[device]["sequence"] if device and device in blocks else 0
    return model.what_blocks(token, blocks, device), newest


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
