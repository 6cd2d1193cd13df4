"""Too much at once: a request has so many bytes of head and body, so many fields, and no more."""

import gzip
import zlib

import pytest

from tests.integration.chassis.small import MAX_BODY, Answer, calling, small
from tests.support.memory import resident
from tests.support.polling import eventually

MEGABYTE = 1024 * 1024


async def answered(*lines: str, body: bytes = b"", **limits: int) -> Answer | None:
    """What a server says to this request, after which it closes the connection if that was none."""
    async with small(**limits) as server, calling(server.address) as caller:
        await caller.say(*lines, body=body)
        answer = await caller.answer()
        if answer and answer.status == 400:
            assert await caller.closed() == b""
        return answer


@pytest.mark.parametrize(
    "lines",
    [
        ["GET /" + "a" * 9_000 + " HTTP/1.1", "Host: x"],
        ["GET / HTTP/1.1", "Host: x", "X-Long: " + "a" * 17_000],
        ["GET / HTTP/1.1", "Host: x", "X-" + "a" * 17_000 + ": a"],
        ["GET / HTTP/1.1", "Host: x", *(f"X-{number}: a" for number in range(128))],
    ],
    ids=["line", "field", "name", "fields"],
)
async def test_a_head_beyond_a_bound_is_refused_in_the_contracts_shape(lines: list[str]) -> None:
    answer = await answered(*lines)
    assert answer is not None
    assert (answer.status, answer.data["code"]) == (400, "malformed_body")


async def test_a_head_of_many_large_fields_is_refused_before_it_is_complete() -> None:
    async with small() as server, calling(server.address) as caller:
        await caller.get("/health/live")
        assert await caller.answer()
        caller.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        for number in range(7):  # each is allowed, and the last makes too many bytes
            caller.writer.write(f"X-{number}: {'a' * 16_000}\r\n".encode())
        answer = await caller.answer()
        assert answer is not None
        assert (answer.status, answer.data["code"]) == (400, "malformed_body")
        await eventually(lambda: server.connections == 0)


async def test_a_body_as_large_as_allowed_is_read_and_one_byte_more_is_not() -> None:
    answer = await answered("POST / HTTP/1.1", "Host: x", f"Content-Length: {MAX_BODY}", body=b"x" * MAX_BODY)
    assert answer is not None
    assert answer.data == {"bytes": MAX_BODY}
    answer = await answered("POST / HTTP/1.1", "Host: x", f"Content-Length: {MAX_BODY + 1}", body=b"x" * (MAX_BODY + 1))
    assert answer is not None
    assert (answer.status, answer.data["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_small_body_that_unfolds_into_a_large_one_costs_no_memory(coding: str) -> None:
    large = b"\0" * (256 * MEGABYTE)
    folded = gzip.compress(large) if coding == "gzip" else zlib.compress(large)
    del large
    assert len(folded) < MEGABYTE
    async with small() as server:
        before = resident()
        for _ in range(3):
            async with calling(server.address) as caller:
                head = [
                    "POST / HTTP/1.1",
                    "Host: x",
                    f"Content-Encoding: {coding}",
                    f"Content-Length: {len(folded)}",
                ]
                await caller.say(*head, body=folded)
                answer = await caller.answer()
                assert answer is not None
                assert (answer.status, answer.data["code"]) == (413, "body_too_large")
        assert resident() - before < 30 * MEGABYTE


async def test_a_body_without_end_is_refused_and_costs_no_memory() -> None:
    async with small(receive=2.0) as server, calling(server.address) as caller:
        before = resident()
        await caller.say("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        sent = 0
        while sent < 200 * MEGABYTE and not caller.writer.transport.is_closing():
            caller.writer.write(chunk)
            sent += len(chunk)
            try:
                await caller.writer.drain()
            except ConnectionError:
                break
        answer = await caller.answer(within=20)
        assert answer is None or answer.status == 413
        assert resident() - before < 40 * MEGABYTE
        await eventually(lambda: server.connections == 0, within=20)


async def test_a_thousand_requests_in_one_go_wait_outside() -> None:
    async with small() as server, calling(server.address) as caller:
        before = resident()
        request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + b"x" * 50_000
        await caller.get("/held")
        caller.writer.write(request * 1_000)
        own = 50_000_000  # what this test itself holds of them
        await eventually(lambda: server.begun == 1)
        assert resident() - before < own + 40 * MEGABYTE
        server.go.set()
        answers = [await caller.answer() for _ in range(1_001)]
        assert [answer.status for answer in answers if answer] == [200] * 1_001
