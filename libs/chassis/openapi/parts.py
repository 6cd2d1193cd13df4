"""The parts of the document that come from one operation."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from marshmallow import Schema

from chassis.errors import ErrorStyle, Refusal
from chassis.openapi.refusals import refusals_of, sample
from chassis.openapi.schemas import JsonSchemas
from chassis.operations import Body, Example, Operation

CORRELATION = "X-Correlation-ID"
TEXT: Mapping[str, Any] = {"type": "string"}
_HEADERS_BY_STATUS = {401: "WWW-Authenticate", 405: "Allow", 503: "Retry-After"}


@dataclass(frozen=True, kw_only=True)
class Api:
    """What the document says of the service as a whole."""

    title: str
    version: str
    style: ErrorStyle
    error_schema: type[Schema] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # on every answer


@dataclass
class Parts:
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
            "responses": self._responses(path, operation),
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
            schema = self.plugin.of(declared) if declared else dict(TEXT)
            described = {"description": schema.pop("description")} if "description" in schema else {}
            yield {"in": "path", "name": name, "required": True, "schema": schema, **described}

    def _responses(self, path: str, operation: Operation) -> dict[str, Any]:
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
            for refusal in ways:
                self._show_refusal(content, refusal, path)
            responses[str(status)] = self._response(status, _ways(ways), content)
        for example in operation.examples:
            if example.response is not None:
                answer = responses.get(str(example.status), {"content": {}})
                _put_example(answer.get("content", {}), example.media_type, example, example.response)
        return responses

    def _show_refusal(self, content: dict[str, Any], refusal: type[Refusal], path: str) -> None:
        """What the service would write, with the names of the parameters for their values."""
        style = self.api.style
        body = style.body(sample(refusal), path=path, correlation_id="b9d1c0a7")
        for media_type, shown in content.items():
            written = style.write(body, media_type).decode() if _is_xml(media_type) else body
            example = {"summary": refusal.__name__, "value": written}
            shown.setdefault("examples", {}).setdefault(refusal.code, example)

    def _response(self, status: int, description: str, content: dict[str, Any]) -> dict[str, Any]:
        headers: dict[str, Any] = {CORRELATION: CORRELATION}
        headers |= {name: {"schema": TEXT} for name in self.api.headers}
        if status in _HEADERS_BY_STATUS:
            headers[_HEADERS_BY_STATUS[status]] = {"schema": TEXT}
        return {"description": description, "headers": headers, **({"content": content} if content else {})}


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
                "schema": dict(TEXT),
            }


def _content(schema: Body | None, media_types: Iterable[str]) -> dict[str, Any]:
    return {media_type: _body(schema, media_type) for media_type in media_types}


def _body(schema: Body | None, media_type: str) -> dict[str, Any]:
    if schema is None:
        return {}
    if _is_xml(media_type):
        return {"schema": {"type": "object", "description": "The properties of the JSON form, written as XML."}}
    return {"schema": schema}


def _is_xml(media_type: str) -> bool:
    return media_type.endswith(("/xml", "+xml"))


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
