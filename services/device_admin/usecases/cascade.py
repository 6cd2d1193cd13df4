"""Transactions that outlive the process that accepted them, or wait for other services."""

import asyncio
from collections.abc import Mapping

import structlog

from device_admin.model import transaction as transactions
from device_admin.model.submission import by_transaction
from device_admin.model.transaction import TransactionState, TransactionStatus
from device_admin.usecases.changes import carry_out_unattended
from device_admin.usecases.resources import Resources

log = structlog.get_logger()
_BATCH = 200


async def recover_transactions(resources: Resources) -> None:
    """Carry out what processes that are gone have left pending; another replica may do the same at the same time."""
    before = resources.now() - resources.settings.orphan_age
    orphans = await resources.store.left_in(TransactionStatus.PENDING, before=before, limit=_BATCH)
    for orphan in orphans:
        await carry_out_unattended(resources, orphan, recovering=True)


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
    remembered = by_transaction(state) if state else {}
    ids = {waiting["id"] for waiting in await resources.store.waiting_for(service, device=device)}
    # Word of the very change may come after word of a later one, and still tells what was done.
    ids |= {id for id, entry in remembered.items() if entry.get("sequence") == sequence}

    def settle(transaction: TransactionState) -> TransactionState:
        # After a failover an id may have been given out twice; the device that came second remembers another's.
        if transaction["device"] != device:
            return transaction
        if entry := remembered.get(transaction["id"]):
            transaction = transactions.follow(transaction, entry, resources.now())
        return transactions.acknowledge(transaction, service, sequence=sequence, effects=effects, now=resources.now())

    await asyncio.gather(*(resources.store.decide_transaction(id, settle) for id in ids))
