"""Reads and writes this service's collection: clients, held tokens and devices' blocks. Nobody else does."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from pymongo import IndexModel

from chassis.aggregates import AggregateStore
from chassis.decisions import Aggregate, Decision
from mobile_platform.model import Block, Cause, Client, TokenHold

R = TypeVar("R")

# Sparse: of the three kinds of documents only clients have these fields.
INDEXES = (
    IndexModel([("state.device", 1)], name="clients_by_device", sparse=True),
    IndexModel([("state.digest", 1)], name="clients_by_token", sparse=True),
    IndexModel([("state.released.device", 1), ("state.released.sequence", 1)], name="clients_released", sparse=True),
)

REMEMBERED = 4_096  # devices
Decide = Callable[[Aggregate[Client]], Decision[Client, R]]


class Store:
    """The ids keep the kinds apart: only a device's holds a slash, and only the others begin with their kind."""

    def __init__(self, aggregates: AggregateStore) -> None:
        self._aggregates = aggregates
        self._lately: OrderedDict[str, dict[str, tuple[int, int]]] = OrderedDict()

    def now(self) -> datetime:
        return self._aggregates.clock.now()

    async def change_client(self, backend: str, digest: str, decide: Decide[R]) -> R:
        return await self.change(client_key(backend, digest), decide)

    async def change(self, id: str, decide: Decide[R]) -> R:
        """Decide on a client by its document's id."""
        return await self._aggregates.execute(id, decide)

    async def change_token(
        self, runtime: str, digest: str, decide: Callable[[Aggregate[TokenHold]], Decision[TokenHold, R]]
    ) -> R:
        return await self._aggregates.execute(_token_key(runtime, digest), decide)

    async def change_block(
        self, device: str, decide: Callable[[Aggregate[Block]], Decision[Block, R]], *, new: bool = False
    ) -> R:
        """Decide on a device's block; `new` says that most likely there is none yet."""
        return await self._aggregates.execute(device, decide, new=new)

    async def read_client(self, id: str) -> Aggregate[Client] | None:
        """A client by its document's id."""
        return await self._aggregates.read(id)

    async def read_token(self, runtime: str, digest: str) -> TokenHold | None:
        found: Aggregate[TokenHold] | None = await self._aggregates.read(_token_key(runtime, digest))
        return found.state if found else None

    async def read_blocks(self, devices: Collection[str]) -> Mapping[str, Block]:
        """The blocks of those of the devices that have one."""
        if not devices:
            return {}
        found: list[Aggregate[Block]] = await self._aggregates.find({"_id": {"$in": list(devices)}})
        return {block.id: block.state for block in found if block.state}

    async def clients_of(self, device: str) -> list[Aggregate[Client]]:
        """Every client the device is known to have had here, those deregistered since among them."""
        return await self._aggregates.find({"state.device": device})

    def remember(self, device: str, id: str, sequence: int, *, seen: int) -> None:
        """A client has registered here for this device: its document's sequence, and the newest status then."""
        self._lately.setdefault(device, {})[id] = (sequence, seen)
        self._lately.move_to_end(device)
        if len(self._lately) > REMEMBERED:
            self._lately.popitem(last=False)

    def lately_of(self, device: str, *, before: int) -> Mapping[str, int]:
        """Clients that registered here for this device before this status: by id, with their sequences then.

        A guess, never all: others registered elsewhere, or too long ago.
        """
        known = self._lately.get(device, {})
        return {id: sequence for id, (sequence, seen) in known.items() if seen < before}

    async def registered_with(self, runtime: str, digest: str) -> list[Aggregate[Client]]:
        """The clients, in any backend of the runtime, that take notifications at this token."""
        return await self._aggregates.find({"state.digest": digest, "state.runtime": runtime, "state.registered": True})

    async def count_released(self, cause: Cause) -> int:
        """How many clients this status change has taken away."""
        return await self._aggregates.count(
            {"state.released.device": cause.device, "state.released.sequence": cause.sequence}
        )


def client_key(backend: str, digest: str) -> str:
    return f"client:{backend}:{digest}"


def _token_key(runtime: str, digest: str) -> str:
    return f"token:{runtime}:{digest}"
