"""A TCP proxy in front of MongoDB that can be cut, refuse, or let a write through and swallow its answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo.asynchronous.uri_parser import parse_uri

WRITE = b"update\0"


class MongoProxy:
    """Forwards until told otherwise."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusing = False
        self.swallow = 0  # how many answers to writes are still to be lost
        self.swallowed = 0
        self.uri = ""

    def cut(self) -> None:
        """Break every connection and accept none: MongoDB is gone."""
        self._refusing = True
        for writer in list(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        """MongoDB is back."""
        self._refusing = False

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection."""
        if self._refusing:
            writer.transport.abort()
            return
        upstream_reader, upstream = await asyncio.open_connection(*self._target)
        self._writers |= {writer, upstream}
        lost = asyncio.Event()
        ways = (self._questions(reader, upstream, lost), self._answers(upstream_reader, writer, lost))
        tasks = [asyncio.create_task(way) for way in ways]
        self._tasks |= set(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._tasks -= set(tasks)
        for one in (writer, upstream):
            self._writers.discard(one)
            one.transport.abort()

    async def _questions(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 20):
                if self.swallow and WRITE in data:
                    self.swallow -= 1
                    lost.set()
                sink.write(data)
                await sink.drain()

    async def _answers(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 20):
                if lost.is_set():
                    # MongoDB has answered, so the write is done; its client will never know.
                    self.swallowed += 1
                    return
                sink.write(data)
                await sink.drain()

    async def close(self) -> None:
        """Break what is left and wait for its end."""
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def proxied(uri: str) -> AsyncIterator[MongoProxy]:
    """A proxy in front of the server of this address, which must need no login."""
    ((host, port),) = (await parse_uri(uri))["nodelist"]
    proxy = MongoProxy(host, port or 27017)
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    proxy.uri = f"mongodb://127.0.0.1:{server.sockets[0].getsockname()[1]}/?directConnection=true"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
