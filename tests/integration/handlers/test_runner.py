"""The runner as a process of its own: a file with ten lines runs, is healthy, counts, and stops when it is asked to."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.backends.ports import LOOPBACK, free_port
from deploy.local.service import IMPORTED_FROM
from device_events import KafkaConnection
from tests.support.polling import eventually
from tests.support.runners import a_trigger, trigger
from tests.support.topics import delete_topics

TEN_LINES = """\
from pathlib import Path

from device_events.handlers import CustomEvent, Handlers

handlers = Handlers()


@handlers.on("SendCoupon")
async def coupon(event: CustomEvent) -> None:
    Path(event.trigger_id).write_text(event.line("FirstName"))
"""
GROUP = "coupons"
OWN = [f"{GROUP}.dead-letters", f"{GROUP}.retries"]


@dataclass
class Process:
    """A running runner."""

    folder: Path
    port: int
    process: asyncio.subprocess.Process
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.folder / "log"

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body; 0 while nobody answers."""
        try:
            async with aiohttp.ClientSession() as http, http.get(f"http://{LOOPBACK}:{self.port}{path}") as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError:
            return 0, ""

    async def ready(self) -> bool:
        """What /health/ready says."""
        assert self.process.returncode is None, self.log.read_text()
        return (await self.get("/health/ready"))[0] == 200

    async def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)


def told(kafka: KafkaConnection, **more: str) -> dict[str, str]:
    """Variables for a runner on the test's broker."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": ",".join(kafka.bootstrap_servers),
        "KAFKA_IDEMPOTENT": str(kafka.idempotent),
        "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
        "KAFKA_FETCH_WAIT_MS": "10",
        "HOST": LOOPBACK,
        **more,
    }


@asynccontextmanager
async def started(folder: Path, variables: Mapping[str, str], *arguments: str) -> AsyncIterator[Process]:
    """`python -m device_events.handlers` in this folder, killed at the end if it still runs."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MONGODB", "KAFKA"))}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "device_events.handlers", *arguments),
            cwd=folder,
            env={**kept, "PORT": str(port), "PYTHONPATH": IMPORTED_FROM, **variables},
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        yield Process(folder, port, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_new_handler_file_with_ten_lines_runs(
    kafka: KafkaConnection, kafka_bootstrap: str, tmp_path: Path
) -> None:
    assert len(TEN_LINES.splitlines()) == 10
    (tmp_path / "coupons.py").write_text(TEN_LINES)
    event = a_trigger("SendCoupon")
    async with started(tmp_path, told(kafka), "coupons", "--create-topics") as runner:
        try:
            await eventually(runner.ready, within=30)
            await trigger(kafka, event)
            await eventually(lambda: (tmp_path / event.id).read_text() == "Jane", within=30)
            await eventually(lambda: _counted(runner, 'handler_tries_total{handler="coupon",result="done"} 1'))
            await eventually(lambda: _counted(runner, "consumer_handled_total 1"))
            await eventually(lambda: _counted(runner, "consumer_lag_records 0"))
            assert (await runner.get("/health/live"))[0] == 200
            assert (await runner.get("/elsewhere"))[0] == 404
            assert await runner.stop() == 0
        finally:
            await delete_topics(kafka_bootstrap, [kafka.name(name) for name in OWN])
    log = runner.log.read_text()
    assert '"event": "stopped"' in log
    assert "jane@example.com" not in log


async def _counted(runner: Process, line: str) -> bool:
    return line in (await runner.get("/metrics"))[1].splitlines()


async def test_without_its_topics_it_is_not_ready_and_names_them(kafka: KafkaConnection, tmp_path: Path) -> None:
    (tmp_path / "coupons.py").write_text(TEN_LINES)
    async with started(tmp_path, told(kafka), "coupons") as runner:

        async def waits() -> bool:
            status, body = await runner.get("/health/ready")
            return status == 503 and "topics" in body

        await eventually(waits, within=30)
        await eventually(lambda: OWN[0] in runner.log.read_text(), within=10)
        assert await runner.stop() == 0


async def test_a_stop_lets_handlers_in_hand_finish(
    kafka: KafkaConnection, kafka_bootstrap: str, tmp_path: Path
) -> None:
    waiting = "    Path('begun').touch()\n    await asyncio.sleep(1.5)\n    Path("
    slow = "import asyncio\n" + TEN_LINES.replace("    Path(", waiting)
    (tmp_path / "coupons.py").write_text(slow)
    event = a_trigger("SendCoupon")
    async with started(tmp_path, told(kafka), "coupons", "--create-topics") as runner:
        try:
            await eventually(runner.ready, within=30)
            await trigger(kafka, event)
            await eventually((tmp_path / "begun").exists, within=30)
            runner.process.send_signal(signal.SIGTERM)

            async def draining() -> bool:
                status, body = await runner.get("/health/ready")
                return status == 503 and "draining" in body

            await eventually(draining)
            assert await asyncio.wait_for(runner.process.wait(), 30) == 0
            assert (tmp_path / event.id).exists()
            assert await _committed(kafka) == 1
        finally:
            await delete_topics(kafka_bootstrap, [kafka.name(name) for name in OWN])


async def _committed(kafka: KafkaConnection) -> int:
    admin: AIOKafkaAdminClient = kafka.admin()
    await admin.start()
    try:
        offsets: Any = await admin.list_consumer_group_offsets(kafka.name(GROUP))
    finally:
        await admin.close()
    return sum(known.offset for partition, known in offsets.items() if "custom-events" in partition.topic)


@pytest.mark.parametrize(
    ("module", "variables", "said"),
    [
        ("nowhere", {}, ["no module 'nowhere'"]),
        ("empty", {}, ["must have one Handlers object, and has 0"]),
        ("coupons", {"KAFKA_BOOTSTRAP_SERVERS": "", "PORT": "x"}, ["KAFKA_BOOTSTRAP_SERVERS: ", "PORT: "]),
        ("coupons", {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, ["KAFKA_USERNAME: ", "KAFKA_PASSWORD: "]),
        ("durable", {"LOG_LEVEL": "LOUD"}, ["LOG_LEVEL: ", "MONGODB_URI: ", "SHOP_URL: "]),
    ],
)
async def test_what_cannot_be_run_ends_at_once_with_every_reason(
    tmp_path: Path, module: str, variables: dict[str, str], said: list[str]
) -> None:
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "coupons.py").write_text(TEN_LINES)
    durable = "from dataclasses import dataclass\n" + TEN_LINES.replace(
        "handlers = Handlers()",
        '@dataclass(frozen=True)\nclass Shop:\n    url: str\n\nhandlers = Handlers(Shop, prefix="SHOP_", records="r")',
    )
    (tmp_path / "durable.py").write_text(durable)
    given = {"KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:1", **variables}
    async with started(tmp_path, given, module) as runner:
        assert await asyncio.wait_for(runner.process.wait(), 30) == 2
    log = runner.log.read_text()
    assert [reason for reason in said if reason not in log] == [], log


async def test_a_port_that_is_taken_is_said(tmp_path: Path, kafka: KafkaConnection) -> None:
    (tmp_path / "coupons.py").write_text(TEN_LINES)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), LOOPBACK, 0)
    port = str(server.sockets[0].getsockname()[1])
    async with server, started(tmp_path, told(kafka, PORT=port), "coupons") as runner:
        assert await asyncio.wait_for(runner.process.wait(), 30) == 3
    assert f"cannot listen on {LOOPBACK}:{port}" in runner.log.read_text()
