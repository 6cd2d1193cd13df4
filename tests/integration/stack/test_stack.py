"""The local stack as a person starts it: one process that answers for all of its servers."""

import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest
from pymongo import AsyncMongoClient

from deploy.local.options import NAMES
from deploy.local.service import REPOSITORY
from device_events import KafkaConnection, catalog
from tests.support.operator import command
from tests.support.polling import eventually
from tests.support.processes import is_running
from tests.support.stacks import ended, serving, start, variables_for

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="MongoDB and a broker come from pip on Linux only"),
    pytest.mark.timeout(240),
]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """A folder and ports of its own, so that a stack that runs already is not in the way."""
    return variables_for(tmp_path / "rollcall")


async def test_the_demo_shows_the_whole_cascade_and_leaves_nothing_behind(variables: dict[str, str]) -> None:
    status, printed = await ended(await start("demo", variables))
    assert status == 0, printed
    after = printed.partition(" LOST")[2]
    for effect in (
        "transaction 1: SUCCESS",
        "the push token is gone",
        "a new push token is refused: PUT answers 401",
        "the mobile client is deregistered: deregister answers 404",
        "the device is refused: registerDevice answers 403",
        "the SendDeviceLostAlert mail is delivered",
        "every service has reported",
    ):
        assert effect in after, printed
    home = Path(variables["ROLLCALL_HOME"])
    assert {path.name for path in home.iterdir()} == {"lock", "logs", "mailbox"}


async def test_a_serving_stack_says_where_everything_is_and_plays_again(variables: dict[str, str]) -> None:
    async with serving(variables) as (_, record):
        assert set(record["credentials"]) == {
            *("admin", "deployer", "operator", "monitor", "mobile_user", "mobile_user_without_role"),
            *("contacts", "contacts_readonly", "confidential_client"),
        }
        assert record["credentials"]["confidential_client"] == ["test", "test"]
        assert set(record["pids"]) == {"mongod", "tansu", "smtp-sink", "email-handlers", *NAMES}
        first = int(variables["ROLLCALL_FIRST_PORT"])
        assert record["services"] == {name: f"http://127.0.0.1:{first + n}" for n, name in enumerate(NAMES)}
        async with aiohttp.ClientSession() as session:
            for address in record["services"].values():
                async with session.get(f"{address}/health/ready") as answer:
                    assert answer.status == 200
        before = len([*Path(record["smtp"]["mailbox"]).glob("*.eml")])
        again = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.local.demo"), cwd=REPOSITORY, env=variables, stdout=asyncio.subprocess.PIPE
        )
        status, printed = await ended(again)
        assert status == 0, printed
        assert len([*Path(record["smtp"]["mailbox"]).glob("*.eml")]) == before + 2
        await _try_the_command(Path(variables["ROLLCALL_HOME"]) / "stack.json")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_everything_that_was_started(variables: dict[str, str], number: int) -> None:
    async with serving(variables) as (stack, record):
        stack.send_signal(number)
        assert (await ended(stack))[0] == 0
        assert [name for name, pid in record["pids"].items() if is_running(pid)] == []
        assert not (Path(variables["ROLLCALL_HOME"]) / "stack.json").exists()


async def test_a_killed_stack_takes_its_servers_along_and_the_next_one_starts_empty(variables: dict[str, str]) -> None:
    async with serving(variables) as (stack, record):
        stack.kill()
        await eventually(lambda: not any(is_running(pid) for pid in record["pids"].values()))
    status, printed = await ended(await start("demo", variables))
    assert status == 0, printed
    assert "transaction 1: SUCCESS" in printed


async def test_a_service_that_dies_ends_the_stack_and_is_named(variables: dict[str, str]) -> None:
    async with serving(variables) as (stack, record):
        os.kill(record["pids"]["contacts"], signal.SIGKILL)
        status, printed = await ended(stack)
        assert status == 1
        assert "contacts ended by itself (killed by SIGKILL)" in printed
        assert "logs/contacts.log" in printed
        assert [name for name, pid in record["pids"].items() if is_running(pid)] == []


async def test_a_taken_port_is_named_and_nothing_is_started(variables: dict[str, str]) -> None:
    port = int(variables["ROLLCALL_FIRST_PORT"]) + NAMES.index("contacts")
    with socket.create_server(("127.0.0.1", port)):
        status, printed = await ended(await start("run", variables))
    assert status == 1
    assert f"port {port} of contacts" in printed
    assert "Traceback" not in printed
    assert not Path(variables["ROLLCALL_HOME"]).exists()


async def test_another_stack_in_the_same_folder_is_refused(variables: dict[str, str]) -> None:
    async with serving(variables) as (_, record):
        other = {**variables, "ROLLCALL_FIRST_PORT": str(int(variables["ROLLCALL_FIRST_PORT"]) + 100)}
        status, printed = await ended(await start("run", other))
        assert status == 1
        assert "Another stack keeps its files in" in printed
        assert all(is_running(pid) for pid in record["pids"].values())


async def test_servers_of_your_own_are_used_and_left_as_they_were(
    variables: dict[str, str], mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool
) -> None:
    yours = {"MONGODB_URI": mongodb_uri, "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap}
    kind = {"KAFKA_IDEMPOTENT": str(kafka_is_real).lower()}
    before = await contents(mongodb_uri, kafka_bootstrap)
    status, printed = await ended(await start("demo", {**variables, **yours, **kind}))
    assert status == 0, printed
    assert "mongod " not in printed
    assert "tansu " not in printed
    assert await contents(mongodb_uri, kafka_bootstrap) <= before


async def contents(mongodb_uri: str, kafka_bootstrap: str) -> set[str]:
    """The names of all databases and of Rollcall's topics."""
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as client:
        databases = await client.list_database_names()
    admin = KafkaConnection(bootstrap_servers=[kafka_bootstrap]).admin()
    await admin.start()
    try:
        topics = await admin.list_topics()
    finally:
        await admin.close()
    return {*databases, *(topic for topic in topics if "rollcall" in topic)}


async def _try_the_command(file: Path) -> None:
    """The operator's command needs nothing but the record, also with this broker, which is not Kafka in everything."""
    told = {"ROLLCALL_STACK": str(file)}
    tail = await command(told, "events", "tail", "--from", "1h", "--type", "device.status-changed", "--count", "2")
    assert (tail.exit, tail.err) == (0, ""), tail.err
    device = re.search(r"myruntime/(\S+)", tail.out)
    assert device
    changed = await command({}, "status", "set", "myruntime", device[1], "ACTIVE", "--wait", "--stack", str(file))
    assert (changed.exit, changed.err) == (0, ""), changed.err
    shown = await command(told, "device", "show", "myruntime", device[1], "--json")
    assert shown.exit == 0, shown.err
    (let_in,) = [one for one in shown.data["timeline"] if one["data"].get("previous") == "LOST"]
    assert len([one for one in let_in["effects"] if one["type"] == catalog.DEVICE_STATUS_APPLIED]) == 3
    replay = ("replay", "--topic", catalog.DEVICE_STATUS_TOPIC, "--from", "1h", "--device", device[1])
    handed = await command(told, *replay, "--group", "contacts", "--json")
    assert (handed.exit, handed.data["handed"]) == (0, 3), handed.err
