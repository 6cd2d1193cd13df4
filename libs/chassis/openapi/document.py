"""The document as a whole: which routes are in it, and what holds for all of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web
from apispec import APISpec

from chassis import errors
from chassis.openapi.parts import CORRELATION, TEXT, Api, Parts
from chassis.openapi.refusals import own_refusal
from chassis.openapi.schemas import JsonSchemas
from chassis.operations import Operation, operation_of

PLUMBING = (
    *("/health/live", "/health/ready", "/metrics", "/openapi.json", "/asyncapi.json"),
    *("/docs", "/docs/init.js", "/docs/docs.css", "/docs/ui/{file}"),
)
SCHEMES: Mapping[str, Mapping[str, str]] = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "anonymous": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "An anonymous key, sent as it stands after the word Basic.",
    },
}


def routes_of(app: web.Application) -> Iterator[tuple[str, str, Operation | None]]:
    """Method, path and operation of every route of the service's own."""
    for route in app.router.routes():
        path = route.resource.canonical if route.resource else ""
        if route.method != "HEAD" and path not in PLUMBING:
            yield route.method, path, operation_of(route.handler)


def build_document(app: web.Application, api: Api) -> dict[str, Any]:
    """The document. Raises ValueError for an operation that contradicts itself or its route."""
    plugin = JsonSchemas()
    spec = APISpec(
        api.title, api.version, "3.1.0", plugins=[plugin], info={"description": _about(api)}, servers=[{"url": "/"}]
    )
    spec.components.header(CORRELATION, {"description": "Names this call in logs and events.", "schema": TEXT})
    parts = Parts(api, plugin)
    ids: set[str] = set()
    for method, path, operation in routes_of(app):
        if operation is None:
            continue
        if operation.id in ids:
            raise ValueError(f"two operations have the id {operation.id}")
        ids.add(operation.id)
        spec.path(path=path, operations={method.lower(): parts.operation(path, operation)})
    for name in sorted(parts.schemes):
        spec.components.security_scheme(name, dict(SCHEMES[name]))
    _add_plumbing(spec)
    return spec.to_dict()


def _about(api: Api) -> str:
    """What holds for every path."""
    nowhere, method = (own_refusal(refusal, api.style) for refusal in (errors.RouteNotFound, errors.MethodNotAllowed))
    return (
        f"A path that is not listed answers {nowhere.status} `{nowhere.code}`, another method of one that is "
        f"{method.status} `{method.code}`, in the format of the other errors. Every answer has the header "
        f"{CORRELATION}: the caller's own, or a new id."
    )


def _add_plumbing(spec: APISpec) -> None:
    """What runs the service rather than being served by it, briefly."""
    state = {"application/json": {"schema": {"type": "object", "required": ["status"], "properties": {"status": TEXT}}}}
    metrics = {"text/plain": {"schema": TEXT}}
    for path, id, summary, content, statuses in (
        ("/health/live", "showLive", "Whether the process runs", state, {"200": "Live"}),
        ("/health/ready", "showReady", "Whether it can serve", state, {"200": "Ready or degraded", "503": "Not ready"}),
        ("/metrics", "showMetrics", "Counts and durations", metrics, {"200": "Prometheus' text format"}),
    ):
        answers = {status: {"description": text, "content": content} for status, text in statuses.items()}
        described = {"operationId": id, "summary": summary, "tags": ["plumbing"], "security": [], "responses": answers}
        spec.path(path=path, operations={"get": described})
