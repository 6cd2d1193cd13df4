"""Our own mongod is a primary with transactions, keeps its data, and leaves nothing running."""

import asyncio
import os
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from deploy.local.backends import BackendError, Mongod
from tests.support.processes import is_running

Client = AsyncMongoClient[dict[str, object]]


async def test_is_a_primary_with_transactions(tmp_path: Path) -> None:
    async with Mongod(tmp_path / "data", tmp_path / "logs") as server, Client(server.uri) as client:
        assert (await client.admin.command("hello"))["isWritablePrimary"]
        devices = client["rollcall"]["devices"]
        async with client.start_session() as session, await session.start_transaction():
            await devices.insert_one({"_id": "phone"}, session=session)
        assert await devices.count_documents({}) == 1


async def test_keeps_its_data_over_a_kill_and_a_new_start(tmp_path: Path) -> None:
    server = Mongod(tmp_path / "data", tmp_path / "logs")
    async with server, Client(server.uri) as client:
        await client["rollcall"].get_collection("devices").insert_one({"_id": "phone"})
        await server.kill()
        assert server.pid is None
        await server.start()
        assert await client["rollcall"]["devices"].find_one({"_id": "phone"})


async def test_a_stop_leaves_no_process(tmp_path: Path) -> None:
    async with Mongod(tmp_path / "data", tmp_path / "logs") as server:
        pid = server.pid
        assert pid
        assert is_running(pid)
    assert not is_running(pid)


async def test_says_what_it_printed_when_it_cannot_start(tmp_path: Path) -> None:
    async with Mongod(tmp_path / "data", tmp_path / "logs") as running:
        with pytest.raises(BackendError, match="mongod ended with"):
            await Mongod(running.data, tmp_path / "other-logs").start()


async def test_a_missing_library_is_named_with_the_package_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "mongod"
    broken.write_text(
        "#!/bin/sh\necho 'mongod: error while loading shared libraries: libcurl.so.4: no' >&2\nexit 127\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(BackendError, match=r"libcurl\.so\.4.*apt-get install libcurl4.*MONGODB_URI"):
        await asyncio.wait_for(Mongod(tmp_path / "data", tmp_path / "logs").start(), 5)
