"""Connections that end: a client that is too slow in sending or in taking holds its place for a bounded time.

aiohttp bounds only how long a connection may be idle. Once a second (or more often, where a limit is short) every
connection is looked at; one that has stood in the same place for too long is answered if it can be, and closed.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from chassis.limits import HttpLimits

Phase = Literal["silent", "head", "body", "sending", "closing"]
SURPLUS_RECEIVE = 2.0  # seconds: a connection too many may send one request, to be told so


class Connection(RequestHandler):
    """One connection. `surplus` is one too many, `late` one whose request did not arrive in time."""

    __slots__ = ("_head", "_limits", "_place", "_since", "late", "surplus")

    def __init__(self, manager: web.Server, limits: HttpLimits, **kwargs: Any) -> None:
        super().__init__(manager, **kwargs)
        self._limits = limits
        self._head = 0  # bytes of a head that is not complete
        self._place: tuple[Phase, int] | None = None
        self._since = 0.0
        self.surplus = False
        self.late = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._waits():
            self._head = 0
            return
        self._head += len(data)
        if self._head > self._limits.head:
            self._refuse_head("the head of the request is too large")

    def resume_writing(self) -> None:
        super().resume_writing()
        self._place = None  # the client has taken something

    def close(self) -> None:
        """Close if nothing is under way. aiohttp's own way would throw away the rest of a request that is arriving."""
        if not (self._request_in_progress or self._messages or self._head):
            self.force_close()

    def check(self, transport: asyncio.Transport, now: float) -> None:
        """Look whether it has stood still for too long."""
        phase = self._phase(transport)
        place = (phase, 0 if phase == "sending" else self._request_count) if phase else None
        if place != self._place:
            self._place, self._since = place, now
        elif phase and now - self._since >= self._limit(phase):
            self._end(phase, transport)

    def _waits(self) -> bool:
        """Whether no request has come that is not yet taken up."""
        return self._waiter is not None and not self._waiter.done()

    def _phase(self, transport: asyncio.Transport) -> Phase | None:
        """What it waits for its client to do; None for what is ours to do, and for an idle one: aiohttp closes that."""
        if transport.is_closing():
            return "closing"
        if self.writing_paused:
            return "sending"
        if self._current_request is not None:
            return None if self._current_request.content.is_eof() or self.late else "body"
        if not self._waits():
            return None
        if self._head:
            return "head"
        return None if self._request_count else "silent"

    def _limit(self, phase: Phase) -> float:
        if phase in ("closing", "sending"):
            return self._limits.send
        return min(self._limits.receive, SURPLUS_RECEIVE) if self.surplus else self._limits.receive

    def _end(self, phase: Phase, transport: asyncio.Transport) -> None:
        if phase == "body" and self._current_request is not None:
            # Whoever reads the body is told; what still comes of it is not waited for.
            self.late = True
            self._lingering_time = 0.0
            self._current_request._cancel(web.RequestPayloadError("the body did not arrive in time"))
        elif phase == "head":
            self._refuse_head("the head of the request did not arrive in time")
        elif phase == "silent":
            self.force_close()
        else:
            transport.abort()

    def _refuse_head(self, problem: str) -> None:
        """Have it answered as aiohttp has what is no request."""
        self._messages.append((_ErrInfo(400, BadHttpMessage(problem), problem), EMPTY_PAYLOAD))
        if self._waiter is not None:
            self._waiter.set_result(None)
        self._head = 0


async def watch(connections: Mapping[RequestHandler, asyncio.Transport], limits: HttpLimits) -> None:
    """Check all connections for ever."""
    loop, every = asyncio.get_running_loop(), min(1.0, limits.receive / 4, limits.send / 4)
    while True:
        await asyncio.sleep(every)
        now = loop.time()
        for connection, transport in list(connections.items()):
            if isinstance(connection, Connection):
                connection.check(transport, now)
