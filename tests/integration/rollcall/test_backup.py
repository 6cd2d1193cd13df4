"""A copy made by mongodump while changes go on, put back by mongorestore: what the guide calls enough is enough."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from device_events import catalog
from tests.integration.rollcall.site import Site
from tests.support import mongo_tools
from tests.support.polling import eventually

DEVICES, AT_ONCE = 24, 8
STATUSES = ("LOST", "ACTIVE", "STOLEN", "ACTIVE", "DISABLED")


async def ran(folder: Path, *command: str) -> None:
    """A program of MongoDB's, to its good end."""
    program = await asyncio.create_subprocess_exec(
        folder / command[0], *command[1:], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(program.communicate(), 60)
    assert program.returncode == 0, said.decode()


class Operators:
    """They change the statuses of devices, each of its own devices one after the other, until told to stop."""

    def __init__(self, site: Site, devices: list[str]) -> None:
        self.site = site
        self.devices = devices
        self.acknowledged: dict[str, str] = {}
        self.count = 0
        self.ending = asyncio.Event()

    async def work(self, number: int) -> None:
        round_ = 0
        while not self.ending.is_set():
            for device in self.devices[number::AT_ONCE]:
                status = STATUSES[(round_ + number) % len(STATUSES)]
                code, answer, _ = await self.site.set_status(device, status)
                assert (code, answer["ok"]) == (200, True), answer
                self.acknowledged[device] = status
                self.count += 1
            round_ += 1


async def ids_by_sequence(site: Site) -> Mapping[tuple[str, str, int], set[str]]:
    """The ids of all events that have one sequence of one source and subject."""
    found: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for event in await site.events(*catalog.CATALOG):
        found[event.source, event.subject, event.sequence].add(event.id)
    return found


async def test_a_copy_of_no_one_moment_is_enough(site: Site, tmp_path: Path) -> None:
    tools, archive = mongo_tools.folder_or_skip(), tmp_path / "copy.gz"
    uri, database = site.four.variables["MONGODB_URI"], site.database.name
    devices = [f"d-{number}" for number in range(DEVICES)]
    for device in devices:
        await site.register_push(device)
        await site.register_contact(f"{device}@example.com", device=device)
        await site.known(device)
    operators = Operators(site, devices)
    async with asyncio.TaskGroup() as tasks:
        for number in range(AT_ONCE):
            tasks.create_task(operators.work(number))
        await eventually(lambda: operators.count > 2 * DEVICES, within=30)
        await ran(tools, "mongodump", "--uri", uri, "--db", database, "--gzip", f"--archive={archive}")
        copied = operators.count
        await eventually(lambda: operators.count > copied + 2 * DEVICES, within=30)
        operators.ending.set()
    await eventually(site.is_quiet, within=30)
    await site.stop()
    await ran(
        *(tools, "mongorestore", "--uri", uri, "--nsInclude", f"{database}.*"),
        *("--drop", "--gzip", f"--archive={archive}"),
    )
    # As the guide has it: nobody serves meanwhile.
    done = await site.rollcall("reconcile", "--json")
    # It reports what only Kafka still tells: that statuses were applied, and contacts told, none of which is undone.
    assert {one["type"] for one in done.data["lost"]} == {catalog.DEVICE_STATUS_APPLIED, catalog.CUSTOM_EVENT_TRIGGERED}
    assert done.exit == 1, done.err
    await site.start()
    await eventually(site.is_quiet, within=30)
    for device, status in operators.acknowledged.items():
        assert (await site.known(device))["status"] == status
        if status != "ACTIVE":
            assert "token" not in (await site.push("GET", device))[1]
            assert (await site.register_contact(f"{device}@example.com", device=device))[0] == 403
    # And the next change has a sequence of its own.
    assert await site.changed(devices[0], "LOST")
    assert [key for key, ids in (await ids_by_sequence(site)).items() if len(ids) > 1] == []
