"""`rollcall indexes` makes what the services would make themselves, and says what it did."""

import asyncio
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient, IndexModel

from rollcall import indexes
from rollcall.services import PUSH_REGISTRY, SERVICES
from tests.faults.servers import FaultMongod
from tests.integration.rollcall.site import Site
from tests.support.operator import command


async def names(site: Site) -> dict[str, set[str]]:
    found = {}
    for name, service in SERVICES.items():
        found[name] = set(await site.database[service.collection].index_information())
    return found


async def test_they_are_those_that_the_services_make(quiet_site: Site) -> None:
    said = await quiet_site.rollcall("indexes", "--json")
    assert said.exit == 0
    made = await names(quiet_site)
    assert {name: one["made"] for name, one in said.data["services"].items()} == {
        name: len(found) - 1 for name, found in made.items()
    }
    assert all(len(found) > 1 for found in made.values())
    await quiet_site.start()
    assert await names(quiet_site) == made


async def test_a_second_time_nothing_is_made(quiet_site: Site) -> None:
    await quiet_site.rollcall("indexes")
    before = await names(quiet_site)
    said = await quiet_site.rollcall("indexes")
    assert (said.exit, await names(quiet_site)) == (0, before)
    assert f"push-registry    0 made, {len(before['push-registry'])} in all" in said.out


async def test_one_that_is_there_with_another_meaning_is_refused_and_stays(quiet_site: Site) -> None:
    collection = quiet_site.database[PUSH_REGISTRY.collection]
    await collection.create_index([("other", 1)], name="token_keys")
    said = await quiet_site.rollcall("indexes", "--json")
    assert said.exit == 1
    services = said.data["services"]
    assert set(services.pop("push-registry")) == {"refused"}
    assert all(one["made"] > 0 for one in services.values())
    assert (await collection.index_information())["token_keys"]["key"] == [("other", 1)]


async def test_one_that_takes_long_is_waited_for(quiet_site: Site, mongodb_uri: str, database_name: str) -> None:
    """The driver gives an answer four seconds; the index is there when the command ends all the same."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, socketTimeoutMS=50) as client:
        collection = client[database_name]["slow"]
        await quiet_site.database["slow"].insert_many({"state": {"n": number}} for number in range(200_000))
        made = await indexes.make(collection, [IndexModel([("state.n", 1)], name="n")])
    assert made["indexes"] == 2
    assert set(await quiet_site.database["slow"].index_information()) == {"_id_", "n"}


async def test_a_mongodb_that_hangs_is_not_waited_for_without_end(quiet_site: Site, tmp_path: Path) -> None:
    async with FaultMongod(tmp_path / "mongod", tmp_path / "logs") as mongod:
        variables = {**quiet_site.variables, "MONGODB_URI": mongod.uri}
        assert (await command(variables, "indexes")).exit == 0
        mongod.pause()
        try:
            said = await asyncio.wait_for(command(variables, "indexes"), 60)
        finally:
            mongod.resume()
    assert (said.exit, said.out) == (3, "")
    assert "MongoDB does not answer" in said.err
