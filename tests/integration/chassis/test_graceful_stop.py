"""How a server stops: what is under way comes to its end, in a bounded time, and nothing new begins."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiohttp import web

from chassis import service as chassis_service
from chassis.health import HEALTH
from chassis.protocol import GRACE, ServiceRunner
from device_events import KafkaConnection, catalog
from tests.integration.chassis import greeter
from tests.integration.chassis.small import Caller, Small, calling, small
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.replicas import HeldStore

GREETING = b'{"number": 1}'


async def ask(caller: Caller, path: str = "/health/live") -> str:
    """The status of an answer and what it says of its connection."""
    await caller.get(path)
    answer = await caller.answer()
    assert answer is not None
    return f"{answer.status} {answer.headers.get('connection', '')}".strip()


async def test_while_draining_every_answer_ends_its_connection_and_new_ones_are_served() -> None:
    async with small() as server, calling(server.address) as caller:
        assert await ask(caller) == "200"
        server.runner.drain()
        assert await ask(caller) == "200 close"
        assert await caller.closed() == b""
        async with calling(server.address) as another:
            assert await ask(another) == "200 close"


async def stopping(server: Small) -> "asyncio.Task[None]":
    """The stop under way: the listener is closed."""
    task = asyncio.create_task(server.runner.cleanup())

    async def refused() -> bool:
        try:
            _, writer = await asyncio.open_connection(*address)
        except ConnectionRefusedError:
            return True
        writer.transport.abort()
        return False

    address = server.address
    await eventually(refused)
    return task


async def test_a_request_in_hand_is_answered_after_the_listener_has_closed() -> None:
    async with small(shutdown_timeout=10) as server, calling(server.address) as caller, calling(server.address) as idle:
        assert await ask(idle) == "200"
        await caller.get("/held")
        await eventually(lambda: server.begun == 1)
        stop = await stopping(server)
        assert await idle.closed(within=1) == b""
        server.go.set()
        answer = await caller.answer()
        assert answer is not None
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        await stop


async def test_a_request_whose_body_is_still_arriving_is_read_to_its_end() -> None:
    async with small(shutdown_timeout=10) as server, calling(server.address) as caller:
        await caller.say("POST / HTTP/1.1", "Host: x", "Content-Length: 6", body=b"abc")
        await eventually(lambda: server.gate.in_hand == 1)
        stop = await stopping(server)
        caller.writer.write(b"def")
        answer = await caller.answer()
        assert answer is not None
        assert answer.data == {"bytes": 6}
        await stop


async def test_a_request_whose_head_is_still_arriving_is_taken_too() -> None:
    async with small(shutdown_timeout=10) as server, calling(server.address) as caller:
        assert await ask(caller) == "200"
        caller.writer.write(b"GET /health/li")
        await eventually(lambda: any(one._head for one in server.runner.server.connections))
        stop = await stopping(server)
        caller.writer.write(b"ve HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await caller.answer()
        assert answer is not None
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        await stop


async def test_what_takes_longer_than_the_shutdown_timeout_is_cut_off() -> None:
    async with small(shutdown_timeout=0.5) as server, calling(server.address) as caller:
        await caller.get("/held")
        await eventually(lambda: server.begun == 1)
        began = time.monotonic()
        await server.runner.cleanup()
        assert 0.5 <= time.monotonic() - began < 0.5 + 2 * GRACE + 0.5
        assert server.ended == 0
        assert await caller.closed() == b""


@dataclass
class Held:
    """A service whose commits can be held half-way; its requests have a short time at the end."""

    app: web.Application
    runner: ServiceRunner
    stopped: bool = False

    @property
    def store(self) -> HeldStore:
        store = self.app[greeter.STORE]
        assert isinstance(store, HeldStore)
        return store

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.runner.addresses[0]
        return host, port

    @property
    def abandoned(self) -> bool:
        """Whether every client has gone, and the service knows it."""
        server = self.runner.server
        return server is not None and all(one.transport is None for one in server.connections)

    async def begin(self, caller: Caller) -> None:
        """A greeting whose decision has been made and is not yet written."""
        self.store.hold()
        head = ["PUT /greetings/anna HTTP/1.1", "Host: x", "Content-Type: application/json"]
        await caller.say(*head, f"Content-Length: {len(GREETING)}", body=GREETING)
        await self.store.found.wait()

    async def stop(self) -> None:
        if not self.stopped:
            self.stopped = True
            await self.runner.cleanup()


@pytest_asyncio.fixture
async def held(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Held]:
    monkeypatch.setattr(chassis_service, "AggregateStore", HeldStore)
    app = greeter.create(greeter.settings(mongodb_uri, database_name, kafka))
    service = Held(app, ServiceRunner(app, shutdown_timeout=0.3))
    await service.runner.setup()
    try:
        await web.TCPSite(service.runner, "127.0.0.1", 0).start()
        await eventually(lambda: not app[HEALTH].blockers, within=30)
        yield service
    finally:
        await service.stop()


async def is_announced(kafka: KafkaConnection) -> bool:
    events = await announced(kafka, catalog.DEVICE_STATUS_TOPIC)
    return [event.subject for event in events] == ["r/anna"]


async def test_a_client_gone_in_mid_request_changes_nothing_of_it(held: Held, kafka: KafkaConnection) -> None:
    async with calling(held.address) as caller:
        await held.begin(caller)
    await eventually(lambda: held.abandoned)
    assert await held.store.read("r/anna") is None
    held.store.release()

    async def marks() -> list[int]:
        found = await held.store.read("r/anna")
        return found.existing["marks"] if found else []

    assert await eventually(marks) == [1]
    await eventually(lambda: is_announced(kafka), within=30)


async def test_a_command_in_hand_is_committed_and_announced_though_its_request_was_cut_off(
    held: Held, kafka: KafkaConnection
) -> None:
    async with calling(held.address) as caller:
        await held.begin(caller)
        stop = asyncio.create_task(held.stop())
        assert await caller.closed(within=10) == b""
        held.store.release()
        await stop
    await eventually(lambda: is_announced(kafka), within=30)
