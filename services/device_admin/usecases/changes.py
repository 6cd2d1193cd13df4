"""What operators change: each change is a transaction, written first, so that it outlives this process."""

import asyncio
import time
from datetime import datetime

import structlog

from chassis.decisions import Aggregate, Decision
from chassis.errors import Refusal, Unavailable
from device_admin import errors
from device_admin.errors import problems
from device_admin.errors.problems import Problem
from device_admin.model import transaction as transactions
from device_admin.model.device import DeviceState, device_key
from device_admin.model.submission import by_transaction, require, submit
from device_admin.model.transaction import TransactionState, TransactionType
from device_admin.usecases.resources import Resources, changes

log = structlog.get_logger()
_LOOK_AGAIN = 0.05  # seconds


async def change_status(
    resources: Resources, *, runtime: str, device_id: str, status: str, user: str, asynchronous: bool
) -> TransactionState:
    """Set a device's status. Raises Unavailable while MongoDB may be behind Kafka."""
    what = TransactionType.CHANGE_DEVICE_STATUS
    return await _transact(resources, what, runtime, device_id, status=status, user=user, asynchronous=asynchronous)


async def remove_device(
    resources: Resources, *, runtime: str, device_id: str, user: str, asynchronous: bool
) -> TransactionState:
    """Forget a device, but not what shuts it out."""
    what = TransactionType.REMOVE_DEVICE
    return await _transact(resources, what, runtime, device_id, user=user, asynchronous=asynchronous)


async def change_application_status(
    resources: Resources,
    *,
    runtime: str,
    device_id: str,
    application: str,
    status: str,
    user: str,
    asynchronous: bool,
) -> TransactionState:
    """Note whether an application is enabled on a device."""
    what = TransactionType.CHANGE_DEVICE_APPLICATION_STATUS
    more = {"application": application, "status": status}
    return await _transact(resources, what, runtime, device_id, **more, user=user, asynchronous=asynchronous)


async def carry_out(
    resources: Resources, transaction: TransactionState, *, new: bool = False, recovering: bool = False
) -> TransactionState:
    """Let the device take the change, unless it already has, and the transaction follow the device.

    A `new` transaction is written first, and mostly by the same write: nobody is told of it before its device is.
    """
    now = resources.now()

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, DeviceState]:
        decided = submit(aggregate.state, aggregate.sequence, transaction, now, recovering=recovering)
        return Decision(result=decided[0], **changes(resources, aggregate, decided))

    try:
        if new:
            device = await resources.store.create_transaction_with(transaction, decide)
        else:
            device = await resources.store.decide_device(transaction["device"], decide)
    except Unavailable:
        raise
    except Refusal as refusal:
        problem = problems.not_taken(transaction["type"], errors.STYLE.translate(refusal))
        return await _fail(resources, transaction, problem)
    except Exception:
        if recovering and _is_hopeless(resources, transaction, now):
            log.exception("transaction_failed", transaction=transaction["id"])
            return await _fail(resources, transaction, problems.FAULT.problem())
        raise
    remembered = by_transaction(device)[transaction["id"]]
    return await resources.store.decide_transaction(
        transaction["id"], lambda state: transactions.follow(state, remembered, resources.now())
    )


async def carry_out_unattended(
    resources: Resources, transaction: TransactionState, *, recovering: bool = False
) -> None:
    """Nobody waits for the outcome: what fails here stays pending and is recovered later, by any replica."""
    try:
        await carry_out(resources, transaction, recovering=recovering)
    except Refusal as refusal:
        log.warning("transaction_left_pending", transaction=transaction["id"], reason=refusal.code)
    except Exception:
        log.exception("transaction_left_pending", transaction=transaction["id"])


async def _transact(
    resources: Resources,
    what: TransactionType,
    runtime: str,
    device_id: str,
    *,
    application: str | None = None,
    status: str | None = None,
    user: str,
    asynchronous: bool,
) -> TransactionState:
    """Accept a change and carry it out: now, or, if it is asynchronous, while the caller already has an answer."""
    looking = _device(resources, what, runtime, device_id, application)
    if what is TransactionType.CHANGE_DEVICE_STATUS:
        device, _ = await asyncio.gather(looking, resources.require_announcing())
    else:
        device = await looking
    transaction = transactions.accept(
        await resources.store.next_transaction_id(),
        type=what,
        runtime=runtime,
        device_id=device_id,
        application=application,
        status=status or device["status"],
        user=user,
        server=resources.settings.app_server_id,
        asynchronous=asynchronous,
        now=resources.now(),
    )
    if not asynchronous:
        return await carry_out(resources, transaction, new=True)
    await resources.store.create_transaction(transaction)
    task = asyncio.create_task(carry_out_unattended(resources, transaction))
    resources.background.add(task)
    task.add_done_callback(resources.background.discard)
    return transaction


async def _device(
    resources: Resources, what: TransactionType, runtime: str, device_id: str, application: str | None
) -> DeviceState:
    """The device that is to be changed. It is learnt by events, so what has just registered is waited for a moment."""
    deadline = time.monotonic() + resources.settings.device_patience
    state = None
    if what is TransactionType.CHANGE_DEVICE_STATUS:
        # Old or not, it shows that there is a device, and the change itself is decided on what is stored.
        state = resources.store.remembered_device(device_key(runtime, device_id))
    while True:
        state = state or await resources.store.device(device_key(runtime, device_id))
        try:
            return require(state, what, runtime=runtime, device_id=device_id, application=application)
        except Refusal:
            if time.monotonic() >= deadline:
                raise
        state = None
        await asyncio.sleep(_LOOK_AGAIN)


async def _fail(resources: Resources, transaction: TransactionState, problem: Problem) -> TransactionState:
    return await resources.store.decide_transaction(
        transaction["id"], lambda state: transactions.fail(state, problem, resources.now())
    )


def _is_hopeless(resources: Resources, transaction: TransactionState, now: datetime) -> bool:
    """Whether a fault has kept it from its device for so long that it will not be tried again."""
    return now - transaction["created"] > resources.settings.acknowledgement_timeout
