"""Endpoint: answers GET on a few paths, for probes and scrapers. No framework: one small answer a connection."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

HEAD_LIMIT = 8_192  # bytes of a request
CALLER_LIMIT = 5.0  # seconds that a caller may take to ask, and again to read the answer
CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    content_type: str = "application/json"


Route = Callable[[], Awaitable[Answer]]


class Endpoint:
    """A listener. `routes` are by path."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self._routes = routes
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which is any free one for 0. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=HEAD_LIMIT)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the listener."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        surplus = self._open > CONNECTIONS
        try:
            if self._open > 2 * CONNECTIONS:
                writer.transport.abort()
                return
            # A surplus caller is heard out too: closed on while it is still sending, it would not see the answer.
            answer, head = await self._answer(reader)
            if surplus:
                answer = _plain(HTTPStatus.SERVICE_UNAVAILABLE)
            writer.write(_written(answer, head=head))
            async with asyncio.timeout(CALLER_LIMIT):
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the caller has gone, or never asked
        finally:
            self._open -= 1
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[Answer, bool]:
        try:
            async with asyncio.timeout(CALLER_LIMIT):
                request = await reader.readuntil(b"\r\n\r\n")
            method, target, version = request.partition(b"\r\n")[0].decode("ascii").split(" ")
        except (asyncio.LimitOverrunError, ValueError):
            return _plain(HTTPStatus.BAD_REQUEST), False
        if not version.startswith("HTTP/1."):
            return _plain(HTTPStatus.BAD_REQUEST), False
        route = self._routes.get(target.partition("?")[0])
        if route is None:
            return _plain(HTTPStatus.NOT_FOUND), method == "HEAD"
        if method not in ("GET", "HEAD"):
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED), False
        return await route(), method == "HEAD"


def _plain(status: HTTPStatus) -> Answer:
    return Answer(status, f"{status.phrase}\n".encode(), "text/plain; charset=utf-8")


def _written(answer: Answer, *, head: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if head else answer.body)
