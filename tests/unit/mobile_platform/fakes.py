"""A working store in memory, with a place to let something else happen between two steps, and example data."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from chassis.aggregates import AggregateStore
from chassis.auth import Principal
from chassis.decisions import Aggregate, Announcement
from chassis.tokens import TokenDigest
from mobile_platform.model import StatusChange
from mobile_platform.settings import Backend, Catalogue
from mobile_platform.store import Store
from mobile_platform.usecases import Resources

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BACKEND = Backend(
    id="backend-1",
    runtime="myruntime",
    require_device_id=False,
    anonymous_key="YW5vbnltb3Vz",
    clients={"my.app.id": frozenset({"IOS", "ANDROID", "WEB"}), "my.other.app": frozenset({"IOS"})},
)
SIBLING = Backend(
    id="backend-2",
    runtime="myruntime",
    require_device_id=False,
    anonymous_key=None,
    clients={"my.app.id": frozenset({"IOS"})},
)
STRICT = Backend(
    id="backend-3",
    runtime="myruntime",
    require_device_id=True,
    anonymous_key=None,
    clients={"my.app.id": frozenset({"IOS"})},
)
FOREIGN = Backend(
    id="backend-4",
    runtime="otherruntime",
    require_device_id=False,
    anonymous_key=None,
    clients={"my.app.id": frozenset({"IOS"})},
)
CATALOGUE = Catalogue(backends={backend.id: backend for backend in (BACKEND, SIBLING, STRICT, FOREIGN)})
ALICE = Principal(name="alice", scheme="basic", roles=frozenset({BACKEND.role}), scopes=frozenset())


@dataclass(frozen=True)
class Announced:
    """An announcement with the document that made it and its place there."""

    subject: str
    sequence: int
    what: Announcement


@dataclass
class Clock:
    moment: datetime = NOON

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


@dataclass
class FakeAggregates:
    """`meanwhile[n]` runs before the n-th operation from now (0 is the next), as another process might."""

    documents: dict[str, Aggregate[Any]] = field(default_factory=dict)
    announced: list[Announced] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    meanwhile: dict[int, Callable[[], Awaitable[object]]] = field(default_factory=dict)

    async def _step(self) -> None:
        due = self.meanwhile.pop(0, None)
        waiting, self.meanwhile = self.meanwhile, {}
        if due:
            await due()
        self.meanwhile = {steps - 1: act for steps, act in waiting.items()}

    async def execute(self, id: str, decide: Callable[[Aggregate[Any]], Any], *, new: bool = False) -> Any:
        await self._step()
        current = self.documents.get(id, Aggregate(id, None, 0, 0))
        decision = decide(current)
        assert decide(current).state == decision.state, "a decision may run twice"
        if decision.state is None:
            assert not decision.events
            return decision.result
        for number, what in enumerate(decision.events, start=current.sequence + 1):
            self.announced.append(Announced(id, number, what))
        sequence = current.sequence + len(decision.events)
        self.documents[id] = Aggregate(id, decision.state, current.version + 1, sequence)
        return decision.result

    async def read(self, id: str) -> Aggregate[Any] | None:
        await self._step()
        return self.documents.get(id)

    async def find(self, filter: Mapping[str, Any]) -> list[Aggregate[Any]]:
        await self._step()
        return [document for document in self.documents.values() if _matches(document, filter)]

    async def count(self, filter: Mapping[str, Any]) -> int:
        await self._step()
        return sum(_matches(document, filter) for document in self.documents.values())

    def client(self, backend: Backend, token: str) -> Mapping[str, Any]:
        """The state of a client, as stored."""
        return cast(Mapping[str, Any], self.documents[f"client:{backend.id}:{digest(token)}"].state)

    def types(self) -> list[str]:
        return [announced.what.type for announced in self.announced]


def _matches(document: Aggregate[Any], filter: Mapping[str, Any]) -> bool:
    def value(path: str) -> Any:
        if path == "_id":
            return document.id
        found: Any = {"state": document.state}
        for step in path.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return found

    return all(
        value(path) in wanted["$in"] if isinstance(wanted, dict) else value(path) == wanted
        for path, wanted in filter.items()
    )


DIGESTS = TokenDigest(b"k" * 32)


def digest(token: str) -> str:
    return DIGESTS.of(token)


def resources(aggregates: FakeAggregates) -> Resources:
    return Resources(Store(cast(AggregateStore, aggregates)), CATALOGUE, DIGESTS)


def a_payload(token: str = "token-1", **changes: Any) -> dict[str, Any]:
    return {"mobile_client": {"id": "my.app.id", "platform": "IOS"}, "token": token, **changes}


def a_change(status: str = "LOST", sequence: int = 2, device_id: str = "d1") -> StatusChange:
    return StatusChange(f"myruntime/{device_id}", status, f"event-{sequence}", sequence)


def statuses(announced: Sequence[Announced]) -> list[tuple[str, int]]:
    """The acknowledged status changes and how many clients each took away."""
    return [
        (one.what.data["status"], one.what.data["effects"]["clientsDeregistered"])
        for one in announced
        if "effects" in one.what.data
    ]
