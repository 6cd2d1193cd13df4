"""Every query that a store sends to MongoDB: its shape, what MongoDB plans for it, and whether it names its shard."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chassis.mongo import Document
from tests.integration.stores.stage import OWN

# Of one session or connection; an explained command has none.
_PASSING = ("lsid", "txnNumber", "$clusterTime", "$db", "$readPreference", "writeConcern", "apiVersion")


class Query(NamedTuple):
    """`shape`: the operation and the fields that it looks by. `plan`: the indexes read, or COLLSCAN.

    `key`: "one" or "several" values of _id are named, or "none".
    """

    collection: str
    shape: str
    plan: str
    key: str


@dataclass
class Recorder(CommandListener):
    """Hears every command but the tests' own; keeps those with a filter, one of each shape."""

    commands: dict[tuple[str, str, str], Document] = field(default_factory=dict)

    def started(self, event: CommandStartedEvent) -> None:
        """Take it apart: an update may hold many."""
        if event.command.get("comment") == OWN:
            return
        for shape, single in _apart(dict(event.command)):
            self.commands.setdefault((event.command[event.command_name], shape, _key(_filter(single))), single)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""

    async def explained(self, database: AsyncDatabase[Document]) -> set[Query]:
        """What MongoDB plans for each of them on the data as it is."""
        found = set()
        for (collection, shape, key), command in self.commands.items():
            plan = await database.command({"explain": command, "verbosity": "queryPlanner"})
            found.add(Query(collection, shape, ", ".join(sorted(set(_indexes(plan)))), key))
        return found


def _apart(command: Document) -> Iterator[tuple[str, Document]]:
    """Commands with one filter each, and their shapes."""
    bare = {name: value for name, value in command.items() if name not in _PASSING}
    name = next(iter(bare))
    singles = [{**bare, "updates": [one]} for one in bare["updates"]] if name == "update" else [bare]
    for single in singles:
        if name in ("find", "update", "delete", "findAndModify", "aggregate", "count"):
            fields = ", ".join(dict.fromkeys(_fields(_filter(single))))
            by = "".join(f" by {one}" for one in single.get("sort", {}))
            yield f"{name} {fields or 'everything'}{by}", single


def _filter(command: Document) -> Mapping[str, Any]:
    match next(iter(command)):
        case "update":
            return dict(command["updates"][0]["q"])
        case "aggregate":
            return dict(command["pipeline"][0].get("$match", {}))
        case "delete":
            return dict(command["deletes"][0]["q"])
    return dict(command.get("filter") or command.get("query") or {})


def _fields(filter: Mapping[str, Any]) -> Iterator[str]:
    for name, value in filter.items():
        if name in ("$and", "$or"):
            for part in value:
                yield from _fields(part)
        else:
            yield name


def _key(filter: Mapping[str, Any]) -> str:
    wanted = filter.get("_id")
    if wanted is None:
        return "none"
    return "several" if isinstance(wanted, Mapping) else "one"


def _indexes(plan: Any) -> Iterator[str]:
    """The indexes that a plan reads; a collection read from end to end is named COLLSCAN."""
    if isinstance(plan, list):
        for one in plan:
            yield from _indexes(one)
    if isinstance(plan, dict):
        match plan.get("stage"):
            case "IDHACK":
                yield "_id_"
            case "IXSCAN" | "COUNT_SCAN" | "DISTINCT_SCAN":
                yield plan["indexName"]
            case "COLLSCAN":
                yield "COLLSCAN"
        for name, one in plan.items():
            if name != "rejectedPlans":
                yield from _indexes(one)
