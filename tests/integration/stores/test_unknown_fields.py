"""A newer version writes beside this one: what it keeps in a document, at any depth, survives every write of ours."""

from collections.abc import Iterator
from typing import Any

from tests.integration.stores.life import Step, steps
from tests.integration.stores.stage import MEMBERS, Stage, stage

FIELD = "ofTomorrow"
# What tells the elements of a list from each other.
NAMES = ("application", "k", "service", "subject", "device", "id", "name")


async def test_fields_of_tomorrow_survive_every_write_of_today(mongodb_uri: str, database_name: str) -> None:
    wrote = set()
    async with stage(mongodb_uri, database_name) as one:
        for step in steps():
            before = await _written_by_tomorrow(one)
            versions = await _versions(one)
            await step.do(one)
            assert (await _versions(one) != versions) is step.writes, f"{step.member}: {step.name}"
            after = await _kept(one)
            gone = {mark: _forgotten(step, mark) for mark in before - after}
            assert [mark for mark, by in gone.items() if by is None] == [], f"{step.member}: {step.name}"
            assert set(gone.values()) == set(step.forgets), f"{step.member}: {step.name}"
            wrote |= {mark.partition("|")[2] for mark in after}
    # Nested ones have been there to be lost.
    assert {"registrations/app", "devices/one", "values/Email", "applications/app", "holders/fleet/one"} <= wrote
    assert {"acknowledgements/contacts", "heard/fleet/one", "released", "transactions/1", ""} <= wrote


async def _written_by_tomorrow(one: Stage) -> set[str]:
    """Have every document look as if the newer version had written it; returns the marks that it left."""
    marks = set()
    for member in MEMBERS:
        for id, document in (await one.documents(member)).items():
            if document["state"]:
                state = _marked(document["state"], f"{member} {id}|")
                marks |= set(_marks(state))
                await one.collections[member.source].update_one(
                    {"_id": id}, {"$set": {"state": state}, "$inc": {"version": 1}}
                )
    return marks


async def _versions(one: Stage) -> list[dict[str, int]]:
    found = [await one.documents(member) for member in MEMBERS]
    return [{id: document["version"] for id, document in documents.items()} for documents in found]


async def _kept(one: Stage) -> set[str]:
    return {
        mark
        for member in MEMBERS
        for document in (await one.documents(member)).values()
        for mark in _marks(document["state"])
    }


def _forgotten(step: Step, mark: str) -> str | None:
    """What the step forgets that this belongs to, or None."""
    path = mark.partition("|")[2]
    return next((gone for gone in step.forgets if not gone or path == gone or path.startswith(f"{gone}/")), None)


def _marked(value: Any, path: str) -> Any:
    """The same with a field in every object, whose value says where that is."""
    if isinstance(value, list):
        return [_marked(one, f"{path}/{_name(one, at)}") for at, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    below = {name: _marked(one, f"{path}{'' if path.endswith('|') else '/'}{name}") for name, one in value.items()}
    return {**below, FIELD: path}


def _name(value: Any, at: int) -> str:
    return next((str(value[name]) for name in NAMES if isinstance(value, dict) and name in value), str(at))


def _marks(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _marks(one)
    if isinstance(value, dict):
        if FIELD in value:
            yield value[FIELD]
        for one in value.values():
            yield from _marks(one)
