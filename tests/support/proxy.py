"""A TCP proxy in front of a backend: delays, holds, cuts or strands connections, or swallows the answer to a write."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pymongo.asynchronous.uri_parser import parse_uri

HOST = "127.0.0.1"


def is_update(data: bytes) -> bool:
    """Whether this is an update on its way to MongoDB."""
    return b"update\0" in data


def is_produce(data: bytes) -> bool:
    """Whether this begins with a request to Kafka to keep records: after its size stands the number 0."""
    return data[4:6] == b"\0\0"


class Proxy:
    """Forwards until told otherwise. `delay` is how many seconds everything takes longer, each way."""

    def __init__(self, host: str, port: int, *, is_write: Callable[[bytes], bool] = is_update) -> None:
        self._target = (host, port)
        self._is_write = is_write
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()  # no connection is left
        self._ended.set()
        self._refusing = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.delay = 0.0
        self.swallow = 0  # how many answers to writes are still to be lost
        self.swallowed = 0
        self.port = 0

    @property
    def address(self) -> str:
        """Host and port, as a client wants them."""
        return f"{HOST}:{self.port}"

    @property
    def uri(self) -> str:
        """For a client of MongoDB: past what the server says of its own address."""
        return f"mongodb://{self.address}/?directConnection=true"

    def cut(self) -> None:
        """Break every connection and accept none: the backend is gone."""
        self._refusing = True
        for writer in list(self._writers):
            writer.transport.abort()

    def hold(self) -> None:
        """Accept and take, forward nothing, close nothing: the backend is there and does not answer."""
        self._flowing.clear()

    def strand(self) -> int:
        """Leave the connections of this moment half-open for good, and serve new ones; returns how many there were.

        What is sent over them arrives nowhere, and nobody is told.
        """
        stranded = len(self._writers) // 2
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()
        return stranded

    def mend(self) -> None:
        """The backend is back, as quick as ever; what was held goes on its way."""
        self._refusing = False
        self._flowing.set()
        self.delay = 0.0
        self.swallow = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection."""
        if self._refusing:
            writer.transport.abort()
            return
        try:
            upstream_reader, upstream = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, upstream}
        self._ended.clear()
        lost, flowing = asyncio.Event(), self._flowing
        ways = (
            self._questions(reader, upstream, lost, flowing),
            self._answers(upstream_reader, writer, lost, flowing),
        )
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
        if not self._writers:
            self._ended.set()

    async def _questions(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lost: asyncio.Event, flowing: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 20):
                if self.swallow and self._is_write(data):
                    self.swallow -= 1
                    lost.set()
                await self._pass(data, sink, flowing)

    async def _answers(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, lost: asyncio.Event, flowing: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 20):
                if lost.is_set():
                    # The backend has answered, so the write is done; its client will never know.
                    self.swallowed += 1
                    return
                await self._pass(data, sink, flowing)

    async def _pass(self, data: bytes, sink: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        await flowing.wait()
        sink.write(data)
        await sink.drain()

    async def close(self) -> None:
        """Break what is left and wait for its end."""
        self.cut()
        for task in self._tasks:
            task.cancel()  # one that is held would not see the end of its connection
        await self._ended.wait()


@asynccontextmanager
async def proxying(host: str, port: int, *, is_write: Callable[[bytes], bool] = is_update) -> AsyncIterator[Proxy]:
    """A proxy on a free port, in front of a server that need not be there yet."""
    proxy = Proxy(host, port, is_write=is_write)
    server = await asyncio.start_server(proxy.connected, HOST, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()


@asynccontextmanager
async def proxied(uri: str) -> AsyncIterator[Proxy]:
    """A proxy in front of the MongoDB of this address, which must need no login."""
    ((host, port),) = (await parse_uri(uri))["nodelist"]
    async with proxying(host, port or 27017) as proxy:
        yield proxy
