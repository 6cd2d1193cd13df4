"""A device's status and this service, over a real broker and a real database."""

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import Unavailable
from contacts import usecases
from contacts.model import Block, Registration, StatusChange
from contacts.store import ContactStore
from device_events import catalog
from tests.integration.contacts.stage import CATALOGUE, DEMO, MEMBERS, Stage, a_device
from tests.support.polling import eventually

TRIGGERED = catalog.CUSTOM_EVENT_TRIGGERED
ALERT, INVITE = ("SendDeviceLostAlert", "status"), ("SendEventInvite", "status")


async def test_a_lost_device_is_blocked_and_its_contacts_are_alerted(stage: Stage, device: str, email: str) -> None:
    contact = await stage.register({"Email": email}, device=device)
    member = await stage.register(device=device, list_id=MEMBERS)
    cause = await stage.mark(device, "LOST", 2)
    applied = await stage.applied(device, 2)
    assert applied.data == {
        "runtime": "myruntime",
        "deviceId": device,
        "service": "contacts",
        "status": "LOST",
        "effects": {"contactDevices": 2, "customEvents": 1},
    }
    assert (applied.causationid, applied.subject) == (cause, f"myruntime/{device}")
    (alert,) = await stage.heard_of(contact, 1, TRIGGERED)
    assert (alert.data["customEvent"], alert.data["cause"], alert.data["status"]) == (*ALERT, "LOST")
    assert (alert.data["deviceId"], alert.data["values"]) == (device, contact["Values"])
    assert (alert.causationid, alert.statussequence, alert.deviceid) == (cause, 2, f"myruntime/{device}")
    assert stage.custom_events(member) == [("SendWelcomeEmail", "registered")]
    assert await stage.devices(contact) == [device]


async def test_a_blocked_device_stays_out_under_any_name_until_it_is_active(
    stage: Stage, device: str, email: str
) -> None:
    contact = await stage.register({"Email": email}, device=device)
    await stage.mark(device, "DISABLED", 2)
    await stage.applied(device, 2)
    attempts: list[dict[str, Any]] = [
        {"device": device},
        {"device": a_device(), "old": device},
        {"device": device, "list_id": MEMBERS},
        {"device": device, "contact_id": contact["EncContactId"]},
        {"device": device, "values": {"Email": email}, "match": "Email"},
    ]
    for attempt in attempts:
        status, answer = await stage.try_to_register(**attempt)
        assert (status, answer["Code"]) == (403, "device_blocked")
    assert await stage.devices(contact) == [device]
    await stage.mark(device, "ACTIVE", 3, previous="DISABLED")
    await stage.applied(device, 3)
    again = await stage.register(device=device)
    assert again["EncContactId"] == contact["EncContactId"]


async def test_a_block_waits_for_a_device_that_nobody_has(stage: Stage, device: str) -> None:
    await stage.mark(device, "STOLEN", 2)
    assert (await stage.applied(device, 2)).data["effects"] == {"contactDevices": 0, "customEvents": 0}
    assert (await stage.try_to_register(device=device))[0] == 403


async def test_expired_blocks_nobody_and_runs_its_custom_events(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device, list_id=MEMBERS)
    await stage.mark(device, "EXPIRED", 2)
    await stage.applied(device, 2)
    await stage.mark(device, "ACTIVE", 3, previous="EXPIRED")
    await stage.applied(device, 3)
    await stage.heard_of(contact, 3, TRIGGERED)
    assert stage.custom_events(contact)[1:] == [INVITE, INVITE]
    await stage.register(device=device, list_id=MEMBERS)


async def test_a_first_sight_and_a_status_set_again_run_nothing(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device, list_id=MEMBERS)
    await stage.mark(device, "ACTIVE", 1, previous=None)
    await stage.mark(device, "ACTIVE", 2, previous="ACTIVE")
    assert (await stage.applied(device, 2)).data["effects"] == {"contactDevices": 1, "customEvents": 0}
    assert [one.statussequence for one in stage.acknowledgements(device)] == [2]
    assert stage.custom_events(contact) == [("SendWelcomeEmail", "registered")]
    assert (await stage.resources.store.blocks([f"myruntime/{device}"]))[f"myruntime/{device}"]["applied"] == 2


async def test_redeliveries_and_stale_events_do_nothing(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device)
    cause = await stage.mark(device, "LOST", 5)
    await stage.mark(device, "LOST", 5, id=cause)
    await stage.mark(device, "ACTIVE", 4, previous="STOLEN")
    await stage.mark(device, "LOST", 5, id=cause)
    await stage.applied(device, 5)
    before = await stage.state(contact)
    await stage.mark(device, "LOST", 5, id=cause)
    await stage.mark(device, "LOST", 6, previous="LOST")
    await stage.applied(device, 6)
    assert [one.statussequence for one in stage.acknowledgements(device)] == [5, 6]
    assert stage.custom_events(contact) == [ALERT]
    assert (await stage.state(contact))["updated_at"] == before["updated_at"]


