"""What device-admin can do."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from joserfc import jwt

from chassis.decisions import Aggregate, Decision
from chassis.errors import Refusal
from chassis.passwords import PasswordVerifier
from device_admin import errors, events
from device_admin.model import device as devices
from device_admin.model import transaction as transactions
from device_admin.model.device import Decided, DeviceState, Sighting, device_key
from device_admin.model.scope import grant
from device_admin.model.transaction import TransactionState, TransactionStatus
from device_admin.settings import Client, Settings
from device_admin.store import Store

log = structlog.get_logger()
_LOOK_AGAIN = 0.05  # seconds
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Resources:
    """What the use cases work with. `now` is the database server's clock, so replicas agree on durations."""

    store: Store
    settings: Settings
    passwords: PasswordVerifier
    now: Callable[[], datetime]
    consumer_lags: Callable[[], bool]
    background: set[asyncio.Task[None]] = field(default_factory=set)


def require_runtime(resources: Resources, runtime: str) -> None:
    """Raises RuntimeNotFound unless the catalogue has it."""
    if runtime not in resources.settings.runtimes:
        raise errors.RuntimeNotFound(runtime=runtime)


async def change_status(
    resources: Resources, *, runtime: str, device_id: str, status: str, user: str, asynchronous: bool
) -> TransactionState:
    """Set a device's status in a transaction that is written first, so that it outlives this process."""
    await _wait_for_device(resources, runtime, device_id)
    transaction = transactions.accept(
        await resources.store.next_transaction_id(),
        runtime=runtime,
        device_id=device_id,
        status=status,
        user=user,
        server=resources.settings.app_server_id,
        asynchronous=asynchronous,
        now=resources.now(),
    )
    await resources.store.create_transaction(transaction)
    if not asynchronous:
        return await carry_out(resources, transaction)
    task = asyncio.create_task(_carry_out_unattended(resources, transaction))
    resources.background.add(task)
    task.add_done_callback(resources.background.discard)
    return transaction


async def carry_out(
    resources: Resources, transaction: TransactionState, *, recovering: bool = False
) -> TransactionState:
    """Let the device take the status, unless it already has, and the transaction follow the device."""
    now = resources.now()

    def submit(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, DeviceState]:
        decided = devices.submit(aggregate.state, aggregate.sequence, transaction, now, recovering=recovering)
        return Decision(result=decided[0], **_changes(aggregate, decided))

    try:
        device = await resources.store.decide_device(transaction["device"], submit)
    except errors.DeviceNotFound as refusal:
        problem = refusal.detail
        return await resources.store.decide_transaction(
            transaction["id"], lambda state: transactions.fail(state, problem, resources.now())
        )
    remembered = devices.by_transaction(device)[transaction["id"]]
    return await resources.store.decide_transaction(
        transaction["id"], lambda state: transactions.follow(state, remembered, resources.now())
    )


async def recover_transactions(resources: Resources) -> None:
    """Carry out what processes that are gone have left pending; another replica may do the same at the same time."""
    before = resources.now() - resources.settings.orphan_age
    orphans = await resources.store.left_in(TransactionStatus.PENDING, before=before, limit=_BATCH)
    for orphan in orphans:
        await _carry_out_unattended(resources, orphan, recovering=True)


async def give_up_waiting(resources: Resources) -> None:
    """Fail the transactions that some service has not acknowledged in time."""
    before = resources.now() - resources.settings.acknowledgement_timeout
    for late in await resources.store.left_in(TransactionStatus.COMMITTING, before=before, limit=_BATCH):
        await resources.store.decide_transaction(
            late["id"], lambda state: transactions.give_up(state, before, resources.now())
        )
        log.warning("transaction_gave_up_waiting", transaction=late["id"])


async def acknowledge(
    resources: Resources, *, device: str, service: str, sequence: int, effects: Mapping[str, int]
) -> None:
    """A service has applied a change of this device: settle the transactions that waited for that."""
    state = await resources.store.device(device)
    remembered = devices.by_transaction(state) if state else {}
    ids = {waiting["id"] for waiting in await resources.store.waiting_for(service, device=device)}
    # Word of the very change may come after word of a later one, and still tells what was done.
    ids |= {id for id, entry in remembered.items() if entry.get("sequence") == sequence}

    def settle(transaction: TransactionState) -> TransactionState:
        if entry := remembered.get(transaction["id"]):
            transaction = transactions.follow(transaction, entry, resources.now())
        return transactions.acknowledge(transaction, service, sequence=sequence, effects=effects, now=resources.now())

    await asyncio.gather(*(resources.store.decide_transaction(id, settle) for id in ids))


