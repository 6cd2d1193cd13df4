"""Transactions outlive the process that accepted them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from device_admin import usecases
from device_admin.model import transaction as transactions
from device_admin.model.transaction import SERVICES, TransactionState, TransactionType
from device_admin.settings import Settings
from device_admin.usecases import Resources
from device_events import KafkaConnection
from tests.integration.device_admin.admin import Admin, status_changes
from tests.integration.device_admin.conftest import admin_running
from tests.support.polling import eventually


async def an_orphan(
    admin: Admin,
    runtime: str,
    device_id: str,
    status: str,
    *,
    age: float = 60,
    asynchronous: bool = True,
    type: TransactionType = TransactionType.CHANGE_DEVICE_STATUS,
    application: str | None = None,
) -> TransactionState:
    """A transaction that was accepted so many seconds ago by a process that went away at once."""
    transaction = transactions.accept(
        await admin.resources.store.next_transaction_id(),
        type=type,
        runtime=runtime,
        device_id=device_id,
        application=application,
        status=status,
        user="admin",
        server="rollcall",
        asynchronous=asynchronous,
        now=admin.resources.now() - timedelta(seconds=age),
    )
    await admin.resources.store.create_transaction(transaction)
    return transaction


def in_minutes(resources: Resources, minutes: float) -> Resources:
    """The same, so much later."""
    return replace(resources, now=lambda: resources.now() + timedelta(minutes=minutes))


async def acknowledge(admin: Admin, runtime: str, device_id: str, sequence: int, *services: str) -> None:
    """These services have applied the change with that sequence."""
    for service in services:
        await usecases.acknowledge(
            admin.resources, device=f"{runtime}/{device_id}", service=service, sequence=sequence, effects={"done": 1}
        )


async def announced(kafka: KafkaConnection, runtime: str, device_id: str, count: int) -> list[Any]:
    """All status changes of the device, of which there are this many."""
    async with status_changes(kafka) as changes:

        async def all_there() -> Any:
            events = await changes.of(runtime, device_id)
            return events if len(events) >= count else None

        events: list[Any] = await eventually(all_there)
    assert len(events) == count
    return events


async def test_an_orphan_that_never_reached_its_device_is_carried_out_once_by_any_replica(
    admin: Admin, settings: Settings, own_kafka: KafkaConnection, runtime: str
) -> None:
    await admin.know(runtime, "d")
    orphan = await an_orphan(admin, runtime, "d", "LOST")
    async with admin_running(settings) as other:
        recover: Callable[[Resources], Awaitable[None]] = usecases.recover_transactions
        await asyncio.gather(*(recover(replica.resources) for replica in (admin, other) for _ in range(3)))
    assert (await admin.transaction(runtime, orphan["id"]))["status"] == "COMMITTING"
    events = await announced(own_kafka, runtime, "d", 2)
    assert (events[1].data["status"], events[1].data["transactionId"]) == ("LOST", orphan["id"])


async def test_a_replica_recovers_what_another_left_behind_without_being_asked(
    admin: Admin, settings: Settings, runtime: str
) -> None:
    await admin.know(runtime, "d")
    orphan = await an_orphan(admin, runtime, "d", "STOLEN", asynchronous=False)
    async with admin_running(settings, transactions_every=0.1):

        async def succeeded() -> bool:
            return bool((await admin.transaction(runtime, orphan["id"]))["status"] == "SUCCESS")

        await eventually(succeeded)
    assert (await admin.devices(runtime))["d"]["status"] == "STOLEN"


async def test_an_orphan_that_had_reached_its_device_goes_on_from_there(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    await admin.know(runtime, "d")
    orphan = await an_orphan(admin, runtime, "d", "LOST")
    pending = dict(orphan)
    await usecases.carry_out(admin.resources, orphan)
    await admin.change(runtime, "d", "ACTIVE")
    # As if the process had died between the two writes.
    await admin.resources.store.decide_transaction(orphan["id"], lambda _: pending)  # type: ignore[arg-type, return-value]
    await usecases.recover_transactions(admin.resources)
    assert (await admin.transaction(runtime, orphan["id"]))["status"] == "COMMITTING"
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"
    assert len(await announced(own_kafka, runtime, "d", 3)) == 3


async def test_an_orphan_that_a_later_change_overtook_is_canceled_and_never_takes_effect(
    admin: Admin, own_kafka: KafkaConnection, runtime: str
) -> None:
    await admin.know(runtime, "d")
    orphan = await an_orphan(admin, runtime, "d", "LOST")
    later = await admin.change(runtime, "d", "ACTIVE")
    await usecases.recover_transactions(admin.resources)
    # The process that accepted it was not gone, only slow.
    await usecases.carry_out(admin.resources, orphan)
    shown = await admin.transaction(runtime, orphan["id"])
    assert shown["status"] == "CANCELED"
    assert str(later["transaction"]["id"]) in shown["errors"][0]["details"]
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"
    assert len(await announced(own_kafka, runtime, "d", 2)) == 2


async def test_a_young_pending_transaction_is_left_to_its_process(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    young = await an_orphan(admin, runtime, "d", "LOST", age=5)
    await usecases.recover_transactions(admin.resources)
    assert (await admin.transaction(runtime, young["id"]))["status"] == "PENDING"


async def test_an_orphan_without_a_device_fails_and_holds_up_no_other(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    lost = await an_orphan(admin, runtime, "nobody", "LOST", age=90)
    other = await an_orphan(admin, runtime, "d", "LOST")
    await usecases.recover_transactions(admin.resources)
    shown = await admin.transaction(runtime, lost["id"])
    assert (shown["status"], len(shown["errors"])) == ("FAILURE", 1)
    assert (await admin.transaction(runtime, other["id"]))["status"] == "COMMITTING"


async def test_a_late_service_is_named_and_still_counts_in_the_cascade(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    id = (await usecases.carry_out(admin.resources, await an_orphan(admin, runtime, "d", "LOST", age=0)))["id"]
    await acknowledge(admin, runtime, "d", 2, "contacts", "mobile-platform")
    await usecases.give_up_waiting(in_minutes(admin.resources, 4.9))
    assert (await admin.transaction(runtime, id))["status"] == "COMMITTING"
    await usecases.give_up_waiting(in_minutes(admin.resources, 5.1))
    shown = await admin.transaction(runtime, id)
    assert shown["status"] == "FAILURE"
    assert ["push-registry" in error["details"] for error in shown["errors"]] == [True]
    assert (await admin.devices(runtime))["d"]["status"] == "LOST"
    await acknowledge(admin, runtime, "d", 2, "push-registry")
    view = await admin.get(f"{runtime}/transactions/{id}/cascade")
    assert view["transactionStatus"] == "FAILURE"
    assert all(part["applied"] for part in view["services"])


async def test_an_acknowledgement_settles_every_earlier_transaction_of_the_device(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d", "other")
    changes = [
        await usecases.carry_out(admin.resources, await an_orphan(admin, runtime, device, status, age=0))
        for device, status in (("d", "LOST"), ("d", "ACTIVE"), ("d", "LOST"), ("other", "LOST"))
    ]
    await acknowledge(admin, runtime, "d", 3, *SERVICES)
    shown = [(await admin.transaction(runtime, change["id"]))["status"] for change in changes]
    assert shown == ["SUCCESS", "SUCCESS", "COMMITTING", "COMMITTING"]


async def test_an_acknowledgement_that_comes_before_the_transaction_has_followed_is_not_lost(
    admin: Admin, runtime: str
) -> None:
    await admin.know(runtime, "d")
    orphan = await an_orphan(admin, runtime, "d", "LOST")
    pending = dict(orphan)
    await usecases.carry_out(admin.resources, orphan)
    await admin.resources.store.decide_transaction(orphan["id"], lambda _: pending)  # type: ignore[arg-type, return-value]
    await acknowledge(admin, runtime, "d", 2, *SERVICES)
    assert (await admin.transaction(runtime, orphan["id"]))["status"] == "SUCCESS"


async def test_asynchronous_changes_in_hand_are_finished_before_the_service_stops(
    admin: Admin, settings: Settings, runtime: str
) -> None:
    await admin.know(runtime, *(f"d{number}" for number in range(20)))
    async with admin_running(settings) as other:
        answers = await asyncio.gather(
            *(other.change(runtime, f"d{number}", "LOST", **{"async": "true"}) for number in range(20))
        )
    states = [(await admin.transaction(runtime, answer["transaction"]["id"]))["status"] for answer in answers]
    assert set(states) == {"COMMITTING"}


async def test_the_indexes_serve_the_queries(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    await admin.change(runtime, "d", "LOST")
    collection = admin.resources.store._aggregates.collection
    now = admin.resources.now()
    for index, filter in (
        ("devices", {"state.kind": "device", "state.runtime": runtime, "state.device_id": {"$gt": "a"}}),
        (
            "devices_by_last_access",
            {"state.kind": "device", "state.status": "ACTIVE", "state.last_accessed": {"$lt": now}},
        ),
        ("transactions", {"state.kind": "transaction", "state.runtime": runtime}),
        ("transactions_open", {"state.open": True, "state.status": "PENDING", "state.updated": {"$lt": now}}),
        ("transactions_waiting", {"state.device": f"{runtime}/d", "state.waiting": "contacts"}),
    ):
        plan = await collection.find(filter).explain()
        assert f"'indexName': '{index}'" in str(plan["queryPlanner"]["winningPlan"])
