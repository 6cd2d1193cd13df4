"""What a device's status does here: the block, the clients, the tokens, then the word of it."""

import asyncio
from collections.abc import Callable, Sequence

from chassis.decisions import Aggregate, Decision
from device_events.statuses import BLOCKING
from mobile_platform import events, model
from mobile_platform.model import Block, Cause, Client, StatusChange, TokenHold
from mobile_platform.usecases.resources import Resources
from mobile_platform.usecases.taking_away import taking_away


async def apply_status(resources: Resources, change: StatusChange) -> None:
    """Block or unblock a device, end its registrations, and acknowledge that once. Goes on where a crash stopped it."""
    if not await _take_status(resources, change):
        return
    runtime = change.device.partition("/")[0]
    clients = await resources.store.clients_of(change.device)
    digests = sorted({client.existing["digest"] for client in clients})
    # What is known to be the device's ends at once; its tokens are followed elsewhere beside that.
    await asyncio.gather(
        _end(resources, clients, change.cause),
        *(take_token_away(resources, runtime, digest, change.cause) for digest in digests),
    )
    deregistered = await resources.store.count_released(change.cause)
    await resources.store.change_block(change.device, _finishing(change, deregistered))


async def _take_status(resources: Resources, change: StatusChange) -> bool:
    """Write the device's block, and in the same commit the end of clients guessed to be its; whether more is to do.

    The guess spares most devices a second write before their clients are gone; what it misses is found once the block
    is there. It names only clients that registered before this status, as they were then. Few devices ever have a
    second status, so no block is read first; where there is one, the write finds out.
    """
    blocking = change.status in BLOCKING
    guessed = resources.store.lately_of(change.device, before=change.sequence) if blocking else {}
    taking, outstanding = _taking(change), False

    def take(current: Aggregate[Block]) -> Decision[Block, bool]:
        nonlocal outstanding
        decision = taking(current)
        outstanding = decision.result
        return decision

    def take_away(sequence: int) -> Callable[[Aggregate[Client]], Decision[Client, None]]:
        end = taking_away(change.cause, sequence, model.release)
        return lambda current: end(current) if outstanding else Decision(None)

    more, *_ = await asyncio.gather(
        resources.store.change_block(change.device, take, new=True),
        *(resources.store.change(id, take_away(sequence)) for id, sequence in guessed.items()),
    )
    return more


async def take_token_away(resources: Resources, runtime: str, digest: str, cause: Cause) -> None:
    """Hold a shut-out device's token back and end the registrations that use it, unless the device is back already."""
    await resources.store.change_token(runtime, digest, _holding(cause))
    await _end(resources, await resources.store.registered_with(runtime, digest), cause)


async def _end(resources: Resources, clients: Sequence[Aggregate[Client]], cause: Cause) -> None:
    # Asked after the clients were found, so none of them registered once the device was back.
    blocks = await resources.store.read_blocks([cause.device])
    if model.is_lifted(blocks.get(cause.device), cause.sequence):
        return
    registered = (client for client in clients if model.is_registered(client.state))
    await asyncio.gather(
        *(
            resources.store.change(client.id, taking_away(cause, client.sequence, model.release))
            for client in registered
        )
    )


def _holding(cause: Cause) -> Callable[[Aggregate[TokenHold]], Decision[TokenHold, None]]:
    return lambda current: Decision(None, model.hold(current.state, cause))


def _taking(change: StatusChange) -> Callable[[Aggregate[Block]], Decision[Block, bool]]:
    """Its result: whether there is more to do for this status."""

    def decide(current: Aggregate[Block]) -> Decision[Block, bool]:
        taken = model.take_status(current.state, change)
        if taken is None:
            return Decision(model.is_outstanding(current.state, change))
        if model.is_outstanding(taken, change):
            return Decision(True, taken)
        return Decision(False, taken, [events.status_applied(change, 0)])

    return decide


def _finishing(change: StatusChange, deregistered: int) -> Callable[[Aggregate[Block]], Decision[Block, None]]:
    def decide(current: Aggregate[Block]) -> Decision[Block, None]:
        finished = model.finish(current.state, change)
        return Decision(None, finished, [events.status_applied(change, deregistered)] if finished else [])

    return decide
