"""What a status takes away, and what stays shut."""

import pytest

from mobile_platform import errors, usecases
from tests.unit.mobile_platform.fakes import (
    BACKEND,
    FOREIGN,
    SIBLING,
    FakeAggregates,
    a_payload,
    resources,
    statuses,
)
from tests.unit.mobile_platform.steps import DEREGISTERED, is_registered, mark, register

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
