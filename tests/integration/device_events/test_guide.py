"""Every program of the guide is run as it is printed, on a real broker, and does what the guide says."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic
from aiosmtpd.controller import Controller
from pymongo import AsyncMongoClient

from deploy.local.backends.ports import free_port
from device_events import KafkaConnection, catalog
from tests.integration.device_events import guide
from tests.integration.device_events.guide import PACKAGE, Program, programs
from tests.integration.device_events.statuses import announce, status
from tests.support.announced import records
from tests.support.polling import eventually
from tests.unit.device_events.examples import example

pytestmark = pytest.mark.apache_kafka
HELPERS = {"my_kafka.py"}
ELSEWHERE = {"first.py"}  # tests/integration/stack: from a wheel, against a running stack
ENDLESS = {"handlers.py", "chosen.py", "with_store.py", "cache.py", "audit_log.py", "mail.py", "bridge.py"}
SHORT = {"secured.py"}


class Mails:
    """What was sent."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a mail."""
        self.texts.append(envelope.content.decode())
        return "250 kept"


@pytest_asyncio.fixture
async def other_bus(kafka: KafkaConnection) -> AsyncIterator[str]:
    """A topic that the bridge writes to."""
    admin = kafka.admin()
    await admin.start()
    await admin.create_topics([NewTopic("devices", 1, 1)])
    yield "devices"
    await admin.delete_topics(["devices"])
    await admin.close()


def test_every_program_is_run_by_a_test() -> None:
    assert set(programs()) == HELPERS | ELSEWHERE | ENDLESS | SHORT


@pytest.mark.timeout(240)
async def test_each_program_does_what_the_guide_says(
    kafka: KafkaConnection, mongodb_uri: str, tmp_path: Path, other_bus: str
) -> None:
    mails, port = Mails(), free_port()
    sink = Controller(mails, hostname="127.0.0.1", port=port)
    sink.start()
    variables = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers[0],
        "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
        "MONGODB_URI": mongodb_uri,
        "OTHER_BUS": kafka.bootstrap_servers[0],
        "SMTP_PORT": str(port),
    }
    await announce(kafka, [status("seen", 1, "ACTIVE", runtime="myruntime")])
    guide.unpack(tmp_path)
    async with contextlib.AsyncExitStack() as stack:
        run: dict[str, Program] = {}
        for name in sorted(ENDLESS):
            one = guide.running(tmp_path, name, variables, imports=str(PACKAGE.parent))
            run[name] = await stack.enter_async_context(one)
        await run["cache.py"].says("1 devices")
        await announce(kafka, [status("phone", 1, runtime="myruntime"), example(catalog.PUSH_REGISTERED)])
        await announce(kafka, [example(catalog.PUSH_TOKEN_REMOVED, id="removed", sequence=13)])
        await run["cache.py"].says("phone is now LOST")
        await run["handlers.py"].says("seen is ACTIVE", "phone is LOST", "d/1 cannot be reached: taken-over")
        await run["chosen.py"].says("phone is LOST", "d/1 uses myapp")
        assert "seen" not in run["chosen.py"].printed
        await run["with_store.py"].says("seen ACTIVE", "phone LOST")

        def audited() -> bool:
            lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
            return {line["id"]: line["data"]["status"] for line in lines} == {"seen-1": "ACTIVE", "phone-1": "LOST"}

        await eventually(audited, within=60)
        await eventually(lambda: len(mails.texts) == 1, within=60)
        assert "Subject: Device phone is lost" in mails.texts[0]
        assert "<phone-1@rollcall.example>" in mails.texts[0]
        await eventually(lambda: bridged(kafka, other_bus), within=60)
        async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
            seen = client["my_program"]["seen_events"]
            await eventually(lambda: seen.count_documents({"_id": {"$regex": "phone"}}), within=60)
            await client.drop_database("my_program")
        run["handlers.py"].process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(run["handlers.py"].process.wait(), 30) == 0
    sink.stop()


async def bridged(kafka: KafkaConnection, topic: str) -> bool:
    """Whether the other bus has both events, as CloudEvents, in their order."""
    told = [json.loads(record.value) for record in await records(kafka, [topic])]
    assert all(one["specversion"] == "1.0" and one["sequence"] == 1 for one in told)
    return {one["subject"] for one in told} == {"myruntime/seen", "myruntime/phone"}


async def test_the_program_for_a_secured_kafka_runs_and_says_what_is_wrong(tmp_path: Path) -> None:
    imports = str(PACKAGE.parent)
    guide.unpack(tmp_path)
    async with guide.running(tmp_path, "secured.py", {"KAFKA_PASSWORD": "x"}, imports=imports) as right:
        assert await asyncio.wait_for(right.process.wait(), 30) == 0
    wrong = {"KAFKA_PASSWORD": "", "KAFKA_CA_FILE": "/absent"}
    async with guide.running(tmp_path, "secured.py", wrong, imports=imports) as refused:
        assert await asyncio.wait_for(refused.process.wait(), 30) == 1
        await refused.says("cannot log in to Kafka: {'password': 'is needed for SASL_SSL'}")
