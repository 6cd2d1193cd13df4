"""What the service does, with another process's steps in between, on a store in memory."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.auth import Principal
from chassis.decisions import Aggregate
from device_events import catalog
from mobile_platform import errors, model, usecases
from mobile_platform.model import Cause
from mobile_platform.settings import Backend
from tests.unit.mobile_platform.fakes import (
    ALICE,
    BACKEND,
    FOREIGN,
    SIBLING,
    STRICT,
    FakeAggregates,
    a_change,
    a_payload,
    digest,
    resources,
    statuses,
)

REGISTERED, DEREGISTERED = catalog.MOBILE_CLIENT_REGISTERED, catalog.MOBILE_CLIENT_DEREGISTERED
APPLIED = catalog.DEVICE_STATUS_APPLIED
TEAM = Principal("boss", "basic", frozenset({BACKEND.role, BACKEND.team_role}))
NOBODY = Principal("anonymous", "anonymous", frozenset({BACKEND.role}))


@pytest.fixture
def store() -> FakeAggregates:
    return FakeAggregates()


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


# --- who may call ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, ""])
def test_a_call_without_a_backend_is_refused(store: FakeAggregates, header: str | None) -> None:
    with pytest.raises(errors.BackendHeaderMissing):
        usecases.admit(resources(store), header, ALICE)


def test_an_unknown_backend_is_not_found_before_roles_are_looked_at(store: FakeAggregates) -> None:
    with pytest.raises(errors.BackendNotFound, match="BACKEND-1 for BASIC"):
        usecases.admit(resources(store), "BACKEND-1", ALICE)


def test_a_caller_needs_the_role_of_this_very_backend(store: FakeAggregates) -> None:
    assert usecases.admit(resources(store), BACKEND.id, ALICE) == BACKEND
    with pytest.raises(errors.Unauthorized):
        usecases.admit(resources(store), SIBLING.id, ALICE)


def test_a_bearers_scope_counts_as_a_role(store: FakeAggregates) -> None:
    bearer = Principal("alice", "bearer", scopes=frozenset({BACKEND.role}))
    assert usecases.admit(resources(store), BACKEND.id, bearer) == BACKEND


def test_an_anonymous_key_opens_its_own_backend_only(store: FakeAggregates) -> None:
    caller = usecases.anonymous_caller(resources(store), "YW5vbnltb3Vz")
    assert caller is not None
    assert usecases.admit(resources(store), BACKEND.id, caller) == BACKEND
    with pytest.raises(errors.Unauthorized):
        usecases.admit(resources(store), SIBLING.id, caller)


@pytest.mark.parametrize("credential", ["", "yw5vbnltb3vz", "YW5vbnltb3V", "\udcff"])
def test_anything_else_is_no_anonymous_key(store: FakeAggregates, credential: str) -> None:
    assert usecases.anonymous_caller(resources(store), credential) is None


# --- register and deregister ----------------------------------------------------------------------------------------


async def test_registering_is_created_once_and_announced_each_time(store: FakeAggregates) -> None:
    first = await register(store, device="d1")
    second = await register(store, device="d1")
    assert (first.created, second.created) == (True, False)
    assert first.client["id"] == second.client["id"]
    assert second.client["modified_on"] > first.client["modified_on"]
    assert store.types() == [REGISTERED, REGISTERED]
    assert [one.sequence for one in store.announced] == [1, 2]


async def test_the_event_names_the_device_and_never_the_token(store: FakeAggregates) -> None:
    await register(store, device="d1")
    announced = store.announced[0]
    assert announced.subject == f"client:{BACKEND.id}:{digest('token-1')}"
    assert announced.what.deviceid == "myruntime/d1"
    assert announced.what.data == {
        "runtime": "myruntime",
        "backendId": BACKEND.id,
        "clientId": "my.app.id",
        "platform": "IOS",
        "notificationProvider": "APNS",
        "tokenDigest": digest("token-1"),
        "deviceId": "d1",
        "user": "alice",
    }
    assert "token-1" not in str(announced)


@pytest.mark.parametrize(
    ("client_id", "platform"), [("no.such.app", "IOS"), ("my.app.id", "WINDOWS"), ("my.other.app", "ANDROID")]
)
async def test_an_application_that_the_backend_does_not_have_is_refused(
    store: FakeAggregates, client_id: str, platform: str
) -> None:
    payload = {"mobile_client": {"id": client_id, "platform": platform}, "token": "t"}
    with pytest.raises(errors.MobileClientInvalid):
        await usecases.register(resources(store), BACKEND, ALICE, payload, None)
    with pytest.raises(errors.MobileClientInvalid):
        await usecases.deregister(resources(store), BACKEND, payload)
    assert store.documents == {}


async def test_a_backend_may_insist_on_the_device_id(store: FakeAggregates) -> None:
    with pytest.raises(errors.DeviceIdMissing):
        await register(store, backend=STRICT)
    assert (await register(store, backend=STRICT, device="d1")).created


@pytest.mark.parametrize("device", ["a\x7fb", "x" * 255, "a\udc80"])
async def test_a_device_id_that_could_not_be_stored_is_refused(store: FakeAggregates, device: str) -> None:
    with pytest.raises(errors.DeviceIdInvalid):
        await register(store, device=device)


async def test_a_caller_registers_for_themselves(store: FakeAggregates) -> None:
    assert (await register(store)).client["user"] == "alice"
    assert (await register(store, user="joe")).client["user"] == "alice"
    assert "user" not in (await register(store, "token-2", caller=NOBODY, user="joe")).client


async def test_the_team_may_register_for_somebody_else(store: FakeAggregates) -> None:
    assert (await register(store, caller=TEAM, user="joe")).client["user"] == "joe"


async def test_deregistering_leaves_a_tombstone_and_says_so(store: FakeAggregates) -> None:
    await register(store, device="d1")
    await usecases.deregister(resources(store), BACKEND, a_payload())
    assert "token-1" not in str(store.documents)
    assert "alice" not in str(store.documents)
    assert store.types() == [REGISTERED, DEREGISTERED]
    gone = store.announced[1].what
    assert gone.data["reason"] == "request"
    assert (gone.causationid, gone.statussequence) == (None, None)


async def test_one_backends_client_is_not_anothers(store: FakeAggregates) -> None:
    await register(store)
    with pytest.raises(errors.MobileClientNotFound):
        await usecases.deregister(resources(store), SIBLING, a_payload())
    assert is_registered(store)


# --- the cascade ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["LOST", "STOLEN", "DISABLED"])
async def test_a_shut_out_device_loses_every_client_and_that_is_acknowledged_once(
    store: FakeAggregates, status: str
) -> None:
    await register(store, "token-1", device="d1")
    await register(store, "token-2", device="d1", backend=SIBLING)
    await register(store, "token-3", device="d2")
    await mark(store, status, 2)
    await mark(store, status, 2)
    assert not is_registered(store, "token-1")
    assert not is_registered(store, "token-2", SIBLING)
    assert is_registered(store, "token-3")
    assert statuses(store.announced) == [(status, 2)]
    gone = [one.what for one in store.announced if one.what.type == DEREGISTERED]
    assert len(gone) == 2
    assert {(one.data["reason"], one.causationid, one.statussequence) for one in gone} == {("status", "event-2", 2)}
    assert store.announced[-1].subject == "myruntime/d1"
    assert store.announced[-1].what.data == {
        "runtime": "myruntime",
        "deviceId": "d1",
        "service": "mobile-platform",
        "status": status,
        "effects": {"clientsDeregistered": 2},
    }


@pytest.mark.parametrize("status", ["ACTIVE", "EXPIRED"])
async def test_other_statuses_take_nothing_and_are_acknowledged_too(store: FakeAggregates, status: str) -> None:
    await register(store, device="d1")
    await mark(store, status, 2)
    assert is_registered(store)
    assert statuses(store.announced) == [(status, 0)]


async def test_the_same_device_id_in_another_runtime_is_another_device(store: FakeAggregates) -> None:
    await register(store, device="d1", backend=FOREIGN)
    await mark(store, "LOST", 2)
    assert is_registered(store, backend=FOREIGN)
    await register(store, "token-1", device="d1", backend=FOREIGN)


async def test_a_status_that_comes_late_does_and_says_nothing(store: FakeAggregates) -> None:
    await mark(store, "ACTIVE", 3)
    await register(store, device="d1")
    await mark(store, "LOST", 2)
    assert is_registered(store)
    assert statuses(store.announced) == [("ACTIVE", 0)]


@pytest.mark.parametrize("crash_before", range(12))
async def test_a_cascade_that_was_cut_short_goes_on_where_it_stopped(store: FakeAggregates, crash_before: int) -> None:
    await register(store, "token-1", device="d1")
    await register(store, "token-2", device="d1")
    store.meanwhile = {crash_before: _crash}
    with pytest.raises(ConnectionError):
        await mark(store, "LOST", 2)
    await mark(store, "LOST", 2)
    assert not is_registered(store, "token-1")
    assert not is_registered(store, "token-2")
    assert store.types().count(DEREGISTERED) == 2
    assert statuses(store.announced) == [("LOST", 2)]


async def _crash() -> None:
    raise ConnectionError


async def test_an_acknowledgement_is_left_to_the_status_that_overtook(store: FakeAggregates) -> None:
    await register(store, device="d1")

    async def active() -> None:
        await mark(store, "ACTIVE", 3)

    store.meanwhile = {1: active}
    await mark(store, "LOST", 2)
    assert is_registered(store)
    assert statuses(store.announced) == [("ACTIVE", 0)]


# --- what stays shut ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("token", "device"), [("token-1", "d1"), ("token-1", "d2"), ("token-1", None), ("new", "d1")])
async def test_a_shut_out_device_and_its_tokens_cannot_come_back_under_any_name(
    store: FakeAggregates, token: str, device: str | None
) -> None:
    await register(store, device="d1")
    await mark(store, "LOST", 2)
    announced = len(store.announced)
    for backend in (BACKEND, SIBLING):
        with pytest.raises(errors.DeviceBlocked):
            await register(store, token, device=device, backend=backend)
    assert len(store.announced) == announced


async def test_a_block_is_kept_for_a_device_that_was_never_seen(store: FakeAggregates) -> None:
    await mark(store, "LOST", 1)
    with pytest.raises(errors.DeviceBlocked):
        await register(store, device="d1")


async def test_deregistering_beforehand_does_not_free_the_token(store: FakeAggregates) -> None:
    await register(store, device="d1")
    await usecases.deregister(resources(store), BACKEND, a_payload())
    await mark(store, "LOST", 2)
    with pytest.raises(errors.DeviceBlocked):
        await register(store)
    assert statuses(store.announced) == [("LOST", 0)]


async def test_a_shut_out_device_has_nothing_left_to_deregister(store: FakeAggregates) -> None:
    await register(store, device="d1")
    await mark(store, "LOST", 2)
    with pytest.raises(errors.MobileClientNotFound):
        await usecases.deregister(resources(store), BACKEND, a_payload())


@pytest.mark.parametrize("device", ["d1", "d2", None])
async def test_active_frees_the_device_and_its_tokens(store: FakeAggregates, device: str | None) -> None:
    await register(store, device="d1")
    await mark(store, "LOST", 2)
    await mark(store, "ACTIVE", 3)
    assert (await register(store, device=device)).created


async def test_a_second_loss_counts_what_it_took_itself(store: FakeAggregates) -> None:
    await register(store, "token-1", device="d1")
    await register(store, "token-2", device="d1")
    await mark(store, "LOST", 2)
    await mark(store, "ACTIVE", 3)
    await register(store, "token-1", device="d1")
    await mark(store, "STOLEN", 4)
    assert statuses(store.announced) == [("LOST", 2), ("ACTIVE", 0), ("STOLEN", 1)]
    with pytest.raises(errors.DeviceBlocked):
        await register(store, "token-2")


# --- a registration against a status --------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(5))
async def test_a_status_between_any_two_steps_of_a_registration_wins(store: FakeAggregates, step: int) -> None:
    store.meanwhile = {step: lambda: mark(store, "LOST", 2)}
    with pytest.raises(errors.DeviceBlocked):
        await register(store, device="d1")
    assert not any(model.is_registered(one.state) for one in store.documents.values())
    assert store.types().count(REGISTERED) == store.types().count(DEREGISTERED)
    undone = [one.what for one in store.announced if one.what.type == DEREGISTERED]
    assert all((one.causationid, one.statussequence) == ("event-2", 2) for one in undone)


@pytest.mark.parametrize("step", range(3))
async def test_a_token_removed_between_any_two_steps_of_a_registration_wins(store: FakeAggregates, step: int) -> None:
    store.meanwhile = {step: lambda: push_token_removed(store)}
    with pytest.raises(errors.DeviceBlocked):
        await register(store)
    assert not any(model.is_registered(one.state) for one in store.documents.values())


@pytest.mark.parametrize("status", [lambda s: mark(s, "LOST", 2), push_token_removed])
@pytest.mark.parametrize("step", range(9))
async def test_a_registration_between_any_two_steps_of_the_cascade_loses(
    store: FakeAggregates, status: Callable[[FakeAggregates], Awaitable[None]], step: int
) -> None:
    await register(store, device="d1")
    outcomes: list[str] = []

    async def come_back() -> None:
        try:
            await register(store)
            outcomes.append("registered")
        except errors.DeviceBlocked:
            outcomes.append("refused")

    store.meanwhile = {step: come_back}
    await status(store)
    assert not is_registered(store), outcomes


async def test_a_block_alone_is_enough_to_refuse_a_client_that_was_linked_to_the_device_before(
    store: FakeAggregates,
) -> None:
    await register(store, device="d1")
    block = model.take_status(None, a_change("LOST", 2))
    store.documents["myruntime/d1"] = Aggregate("myruntime/d1", block, 1, 0)
    with pytest.raises(errors.DeviceBlocked):
        await register(store)
    assert not is_registered(store)


@pytest.mark.parametrize("step", [3, 4])
async def test_a_registration_left_behind_by_a_crash_is_ended_by_its_own_event(
    store: FakeAggregates, step: int
) -> None:
    await mark(store, "ACTIVE", 1)

    async def block_only_then_crash() -> None:
        block = model.take_status(store.documents["myruntime/d1"].state, a_change("LOST", 2))
        store.documents["myruntime/d1"] = Aggregate("myruntime/d1", block, 2, 1)
        raise ConnectionError

    store.meanwhile = {step: block_only_then_crash}
    with pytest.raises(ConnectionError):
        await register(store, device="d1")
    assert is_registered(store)
    key = store.announced[-1].subject
    await usecases.recheck(resources(store), key)
    await usecases.recheck(resources(store), key)
    assert not is_registered(store)
    assert store.types() == [APPLIED, REGISTERED, DEREGISTERED]


async def test_a_registration_in_order_is_left_alone_by_its_own_event(store: FakeAggregates) -> None:
    await register(store, device="d1")
    await usecases.recheck(resources(store), store.announced[0].subject)
    await usecases.recheck(resources(store), "client:nobody:knows")
    assert is_registered(store)
    assert store.types() == [REGISTERED]


async def test_a_late_check_does_not_end_a_registration_made_after_the_device_came_back(
    store: FakeAggregates,
) -> None:
    await register(store, device="d1")
    block = model.take_status(None, a_change("LOST", 2))
    store.documents["myruntime/d1"] = Aggregate("myruntime/d1", block, 1, 0)

    async def back() -> None:
        await mark(store, "ACTIVE", 3)
        await register(store, device="d1")

    store.meanwhile = {3: back}
    await usecases.recheck(resources(store), store.announced[0].subject)
    assert is_registered(store)


# --- a push token removed -------------------------------------------------------------------------------------------


async def test_a_removed_push_token_ends_the_clients_that_use_it_in_every_backend_of_the_runtime(
    store: FakeAggregates,
) -> None:
    for backend in (BACKEND, SIBLING, FOREIGN):
        await register(store, backend=backend)
    await push_token_removed(store)
    assert not is_registered(store, backend=BACKEND)
    assert not is_registered(store, backend=SIBLING)
    assert is_registered(store, backend=FOREIGN)
    gone = [one.what for one in store.announced if one.what.type == DEREGISTERED]
    assert {(one.deviceid, one.data["deviceId"], one.statussequence) for one in gone} == {("myruntime/d1", "d1", 2)}


async def test_a_removed_push_token_again_changes_nothing(store: FakeAggregates) -> None:
    await register(store)
    await push_token_removed(store)
    announced = len(store.announced)
    await push_token_removed(store)
    assert len(store.announced) == announced


async def test_a_removed_push_token_is_held_before_the_status_and_though_it_never_registered(
    store: FakeAggregates,
) -> None:
    await push_token_removed(store)
    for device in ("d1", "d2", None):
        with pytest.raises(errors.DeviceBlocked):
            await register(store, device=device)
    await mark(store, "LOST", 2)
    await mark(store, "ACTIVE", 3)
    assert (await register(store)).created


async def test_a_removed_push_token_that_comes_after_the_device_is_back_changes_nothing(store: FakeAggregates) -> None:
    await mark(store, "LOST", 2)
    await mark(store, "ACTIVE", 3)
    await register(store)
    await push_token_removed(store, sequence=2)
    assert is_registered(store)
    assert not (await register(store)).created


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_a_device_that_comes_back_meanwhile_keeps_its_new_registration(store: FakeAggregates, step: int) -> None:
    await register(store)

    async def back() -> None:
        await mark(store, "ACTIVE", 3)
        await register(store)

    store.meanwhile = {step: back}
    await push_token_removed(store, sequence=2)
    assert is_registered(store)
    assert store.meanwhile == {}