async def test_the_highest_sequence_wins_whatever_the_order(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device)
    await stage.mark(device, "LOST", 4)
    await stage.mark(device, "LOST", 2)
    await stage.mark(device, "ACTIVE", 3, previous="LOST")
    await stage.mark(device, "LOST", 5, previous="LOST")
    await stage.applied(device, 5)
    assert stage.custom_events(contact) == [ALERT]
    assert (await stage.try_to_register(device=device))[0] == 403


class _Interrupted(ContactStore):
    """A store whose process ends, or to which something happens, at one point; afterwards it works."""

    def __init__(self, stage: Stage, **points: Callable[[], Awaitable[None]]) -> None:
        super().__init__(stage.aggregates)
        self.points = points

    async def reach(self, point: str) -> None:
        if happening := self.points.pop(point, None):
            await happening()

    async def holding(self, device_keys: Iterable[str]) -> Any:
        await self.reach("before_holding")
        return await super().holding(device_keys)

    async def change(self, id: str, decide: Any) -> Any:
        await self.reach("before_change")
        changed = await super().change(id, decide)
        await self.reach("after_change")
        return changed

    async def blocks(self, devices: Iterable[str]) -> Mapping[str, Block]:
        found = await super().blocks(devices)
        await self.reach("after_blocks")
        return found


class _Crash(Exception):
    pass


async def crash() -> None:
    raise _Crash


async def lose(stage: Stage, device: str, **points: Callable[[], Awaitable[None]]) -> None:
    change = StatusChange(
        runtime="myruntime", device_id=device, status="LOST", sequence=2, event_id="e1", previous="ACTIVE"
    )
    await usecases.apply_status(replace(stage.resources, store=_Interrupted(stage, **points)), change)


@pytest.mark.parametrize("point", ["before_holding", "before_change", "after_change"])
async def test_a_crash_amid_a_cascade_is_made_good_by_the_redelivery(stage: Stage, device: str, point: str) -> None:
    contact = await stage.register(device=device)
    with pytest.raises(_Crash):
        await lose(stage, device, **{point: crash})
    assert stage.acknowledgements(device) == []
    assert (await stage.try_to_register(device=device))[0] == 403
    for _ in range(2):
        await lose(stage, device)
    applied = await stage.applied(device, 2)
    assert applied.data["effects"] == {"contactDevices": 1, "customEvents": 1}
    assert stage.custom_events(contact) == [ALERT]
    assert len(stage.acknowledgements(device)) == 1


async def test_a_status_that_overtakes_a_registration_undoes_it(stage: Stage, device: str, email: str) -> None:
    interrupted = _Interrupted(stage, before_change=lambda: lose(stage, device))
    with pytest.raises(Exception, match="blocked"):
        await usecases.register_device(
            replace(stage.resources, store=interrupted),
            CATALOGUE.contact_lists[DEMO],
            Registration(values={"Email": email}, device_id=device),
        )
    assert await stage.holders(device) == []
    assert (await stage.try_to_register(device=device))[0] == 403


async def test_a_crash_before_the_undoing_is_repaired_by_the_services_own_event(
    stage: Stage, device: str, email: str
) -> None:
    async def lose_and_crash() -> None:
        interrupted.points["after_change"] = crash
        await lose(stage, device)

    interrupted = _Interrupted(stage, before_change=lose_and_crash)
    with pytest.raises(_Crash):
        await usecases.register_device(
            replace(stage.resources, store=interrupted),
            CATALOGUE.contact_lists[DEMO],
            Registration(values={"Email": email}, device_id=device),
        )

    async def is_free() -> bool:
        return not await stage.holders(device)

    await eventually(is_free)


async def test_a_device_its_contact_had_before_is_left_to_the_status(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device)

    async def block_only() -> None:
        with contextlib.suppress(_Crash):
            await lose(stage, device, before_holding=crash)

    interrupted = _Interrupted(stage, before_change=block_only)
    with pytest.raises(Exception, match="blocked"):
        await usecases.register_device(
            replace(stage.resources, store=interrupted),
            CATALOGUE.contact_lists[DEMO],
            Registration(values={}, device_id=device),
        )
    assert await stage.devices(contact) == [device]
    await lose(stage, device)
    await stage.applied(device, 2)
    assert stage.custom_events(contact) == [ALERT]


async def test_a_registration_that_was_in_time_is_not_taken_back_while_the_status_is_on_its_way(
    stage: Stage, device: str
) -> None:
    contact = await stage.register(device=device)
    with pytest.raises(_Crash):
        await lose(stage, device, before_holding=crash)
    (found,) = await stage.aggregates.find({"state.device_keys": f"{DEMO}:{device}"})
    demo = CATALOGUE.contact_lists[DEMO]
    with pytest.raises(Unavailable):
        await usecases.recheck_registration(stage.resources, demo, found.id, device, added=2)
    await lose(stage, device)
    await usecases.recheck_registration(stage.resources, demo, found.id, device, added=2)
    assert await stage.devices(contact) == [device]
