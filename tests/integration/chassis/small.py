"""A small application on a port, with bounds of its own, and a client that says every byte itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from chassis.bodies import read_body
from chassis.gate import GATE, Gate
from chassis.health import show_live
from chassis.limits import HttpLimits
from chassis.metrics import show_metrics
from chassis.protocol import ServiceRunner
from chassis.web import create_web_app, json_response
from tests.integration.chassis.greeter import Plain

MAX_BODY = 65_536
LARGE = 8 * 1024 * 1024  # bytes: more than the buffers of a connection take


@dataclass
class Small:
    """The application as it serves. A request for /held is answered once `go` is set; `begun` counts those."""

    limits: HttpLimits
    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    ended: int = 0
    runner: Any = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.runner.addresses[0]
        return host, port

    @property
    def gate(self) -> Gate:
        """Who counts the requests in hand."""
        return self.runner.app[GATE]  # type: ignore[no-any-return]

    @property
    def connections(self) -> int:
        """How many connections the server has."""
        return len(self.runner.server.connections)

    async def hold(self, _request: web.Request) -> web.Response:
        """GET /held."""
        self.begun += 1
        await self.go.wait()
        self.ended += 1
        return json_response({"held": True})


async def _count(request: web.Request) -> web.Response:
    return json_response({"bytes": len(await read_body(request))})


async def _large(_request: web.Request) -> web.Response:
    return web.Response(body=b"x" * LARGE)


@asynccontextmanager
async def small(shutdown_timeout: float = 1.0, **limits: Any) -> AsyncIterator[Small]:
    """The application with these limits."""
    made = Small(HttpLimits(**limits))
    app = create_web_app(style=Plain(), max_body=MAX_BODY, limits=made.limits)
    app.add_routes(
        [
            web.post("/", _count),
            web.get("/large", _large),
            web.get("/held", made.hold),
            web.get("/health/live", show_live),
            web.get("/metrics", show_metrics),
        ]
    )
    made.runner = ServiceRunner(app, shutdown_timeout=shutdown_timeout)
    await made.runner.setup()
    try:
        await web.TCPSite(made.runner, "127.0.0.1", 0).start()
        yield made
    finally:
        made.go.set()
        await made.runner.cleanup()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


@dataclass
class Caller:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *lines: str, body: bytes = b"") -> None:
        """A request with these lines, and what there is of its body."""
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()

    async def get(self, path: str, *, close: bool = False) -> None:
        """Ask for it."""
        await self.say(f"GET {path} HTTP/1.1", "Host: x", *(["Connection: close"] if close else []))

    async def answer(self, within: float = 10.0) -> Answer | None:
        """The next answer, or None when the server closes the connection without one."""
        async with asyncio.timeout(within):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            first, *lines = head.decode().rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(first.split()[1]), headers, body)

    async def closed(self, within: float = 10.0) -> bytes:
        """What is still said until the server closes. Raises TimeoutError if it does not."""
        async with asyncio.timeout(within):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@asynccontextmanager
async def calling(address: tuple[str, int]) -> AsyncIterator[Caller]:
    """A connection, cut at the end."""
    caller = Caller(*await asyncio.open_connection(*address))
    try:
        yield caller
    finally:
        caller.writer.transport.abort()
