"""The small answerer of probes and scrapers: what it answers, and what it does with callers that are none."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from device_events.handlers import endpoint as module
from device_events.handlers.endpoint import Answer, Endpoint


async def show() -> Answer:
    return Answer(200, b'{"status": "live"}')


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(module, "CALLER_LIMIT", 0.2)
    monkeypatch.setattr(module, "CONNECTIONS", 2)
    endpoint = Endpoint({"/health/live": show})
    yield await endpoint.start("127.0.0.1", 0)
    await endpoint.stop()


async def ask(port: int, request: bytes) -> tuple[str, str]:
    """The head and the body of all that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    head, _, body = answer.decode().partition("\r\n\r\n")
    return head, body


async def test_a_path_is_answered_and_the_connection_closed(port: int) -> None:
    head, body = await ask(port, b"GET /health/live?x=1 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert {"Connection: close", "Cache-Control: no-store", "Content-Length: 18"} <= set(head.split("\r\n"))
    assert body == '{"status": "live"}'


async def test_head_has_no_body(port: int) -> None:
    head, body = await ask(port, b"HEAD /health/live HTTP/1.1\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
    assert body == ""


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /elsewhere HTTP/1.1\r\n\r\n", 404),
        (b"POST /health/live HTTP/1.1\r\n\r\n", 405),
        (b"GET /health/live\r\n\r\n", 400),
        (b"GET /health/live HTTP/2\r\n\r\n", 400),
        (b"\xff\xfe GET HTTP/1.1\r\n\r\n", 400),
        (b"GET /health/live HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 400),
    ],
)
async def test_what_is_no_question_of_ours_is_refused(port: int, request_: bytes, status: int) -> None:
    head, _ = await ask(port, request_)
    assert head.startswith(f"HTTP/1.1 {status} ")


async def test_callers_that_never_ask_are_hung_up_on_and_keep_nobody_out_for_long(port: int) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    head, _ = await ask(port, b"GET /health/live HTTP/1.1\r\n\r\n")
    assert head.startswith("HTTP/1.1 503 ")
    for reader, writer in idle:
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    head, _ = await ask(port, b"GET /health/live HTTP/1.1\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
