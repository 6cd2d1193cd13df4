"""A client that is slow on purpose, or stands still, holds its place for a bounded time only."""

import asyncio
import contextlib
import time

from tests.integration.chassis.small import LARGE, Caller, calling, small
from tests.support.polling import eventually

RECEIVE, SEND = 0.6, 0.6  # seconds
LATE = 3.0  # seconds: limit, look-out interval and what a busy machine adds


async def trickle(caller: Caller, data: bytes) -> None:
    """A byte at a time, so slowly that it would take for ever, until nobody listens."""
    with contextlib.suppress(ConnectionError):
        for byte in data:
            caller.writer.write(bytes([byte]))
            await caller.writer.drain()
            await asyncio.sleep(0.1)


async def test_a_head_that_trickles_in_is_refused_in_the_contracts_shape_and_the_connection_closed() -> None:
    async with small(receive=RECEIVE) as server, calling(server.address) as caller:
        began = time.monotonic()
        slow = asyncio.create_task(trickle(caller, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 1_000))
        answer = await caller.answer()
        assert answer is not None
        assert (answer.status, answer.data["code"]) == (400, "malformed_body")
        await caller.closed()
        assert RECEIVE <= time.monotonic() - began < RECEIVE + LATE
        await slow
        await eventually(lambda: server.connections == 0)


async def test_a_body_that_trickles_in_is_refused_and_gives_its_place_back() -> None:
    async with small(receive=RECEIVE, requests=1) as server, calling(server.address) as caller:
        began = time.monotonic()
        await caller.say("POST / HTTP/1.1", "Host: x", "Content-Length: 1000")
        slow = asyncio.create_task(trickle(caller, b"x" * 1_000))
        await eventually(lambda: server.gate.in_hand == 1)
        answer = await caller.answer()
        assert answer is not None
        assert (answer.status, answer.data["code"]) == (400, "malformed_body")
        assert answer.headers["connection"] == "close"
        assert server.gate.in_hand == 0
        await caller.closed()
        assert RECEIVE <= time.monotonic() - began < RECEIVE + LATE
        await slow
        await eventually(lambda: server.connections == 0)


async def test_the_same_for_a_body_in_chunks() -> None:
    async with small(receive=RECEIVE) as server, calling(server.address) as caller:
        await caller.say("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")
        slow = asyncio.create_task(trickle(caller, b"1\r\nx\r\n" * 200))
        answer = await caller.answer()
        assert answer is not None
        assert answer.status == 400
        await caller.closed()
        await slow


async def test_a_body_that_nobody_reads_does_not_hold_the_connection() -> None:
    async with small(receive=RECEIVE) as server, calling(server.address) as caller:
        await caller.say("POST /nowhere HTTP/1.1", "Host: x", "Content-Length: 1000")
        answer = await caller.answer()
        assert answer is not None
        assert answer.status == 404
        slow = asyncio.create_task(trickle(caller, b"x" * 1_000))
        await caller.closed(within=15)
        await slow


async def test_a_connection_that_never_says_anything_is_closed() -> None:
    async with small(receive=RECEIVE) as server, calling(server.address) as caller:
        began = time.monotonic()
        assert await caller.closed() == b""
        assert RECEIVE <= time.monotonic() - began < RECEIVE + LATE
        await eventually(lambda: server.connections == 0)


async def test_an_idle_connection_is_kept_for_longer_and_then_closed() -> None:
    async with small(receive=RECEIVE, idle=2 * RECEIVE + LATE) as server, calling(server.address) as caller:
        await caller.get("/health/live")
        assert await caller.answer()
        began = time.monotonic()
        assert await caller.closed() == b""
        assert time.monotonic() - began >= 2 * RECEIVE + LATE - 0.1


async def test_a_slow_handler_is_not_a_slow_client() -> None:
    async with small(receive=RECEIVE, send=SEND) as server, calling(server.address) as caller:
        await caller.get("/held")
        await eventually(lambda: server.begun == 1)
        await asyncio.sleep(RECEIVE + SEND + 0.5)
        server.go.set()
        answer = await caller.answer()
        assert answer is not None
        assert answer.status == 200


async def test_a_client_that_does_not_take_its_answer_is_cut_off() -> None:
    async with small(send=SEND) as server, calling(server.address) as caller:
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio types it as write-only
        await caller.get("/large")
        began = time.monotonic()
        await eventually(lambda: server.connections == 1)
        await eventually(lambda: server.connections == 0)
        assert SEND <= time.monotonic() - began < SEND + LATE
        assert server.gate.in_hand == 0


async def test_a_client_that_does_not_take_the_rest_of_a_closed_connection_is_cut_off() -> None:
    async with small(send=SEND) as server, calling(server.address) as caller:
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await caller.get("/large", close=True)
        await eventually(lambda: server.connections == 1)
        await eventually(lambda: server.connections == 0)


async def test_a_client_that_takes_a_large_answer_slowly_gets_all_of_it() -> None:
    async with small(send=SEND) as server:
        reader, writer = await asyncio.open_connection(*server.address, limit=65_536)
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        taken, began = 0, time.monotonic()
        while data := await reader.read(LARGE // 20):
            taken += len(data)
            await asyncio.sleep(0.02)
        assert time.monotonic() - began > SEND
        assert taken > LARGE
        writer.close()
