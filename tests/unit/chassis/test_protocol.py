"""What never becomes a request is answered in the service's own shape, and the connection ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from aiohttp import web
from prometheus_client import generate_latest

from chassis.errors import ErrorStyle, Refusal
from chassis.metrics import METRICS
from chassis.protocol import ServiceRunner
from chassis.web import create_web_app


class Style(ErrorStyle):
    """Says what was refused."""

    def translate(self, refusal: Refusal) -> Refusal:
        return refusal

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        if "explode" in path:
            raise RuntimeError("even the refusal failed")
        return {"code": refusal.code, "message": refusal.detail, "id": correlation_id}


async def greet(request: web.Request) -> web.Response:
    return web.Response(text=await request.text())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app() -> web.Application:
    app = create_web_app(style=Style(), max_body=100, headers={"X-Fixed": "always"})
    app.router.add_post("/", greet)
    return app


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(app: web.Application) -> AsyncIterator[tuple[str, int]]:
    runner = ServiceRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0]
    await runner.cleanup()


async def sent(address: tuple[str, int], raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Everything the server says until it closes the connection."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(raw)
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused_in_the_services_shape(address: tuple[str, int], raw: bytes) -> None:
    status, headers, body = await sent(address, raw)
    assert (status, headers["content-type"], headers["x-fixed"]) == (400, "application/json", "always")
    said = orjson.loads(body)
    assert said["code"] == "malformed_body"
    assert said["id"] == headers["x-correlation-id"]


async def test_a_fault_in_the_refusal_itself_still_has_the_shape(address: tuple[str, int]) -> None:
    status, headers, body = await sent(address, b"GET /explode HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (status, headers["content-type"]) == (500, "application/json")
    assert orjson.loads(body)["code"] == "internal_error"
    assert b"even the refusal" not in body


async def test_a_met_expectation_and_a_right_request_pass(address: tuple[str, int]) -> None:
    raw = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"
    status, _, rest = await sent(address, raw)
    assert status == 100
    assert rest.startswith(b"HTTP/1.1 200 OK")
    assert rest.endswith(b"hi")


async def test_methods_that_nobody_serves_make_no_metrics_of_their_own(
    app: web.Application, address: tuple[str, int]
) -> None:
    for method in (b"LOCK", b"M-SEARCH"):
        await sent(address, method + b" / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    metrics = generate_latest(app[METRICS].registry)
    assert b"LOCK" not in metrics
    assert b'method="_OTHER"' in metrics


async def test_bytes_that_are_no_text_can_be_quoted(address: tuple[str, int]) -> None:
    class Quoting(Style):
        def translate(self, refusal: Refusal) -> Refusal:
            return Refused(what=b"\xff".decode("utf-8", "surrogateescape"))

    app = create_web_app(style=Quoting(), max_body=100)
    runner = ServiceRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    status, _, body = await sent(runner.addresses[0], b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await runner.cleanup()
    assert (status, orjson.loads(body)["message"]) == (404, "what is ?")


class Refused(Refusal):
    status, code, message = 404, "refused", "what is {what}"
