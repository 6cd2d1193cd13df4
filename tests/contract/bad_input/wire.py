"""HTTP byte by byte: what no client library would send, and the answer as it came."""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

PATIENCE = 20.0  # seconds
Header = tuple[str | bytes, str | bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; header names are in small letters, and a repeated header keeps its last value."""

    status: int
    headers: dict[str, str]
    body: bytes


def octets(text: str | bytes) -> bytes:
    """Bytes as they are, text in UTF-8."""
    return text if isinstance(text, bytes) else text.encode()


def request(method: str, target: str | bytes, headers: Iterable[Header], body: bytes) -> bytes:
    """A request. Its length is given unless the headers say something about that themselves."""
    lines = [octets(method) + b" " + octets(target) + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
    lines += [octets(name) + b": " + octets(value) for name, value in headers]
    names = {octets(name).lower() for name, _ in headers}
    if not names & {b"content-length", b"transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks, and its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


async def exchange(address: tuple[str, int], raw: bytes, *, hang_up: bool = False) -> Answer | None:
    """The answer to these bytes, or None if there was none. `hang_up`: nobody waits for it."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(raw)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        if hang_up:
            return None
        async with asyncio.timeout(PATIENCE):
            return await _answer(reader)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> Answer | None:
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        status = int(first.split(" ")[1])
        if status >= 200:
            break
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(status, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
