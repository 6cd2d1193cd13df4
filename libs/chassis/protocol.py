"""HTTP itself: what is no request, and is refused before the application sees it, is refused in its shape all the same.

aiohttp offers no place for this, so three of its classes are extended; the bad-input suite holds it together.
"""

from typing import Any

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from chassis.errors import InternalError, MalformedBody, Refusal
from chassis.web import UNREAD

log = structlog.get_logger()


class ServiceRunner(web.AppRunner):
    """Runs an application made by chassis.web, with the bounds that every service has."""

    def __init__(self, app: web.Application, *, shutdown_timeout: float) -> None:
        super().__init__(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=shutdown_timeout,
            max_line_size=8_190,
            max_field_size=16_384,
            keepalive_timeout=75,
        )

    async def _make_server(self) -> web.Server:
        return _Server(self.app, await super()._make_server())


class _Server(web.Server):
    """Makes our protocol for each connection."""

    def __init__(self, app: web.Application, server: web.Server) -> None:
        super().__init__(self._handle, request_factory=server.request_factory, loop=server._loop, **server._kwargs)
        self._app = app
        self._inner: Any = server.request_handler

    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)

    def refuse(self, refusal: Refusal) -> web.Response:
        """The answer, after which the connection is closed: where the next request begins is not known."""
        response = self._app[UNREAD](refusal)
        response.force_close()
        return response

    async def _handle(self, request: Any) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await self._inner(request)
        except web.HTTPException as error:
            # An expectation that cannot be met is refused before the middlewares.
            if error.status < 400:
                raise
            return self.refuse(MalformedBody(line=1, column=1, problem=error.reason))
        return response


class _Protocol(RequestHandler):
    """One connection."""

    __slots__ = ()

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
