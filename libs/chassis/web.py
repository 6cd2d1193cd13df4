"""The web application of a service: correlation id, errors in the service's own shape, metrics, bounds."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
import structlog
from aiohttp import hdrs, web

from chassis.auth import Authenticator
from chassis.context import request_context
from chassis.errors import (
    BodyTooLarge,
    ErrorStyle,
    InternalError,
    MalformedBody,
    MethodNotAllowed,
    Overloaded,
    Refusal,
    RouteNotFound,
)
from chassis.gate import GATE, LIMITS, Gate
from chassis.headers import secure
from chassis.limits import HttpLimits
from chassis.media import preferred
from chassis.metrics import METRICS, Metrics

log = structlog.get_logger()
AUTH = web.AppKey("auth", Authenticator)
Translator = Callable[[web.Request], Callable[[str], str]]
CORRELATION_HEADER = "X-Correlation-ID"
Unread = Callable[[Refusal], web.Response]
UNREAD: web.AppKey[Unread] = web.AppKey("unread", Unread)  # type: ignore[arg-type]  # a Callable is no class
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def json_response(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An application/json answer."""
    return web.Response(body=orjson.dumps(data), status=status, headers=headers, content_type="application/json")


def create_web_app(
    *,
    style: ErrorStyle,
    max_body: int,
    headers: Mapping[str, str] | None = None,
    translator: Translator = lambda _request: str,
    limits: HttpLimits | None = None,
) -> web.Application:
    """An application whose every answer has a correlation id and whose every refusal has the service's shape.

    `headers` are added to every answer; `translator` gives, for a request, what puts a message into its language.
    """
    limits = limits or HttpLimits()
    app = web.Application(middlewares=[_observer(style, dict(headers or {}), translator)], client_max_size=max_body)
    app[METRICS] = Metrics()
    app[LIMITS] = limits
    gate = app[GATE] = Gate(limits.requests)
    app[METRICS].add("requests", counters=lambda: {"refused": gate.refused}, gauges=lambda: {"in_hand": gate.in_hand})
    app[UNREAD] = lambda refusal: _refuse_unread(style, refusal, headers or {})
    return app


def _observer(style: ErrorStyle, fixed_headers: Mapping[str, str], translator: Translator) -> Any:
    @web.middleware
    async def observe(request: web.Request, handler: _Handler) -> web.StreamResponse:
        began = time.perf_counter()
        with request_context(request.headers.get(CORRELATION_HEADER), request.headers.get("traceparent")) as id:
            response = await _answer(request, handler, style, translator, id)
        response.headers[CORRELATION_HEADER] = id
        response.headers.update(fixed_headers)
        secure(response.headers)
        route = getattr(request.match_info.route.resource, "canonical", "unmatched")
        method = request.method if request.method in hdrs.METH_ALL else "_OTHER"
        request.app[METRICS].observe(method, route, response.status, time.perf_counter() - began)
        return response

    return observe


async def _answer(
    request: web.Request, handler: _Handler, style: ErrorStyle, translator: Translator, id: str
) -> web.StreamResponse:
    gate = request.app[GATE]
    try:
        gate.enter(request)
        try:
            return await handler(request)
        finally:
            gate.leave()
    except Refusal as refusal:
        cause = refusal
    except web.HTTPException as error:
        if error.status < 400:
            raise
        cause = _generic(request, error)
    except (web.RequestPayloadError, UnicodeError) as error:
        cause = MalformedBody(line=1, column=1, problem=type(error).__name__)
    except Exception:
        log.exception("request_failed", method=request.method)
        cause = InternalError()
    refused = style.translate(cause)
    if isinstance(cause, Overloaded):
        gate.note()
    elif refused.status >= 500:
        log.warning("request_refused", code=refused.code, status=refused.status)
    # What a caller sent may be quoted, and bytes that are no UTF-8 could not be written.
    refused.detail = refused.text(translator(request)).encode("utf-8", "replace").decode("utf-8")
    media_types = style.media_types_for(request.path)
    media_type = preferred(request, media_types) or media_types[0]
    return _written(style, refused, media_type, path=request.path, id=id)


def _refuse_unread(style: ErrorStyle, refusal: Refusal, headers: Mapping[str, str]) -> web.Response:
    """The answer to what never became a request, so that there is no path, no language and no format to go by."""
    with request_context(None, None) as id:
        refused = style.translate(refusal)
        log.info("request_unread", code=refused.code, status=refused.status)
        response = _written(style, refused, style.media_types[0], path="/", id=id)
    response.headers.update({CORRELATION_HEADER: id, **headers})
    secure(response.headers)
    return response


def _written(style: ErrorStyle, refused: Refusal, media_type: str, *, path: str, id: str) -> web.Response:
    body = style.write(style.body(refused, path=path, correlation_id=id), media_type)
    return web.Response(body=body, status=refused.status, headers=refused.headers, content_type=media_type)


def _generic(request: web.Request, error: web.HTTPException) -> Refusal:
    """aiohttp's own errors as ours."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        return MethodNotAllowed(method=error.method, headers={"Allow": ", ".join(sorted(error.allowed_methods))})
    if isinstance(error, web.HTTPNotFound):
        return RouteNotFound(path=request.path)
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return BodyTooLarge(limit=request.client_max_size)
    if error.status >= 500:
        return InternalError()
    return MalformedBody(line=1, column=1, problem=error.reason)
