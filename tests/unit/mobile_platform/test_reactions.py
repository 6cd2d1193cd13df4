"""Which events this service listens to, and what they make it do."""

from typing import Any

import pytest

from device_events import Event, Rejected, catalog
from mobile_platform import usecases
from mobile_platform.reactions import REACTIONS
from tests.unit.mobile_platform.fakes import (
    ALICE,
    BACKEND,
    NOON,
    FakeAggregates,
    a_payload,
    digest,
    resources,
    statuses,
)


def an_event(type_: str, data: dict[str, Any], **attributes: Any) -> Event:
    said: dict[str, Any] = {
        "id": "e-2",
        "source": "/rollcall/x",
        "subject": "myruntime/d1",
        "sequence": 2,
        **attributes,
    }
    return Event(type=type_, time=NOON, data={"runtime": "myruntime", "deviceId": "d1", **data}, **said)


def token_removed(**attributes: Any) -> Event:
    data = {"applicationId": "myapp", "tokenDigest": digest("token-1"), "reason": "status"}
    return an_event(catalog.PUSH_TOKEN_REMOVED, data, **attributes)


@pytest.fixture
async def store() -> FakeAggregates:
    store = FakeAggregates()
    await usecases.register(resources(store), BACKEND, ALICE, a_payload(), "d1")
    return store


async def react(store: FakeAggregates, event: Event) -> None:
    await REACTIONS[event.type](resources(store), event)


def is_registered(store: FakeAggregates) -> bool:
    return bool(store.client(BACKEND, "token-1").get("registered"))


async def test_a_status_is_applied_with_the_events_id_and_sequence(store: FakeAggregates) -> None:
    event = an_event(catalog.DEVICE_STATUS_CHANGED, {"status": "LOST", "reason": "operator"})
    await react(store, event)
    await react(store, event)
    assert not is_registered(store)
    assert statuses(store.announced) == [("LOST", 1)]
    assert {one.what.causationid for one in store.announced[1:]} == {"e-2"}
    assert {one.what.statussequence for one in store.announced[1:]} == {2}


async def test_a_removed_push_token_carries_its_cause_on(store: FakeAggregates) -> None:
    await react(store, token_removed(id="e-7", sequence=9, causationid="e-2", statussequence=2))
    assert not is_registered(store)
    assert (store.announced[-1].what.causationid, store.announced[-1].what.statussequence) == ("e-2", 2)


async def test_a_push_token_that_another_device_took_over_concerns_nobody_here(store: FakeAggregates) -> None:
    event = token_removed(causationid="e-2", statussequence=2)
    await react(
        store,
        Event(
            type=event.type,
            id="e",
            source="s",
            subject="s",
            time=NOON,
            sequence=1,
            data={**event.data, "reason": "taken-over"},
        ),
    )
    assert is_registered(store)


async def test_a_push_token_removed_by_no_status_we_could_order_is_rejected(store: FakeAggregates) -> None:
    with pytest.raises(Rejected):
        await react(store, token_removed(causationid=None, statussequence=None))


async def test_our_own_registrations_are_checked_again(store: FakeAggregates) -> None:
    own = store.announced[0]
    event = an_event(own.what.type, dict(own.what.data), subject=own.subject, sequence=own.sequence)
    await react(store, event)
    assert is_registered(store)
