"""Registrations, statuses and removed tokens that overtake one another at every step."""

from collections.abc import Awaitable, Callable

import pytest

from chassis.decisions import Aggregate
from mobile_platform import errors, model, usecases
from tests.unit.mobile_platform.fakes import (
    BACKEND,
    FOREIGN,
    SIBLING,
    FakeAggregates,
    a_change,
    resources,
)
from tests.unit.mobile_platform.steps import (
    APPLIED,
    DEREGISTERED,
    REGISTERED,
    is_registered,
    mark,
    push_token_removed,
    register,
)

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
