"""HTTP itself: what is no request, and is refused before the application sees it, is refused in its shape all the same.

aiohttp offers no place for this, nor for bounds and an end without loss, so three of its classes are extended; the
bad-input and the bounds suite hold it together.
"""

import asyncio
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from chassis.connections import Connection, watch
from chassis.errors import InternalError, MalformedBody, Refusal
from chassis.gate import LIMITS, SURPLUS
from chassis.limits import HttpLimits
from chassis.web import UNREAD
from device_events.tasks import end

log = structlog.get_logger()
GRACE = 1.0  # seconds for a handler to end by itself once its time is up, and again once it is cancelled
READ_BUFFER = 32_768  # bytes of a body that may wait for its handler, times two


class ServiceRunner(web.AppRunner):
    """Runs an application made by chassis.web, with the bounds that every service has."""

    def __init__(self, app: web.Application, *, shutdown_timeout: float) -> None:
        """`shutdown_timeout` is how many seconds requests in hand may take at the end."""
        limits = app[LIMITS]
        super().__init__(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=GRACE,
            max_line_size=limits.line,
            max_field_size=limits.field,
            max_headers=limits.fields,
            keepalive_timeout=limits.idle,
            read_bufsize=READ_BUFFER,
            lingering_time=limits.receive,
        )
        self._limits = limits
        self._patience = shutdown_timeout
        self._watch: asyncio.Task[None] | None = None

    def drain(self) -> None:
        """From now on every answer ends its connection, so that clients go elsewhere."""
        if isinstance(self._server, _Server):
            self._server.draining = True

    async def shutdown(self) -> None:
        """Let what is under way come to its end. The listener is closed by now, and so are idle connections."""
        self.drain()
        await super().shutdown()
        connections = self._server.connections if self._server else ()
        if busy := [task for one in connections if (task := one._task_handler)]:
            await asyncio.wait(busy, timeout=self._patience)

    async def _make_server(self) -> web.Server:
        server = _Server(self.app, await super()._make_server(), self._limits)
        self._watch = asyncio.create_task(watch(server._connections, self._limits), name="connections")
        return server

    async def _cleanup_server(self) -> None:
        await end(self._watch)
        await super()._cleanup_server()


class _Server(web.Server):
    """Makes our protocol for each connection."""

    def __init__(self, app: web.Application, server: web.Server, limits: HttpLimits) -> None:
        super().__init__(self._handle, request_factory=server.request_factory, loop=server._loop, **server._kwargs)
        self._app = app
        self._inner: Any = server.request_handler
        self._limits = limits
        self.draining = False

    def __call__(self) -> RequestHandler:
        return _Protocol(self, self._limits, loop=self._loop, **self._kwargs)

    def crowd(self) -> int:
        """How many connections there are beyond those that are served."""
        return len(self._connections) - self._limits.connections

    @property
    def surplus(self) -> int:
        """How many of those are answered."""
        return self._limits.surplus

    def refuse(self, refusal: Refusal) -> web.Response:
        """The answer, after which the connection is closed: where the next request begins is not known."""
        response = self._app[UNREAD](refusal)
        response.force_close()
        return response

    async def _handle(self, request: Any) -> web.StreamResponse:
        connection = request.protocol
        if connection.surplus:
            request[SURPLUS] = True
        try:
            response: web.StreamResponse = await self._inner(request)
        except web.HTTPException as error:
            # An expectation that cannot be met is refused before the middlewares.
            if error.status < 400:
                raise
            return self.refuse(MalformedBody(line=1, column=1, problem=error.reason))
        if self.draining or connection.surplus or connection.late:
            response.force_close()
        return response


class _Protocol(Connection):
    """One connection of a service."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        server = self._manager
        if isinstance(server, _Server) and (crowd := server.crowd()) >= 0:
            if crowd >= server.surplus:
                cast(asyncio.Transport, transport).abort()
                return
            self.surplus = True
        super().connection_made(transport)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun, and cannot become another one")
        if status >= 500:
            log.error("request_failed", exc_info=exc)
            return self._refuse(InternalError())
        return self._refuse(MalformedBody(line=1, column=1, problem="not a request as HTTP has it"))

    def _refuse(self, refusal: Refusal) -> web.Response:
        server = self._manager
        if not isinstance(server, _Server):
            raise ConnectionError("the connection is gone")
        return server.refuse(refusal)
