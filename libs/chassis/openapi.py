"""The OpenAPI 3.1 document of a service, made from the routes of its application and the operations beside them.

JSON and form bodies have the schema that loads or dumps them. XML bodies are `type: object` with examples: they have
the same properties, but JSON Schema cannot say which are attributes, which have a namespace and in what order they
come, and half a description would mislead a generator. A HEAD route, which aiohttp adds to a GET, is not listed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from string import Formatter
from typing import Any

from aiohttp import web
from apispec import APISpec
from marshmallow import Schema

from chassis import errors
from chassis.errors import ErrorStyle, Refusal
from chassis.json_schemas import JsonSchemas
from chassis.operations import Body, Example, Operation, operation_of

PLUMBING = ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs", "/docs/init.js", "/docs/ui/{file}")
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
_CORRELATION = "X-Correlation-ID"
_TEXT = {"type": "string"}
_HEADERS_BY_STATUS = {401: "WWW-Authenticate", 405: "Allow", 503: "Retry-After"}


@dataclass(frozen=True, kw_only=True)
class Api:
    """What the document says of the service as a whole."""

    title: str
    version: str
    style: ErrorStyle
    error_schema: type[Schema] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # on every answer


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
    spec.components.header(_CORRELATION, {"description": "Names this call in logs and events.", "schema": _TEXT})
    parts = _Parts(api, plugin)
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


def refusals_of(operation: Operation, style: ErrorStyle) -> list[type[Refusal]]:
    """The refusals of an operation as the caller meets them, with those that the plumbing adds to it."""
    plumbing = [errors.InternalError, *([errors.BodyTooLarge] if operation.request else [])]
    refusals = [own_refusal(refusal, style) for refusal in (*operation.refusals, *plumbing)]
    return list(dict.fromkeys(refusals))


def own_refusal(refusal: type[Refusal], style: ErrorStyle) -> type[Refusal]:
    """The service's own refusal for one of the plumbing's."""
    if refusal.__module__ != errors.__name__:
        return refusal
    params: dict[str, Any] = {name: "" for _, name, _, _ in Formatter().parse(refusal.message) if name}
    return type(style.translate(refusal(**params | ({"errors": {}} if "errors" in params else {}))))


@dataclass
class _Parts:
    """The parts of operations; it remembers which security schemes they use."""

    api: Api
    plugin: JsonSchemas
    schemes: set[str] = field(default_factory=set)

    def operation(self, path: str, operation: Operation) -> dict[str, Any]:
        self.schemes.update(operation.security)
        parts = {
            "operationId": operation.id,
            "summary": operation.summary,
            "tags": [self.api.title],
            "parameters": [*self._path(path, operation), *_query(operation), *_headers(operation)],
            "responses": self._responses(operation),
            "security": [{name: list(operation.scopes) if name == "bearer" else []} for name in operation.security],
        }
        if operation.description:
            parts["description"] = operation.description
        if operation.request is not None:
            content = _content(operation.request, operation.request_types)
            for example in operation.examples:
                if example.request is not None:
                    _put_example(content, example.request_type, example, example.request)
            parts["requestBody"] = {"required": True, "content": content}
        return parts

    def _path(self, path: str, operation: Operation) -> Iterator[dict[str, Any]]:
        names = re.findall(r"{(\w+)}", path)
        if unknown := operation.path.keys() - set(names):
            raise ValueError(f"{operation.id}: {path} has no {', '.join(sorted(unknown))}")
        for name in names:
            declared = operation.path.get(name)
            schema = self.plugin.of(declared) if declared else dict(_TEXT)
            described = {"description": schema.pop("description")} if "description" in schema else {}
            yield {"in": "path", "name": name, "required": True, "schema": schema, **described}

    def _responses(self, operation: Operation) -> dict[str, Any]:
        responses: dict[str, Any] = {}
        for status, schema in operation.responses.items():
            content = {} if schema is None else _content(schema, operation.response_types)
            responses[str(status)] = self._response(status, HTTPStatus(status).phrase, content)
        refusals = refusals_of(operation, self.api.style)
        for status in sorted({refusal.status for refusal in refusals}):
            if str(status) in responses:
                raise ValueError(f"{operation.id}: {status} is a response and a refusal")
            ways = [refusal for refusal in refusals if refusal.status == status]
            content = _content(operation.error_schema or self.api.error_schema, self.api.style.media_types)
            responses[str(status)] = self._response(status, _ways(ways), content)
        for example in operation.examples:
            if example.response is not None:
                answer = responses.get(str(example.status), {"content": {}})
                _put_example(answer.get("content", {}), example.media_type, example, example.response)
        return responses

    def _response(self, status: int, description: str, content: dict[str, Any]) -> dict[str, Any]:
        headers: dict[str, Any] = {_CORRELATION: _CORRELATION}
        headers |= {name: {"schema": _TEXT} for name in self.api.headers}
        if status in _HEADERS_BY_STATUS:
            headers[_HEADERS_BY_STATUS[status]] = {"schema": _TEXT}
        return {"description": description, "headers": headers, **({"content": content} if content else {})}


def _about(api: Api) -> str:
    """What holds for every path."""
    nowhere, method = (own_refusal(refusal, api.style) for refusal in (errors.RouteNotFound, errors.MethodNotAllowed))
    return (
        f"A path that is not listed answers {nowhere.status} `{nowhere.code}`, another method of one that is "
        f"{method.status} `{method.code}`, in the format of the other errors. Every answer has the header "
        f"{_CORRELATION}: the caller's own, or a new id."
    )


def _query(operation: Operation) -> Iterable[dict[str, Any]]:
    return [{"in": "query", "schema": operation.query}] if operation.query else []


def _headers(operation: Operation) -> Iterator[dict[str, Any]]:
    for headers, required in ((operation.headers, True), (operation.optional_headers, False)):
        for name, description in headers.items():
            yield {
                "in": "header",
                "name": name,
                "required": required,
                "description": description,
                "schema": dict(_TEXT),
            }


def _content(schema: Body | None, media_types: Iterable[str]) -> dict[str, Any]:
    return {media_type: _body(schema, media_type) for media_type in media_types}


def _body(schema: Body | None, media_type: str) -> dict[str, Any]:
    if schema is None:
        return {}
    if re.search(r"[/+]xml$", media_type):
        described = "The properties of the JSON form, written as the example shows."
        return {"schema": {"type": "object", "description": described}}
    return {"schema": schema}


def _put_example(content: dict[str, Any], media_type: str, example: Example, value: Any) -> None:
    if media_type not in content:
        raise ValueError(f"the example {example.name} is {example.status} {media_type}, which is no such body")
    key = re.sub(r"[^\w.-]+", "-", example.name)
    shown = {"summary": example.summary or example.name, "value": value}
    if content[media_type].setdefault("examples", {}).setdefault(key, shown) != shown:
        raise ValueError(f"two examples are called {example.name}")


def _ways(refusals: Iterable[type[Refusal]]) -> str:
    """The codes of one status, each with the template of its message."""
    lines = dict.fromkeys(f"- `{refusal.code}`: {refusal.message}" for refusal in refusals)
    return "\n".join(lines)


def _add_plumbing(spec: APISpec) -> None:
    """What runs the service rather than being served by it, briefly."""
    state = {
        "application/json": {"schema": {"type": "object", "required": ["status"], "properties": {"status": _TEXT}}}
    }
    metrics = {"text/plain": {"schema": _TEXT}}
    for path, id, summary, content, statuses in (
        ("/health/live", "showLive", "Whether the process runs", state, {"200": "Live"}),
        ("/health/ready", "showReady", "Whether it can serve", state, {"200": "Ready or degraded", "503": "Not ready"}),
        ("/metrics", "showMetrics", "Counts and durations", metrics, {"200": "Prometheus' text format"}),
    ):
        answers = {status: {"description": text, "content": content} for status, text in statuses.items()}
        described = {"operationId": id, "summary": summary, "tags": ["plumbing"], "security": [], "responses": answers}
        spec.path(path=path, operations={"get": described})
