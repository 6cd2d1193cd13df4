"""Who may register and deregister, and what that leaves behind."""

import pytest

from chassis.auth import Principal
from mobile_platform import errors, usecases
from tests.unit.mobile_platform.fakes import (
    ALICE,
    BACKEND,
    SIBLING,
    STRICT,
    FakeAggregates,
    a_payload,
    digest,
    resources,
)
from tests.unit.mobile_platform.steps import DEREGISTERED, NOBODY, REGISTERED, TEAM, is_registered, register

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