async def learn(resources: Resources, sighting: Sighting) -> None:
    """Take in what another service's event says of a device."""
    now = resources.now()

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        return Decision(result=None, **_changes(aggregate, devices.learn(aggregate.state, sighting, now)))

    await resources.store.decide_device(device_key(sighting.runtime, sighting.device_id), decide)


async def expire_inactive(resources: Resources) -> None:
    """Mark devices as EXPIRED that have not been heard of for long; not while unread events may tell otherwise."""
    now = resources.now()
    cutoff = now - resources.settings.inactivity

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        return Decision(result=None, **_changes(aggregate, devices.expire(aggregate.state, cutoff, now)))

    while not resources.consumer_lags():
        keys = await resources.store.inactive_since(cutoff, limit=_BATCH)
        await asyncio.gather(*(resources.store.decide_device(key, decide) for key in keys))
        if len(keys) < _BATCH:
            return


async def authenticate(resources: Resources, credentials: tuple[str, str] | None) -> Client:
    """The confidential client with this id and secret. Raises InvalidClient, at the same cost for an unknown id."""
    id, secret = credentials or ("", "")
    client = resources.settings.clients.get(id)
    fits = credentials is not None and await resources.passwords.verify(
        id, secret, client.secret_hash if client else None
    )
    if client is None or not fits:
        raise errors.InvalidClient(headers={"WWW-Authenticate": 'Basic realm="device-admin", charset="UTF-8"'})
    return client


def issue_token(resources: Resources, client: Client, *, runtime: str, form: Mapping[str, str]) -> dict[str, Any]:
    """An access token for the client, good at every service that trusts our keys."""
    if "grant_type" not in form:
        raise errors.InvalidTokenRequest(problem="grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise errors.UnsupportedGrantType
    scope = grant(form.get("scope"), client.allowed_scope)
    settings, issued = resources.settings, int(time.time())
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": client.id,
        "client_id": client.id,
        "runtime": runtime,
        "scope": scope,
        "iat": issued,
        "exp": issued + settings.token_lifetime,
        "jti": secrets.token_urlsafe(16),
    }
    header = {"alg": "ES256", "kid": settings.signing_key.kid, "typ": "at+jwt"}
    token = jwt.encode(header, claims, settings.signing_key)
    return {"access_token": token, "token_type": "Bearer", "expires_in": settings.token_lifetime, "scope": scope}


def public_keys(resources: Resources, runtime: str) -> dict[str, Any]:
    """The keys that verify our tokens, as a JSON Web Key Set."""
    require_runtime(resources, runtime)
    return {"keys": [resources.settings.signing_key.as_dict(private=False, use="sig", alg="ES256")]}


async def _wait_for_device(resources: Resources, runtime: str, device_id: str) -> None:
    """Devices are learnt by events, so one that has just registered may be known a moment later."""
    deadline = time.monotonic() + resources.settings.device_patience
    while await resources.store.device(device_key(runtime, device_id)) is None:
        if time.monotonic() >= deadline:
            raise errors.DeviceNotFound(runtime=runtime, device_id=device_id)
        await asyncio.sleep(_LOOK_AGAIN)


async def _carry_out_unattended(
    resources: Resources, transaction: TransactionState, *, recovering: bool = False
) -> None:
    """Nobody waits for the outcome: what fails here stays pending and is recovered later, by any replica."""
    try:
        await carry_out(resources, transaction, recovering=recovering)
    except Refusal as refusal:
        log.warning("transaction_left_pending", transaction=transaction["id"], reason=refusal.code)
    except Exception:
        log.exception("transaction_left_pending", transaction=transaction["id"])


def _changes(aggregate: Aggregate[DeviceState], decided: Decided | None) -> dict[str, Any]:
    """What of a decision on a device is to be saved and announced."""
    state, change = decided or (aggregate.state, None)
    return {
        "state": None if state is aggregate.state else state,
        "events": [events.status_changed(change)] if change else [],
    }
