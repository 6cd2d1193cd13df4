"""What the tests of the use cases do, on a store in memory."""

from typing import Any

from chassis.auth import Principal
from device_events import catalog
from mobile_platform import usecases
from mobile_platform.model import Cause
from mobile_platform.settings import Backend
from tests.unit.mobile_platform.fakes import (
    ALICE,
    BACKEND,
    FakeAggregates,
    a_change,
    a_payload,
    digest,
    resources,
)

REGISTERED, DEREGISTERED = catalog.MOBILE_CLIENT_REGISTERED, catalog.MOBILE_CLIENT_DEREGISTERED
APPLIED = catalog.DEVICE_STATUS_APPLIED
TEAM = Principal("boss", "basic", frozenset({BACKEND.role, BACKEND.team_role}))
NOBODY = Principal("anonymous", "anonymous", frozenset({BACKEND.role}))


async def register(
    store: FakeAggregates,
    token: str = "token-1",
    *,
    device: str | None = None,
    backend: Backend = BACKEND,
    caller: Principal = ALICE,
    **changes: Any,
) -> usecases.Registration:
    return await usecases.register(resources(store), backend, caller, a_payload(token, **changes), device)


async def mark(store: FakeAggregates, status: str, sequence: int, device: str = "d1") -> None:
    await usecases.apply_status(resources(store), a_change(status, sequence, device))


async def push_token_removed(store: FakeAggregates, token: str = "token-1", sequence: int = 2) -> None:
    cause = Cause("myruntime/d1", f"event-{sequence}", sequence)
    await usecases.take_token_away(resources(store), "myruntime", digest(token), cause)


def is_registered(store: FakeAggregates, token: str = "token-1", backend: Backend = BACKEND) -> bool:
    return bool(store.client(backend, token).get("registered"))
