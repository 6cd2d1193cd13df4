"""Too many at once: the rest is told at once to come again, and whoever is in is served."""

import asyncio
import contextlib
import time

import pytest

from tests.integration.chassis.small import Answer, Caller, calling, small
from tests.support.polling import eventually


def says_come_again(answer: Answer | None) -> bool:
    """Whether this is a 503 in the contract's shape that says when to come again."""
    assert answer is not None
    assert answer.status == 503
    assert answer.data["code"] == "overloaded"
    assert answer.data["id"] == answer.headers["x-correlation-id"]
    assert int(answer.headers["retry-after"]) > 0
    return True


async def test_a_request_too_many_is_refused_at_once_and_served_when_there_is_a_place() -> None:
    async with small(requests=2) as server, contextlib.AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(calling(server.address)) for _ in range(3)]
        for caller in callers[:2]:
            await caller.get("/held")
        await eventually(lambda: server.begun == 2)
        began = time.monotonic()
        for _ in range(3):  # the connection stays: only the request is refused
            await callers[2].get("/held")
            assert says_come_again(await callers[2].answer())
        assert time.monotonic() - began < 1
        assert server.begun == 2
        assert (server.gate.in_hand, server.gate.refused) == (2, 3)
        server.go.set()
        for caller in callers[:2]:
            answer = await caller.answer()
            assert answer is not None
            assert answer.status == 200
        await callers[2].get("/held")
        answer = await callers[2].answer()
        assert answer is not None
        assert answer.status == 200
        assert server.gate.in_hand == 0


@pytest.mark.parametrize("path", ["/health/live", "/metrics"])
async def test_health_and_metrics_are_answered_however_full_it_is(path: str) -> None:
    async with small(requests=1) as server, calling(server.address) as busy, calling(server.address) as caller:
        await busy.get("/held")
        await eventually(lambda: server.begun == 1)
        await caller.get(path)
        answer = await caller.answer()
        assert answer is not None
        assert answer.status == 200


async def test_a_refused_request_with_a_body_leaves_its_connection_usable() -> None:
    async with small(requests=1) as server, calling(server.address) as busy, calling(server.address) as caller:
        await busy.get("/held")
        await eventually(lambda: server.begun == 1)
        await caller.say("POST / HTTP/1.1", "Host: x", "Content-Length: 5", body=b"hello")
        assert says_come_again(await caller.answer())
        server.go.set()
        assert await busy.answer()
        await caller.say("POST / HTTP/1.1", "Host: x", "Content-Length: 5", body=b"hello")
        answer = await caller.answer()
        assert answer is not None
        assert answer.data == {"bytes": 5}


async def test_a_place_is_given_back_though_the_client_has_gone() -> None:
    async with small(requests=1) as server, calling(server.address) as caller:
        await caller.get("/held")
        await eventually(lambda: server.begun == 1)
        caller.writer.transport.abort()
        server.go.set()
        await eventually(lambda: server.gate.in_hand == 0)
        assert server.ended == 1


async def test_a_connection_too_many_is_told_so_and_closed_and_one_more_is_cut_off() -> None:
    async with small(connections=2, surplus=1) as server, contextlib.AsyncExitStack() as stack:

        async def call() -> Caller:
            return await stack.enter_async_context(calling(server.address))

        first, second = await call(), await call()
        await eventually(lambda: server.connections == 2)
        third = await call()
        await eventually(lambda: server.connections == 3)
        fourth = await call()
        assert await fourth.closed() == b""
        await third.say("POST / HTTP/1.1", "Host: x", "Content-Length: 2", body=b"hi")
        answer = await third.answer()
        assert says_come_again(answer)
        assert answer is not None
        assert answer.headers["connection"] == "close"
        assert await third.closed() == b""
        await eventually(lambda: server.connections == 2)
        probe = await call()  # an orchestrator's: over a connection of its own each time
        await probe.get("/health/live")
        answer = await probe.answer()
        assert answer is not None
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        for caller in (first, second):
            await caller.say("POST / HTTP/1.1", "Host: x", "Content-Length: 2", body=b"hi")
            answer = await caller.answer()
            assert answer is not None
            assert answer.data == {"bytes": 2}
        first.writer.transport.abort()
        await eventually(lambda: server.connections == 1)
        fifth = await call()
        await fifth.say("POST / HTTP/1.1", "Host: x", "Content-Length: 2", body=b"hi")
        answer = await fifth.answer()
        assert answer is not None
        assert answer.data == {"bytes": 2}


async def test_a_connection_too_many_that_says_nothing_is_closed_soon() -> None:
    async with small(connections=1, surplus=1, receive=60.0, send=4.0) as server, calling(server.address) as first:
        await eventually(lambda: server.connections == 1)
        async with calling(server.address) as second:
            assert await second.closed(within=8) == b""
        await first.get("/health/live")
        assert await first.answer()


async def test_refusals_and_requests_in_hand_are_counted_in_the_metrics() -> None:
    async with small(requests=1) as server, calling(server.address) as busy, calling(server.address) as caller:
        await busy.get("/held")
        await eventually(lambda: server.begun == 1)
        await caller.get("/held")
        assert says_come_again(await caller.answer())
        await caller.get("/metrics")
        answer = await caller.answer()
        assert answer is not None
        assert b"requests_refused_total 1.0" in answer.body
        assert b"requests_in_hand 2.0" in answer.body  # this one is the second


async def test_a_thousand_at_once_on_a_place_for_ten_are_all_answered() -> None:
    async with small(requests=10, connections=500, surplus=1_000) as server:

        async def call() -> int:
            async with calling(server.address) as caller:
                await caller.say("POST / HTTP/1.1", "Host: x", "Content-Length: 2", "Connection: close", body=b"hi")
                answer = await caller.answer(within=30)
                return answer.status if answer else 0

        statuses = await asyncio.gather(*(call() for _ in range(1_000)))
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 10
        await eventually(lambda: server.connections == 0 and server.gate.in_hand == 0)
