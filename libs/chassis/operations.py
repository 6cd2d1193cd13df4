"""What a handler answers, written beside it: the metadata from which /openapi.json is made. It changes no behaviour."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from aiohttp import web
from marshmallow import Schema
from marshmallow.fields import Field

from chassis.errors import Refusal

Security = Literal["basic", "bearer", "anonymous"]
Body = type[Schema] | Schema  # an instance where there are many
Handler = TypeVar("Handler", bound=Callable[[web.Request], Awaitable[web.StreamResponse]])
_ATTRIBUTE = "operation"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One request and its answer. A dict or list is printed as JSON; a string (an XML document, a form) as it stands.

    None means that there is no such body.
    """

    name: str
    request: Any = None
    response: Any = None
    status: int = 200
    media_type: str = "application/json"
    request_media_type: str | None = None
    summary: str = ""

    @property
    def request_type(self) -> str:
        """The request's media type: the answer's, unless another is named."""
        return self.request_media_type or self.media_type


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one route. `security` lists the alternatives; () means that credentials are never read.

    A response whose schema is None has no body. `error_schema` is for an operation whose refusals do not look like the
    service's others.
    """

    id: str
    summary: str
    description: str = ""
    security: Sequence[Security] = ()
    scopes: Sequence[str] = ()
    path: Mapping[str, "Field[Any]"] = field(default_factory=dict)
    query: type[Schema] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    optional_headers: Mapping[str, str] = field(default_factory=dict)
    request: Body | None = None
    request_types: Sequence[str] = ("application/json",)
    responses: Mapping[int, Body | None]
    response_types: Sequence[str] = ("application/json",)
    refusals: Sequence[type[Refusal]] = ()
    error_schema: type[Schema] | None = None
    examples: Sequence[Example] = ()


def operation(
    *,
    id: str,
    summary: str,
    description: str = "",
    security: Sequence[Security] = (),
    scopes: Sequence[str] = (),
    path: Mapping[str, "Field[Any]"] | None = None,
    query: type[Schema] | None = None,
    headers: Mapping[str, str] | None = None,
    optional_headers: Mapping[str, str] | None = None,
    request: Body | None = None,
    request_types: Sequence[str] = ("application/json",),
    responses: Mapping[int, Body | None],
    response_types: Sequence[str] = ("application/json",),
    refusals: Sequence[type[Refusal]] = (),
    error_schema: type[Schema] | None = None,
    examples: Sequence[Example] = (),
) -> Callable[[Handler], Handler]:
    """A decorator that attaches the operation to a handler; put it under the route's decorator."""
    described = Operation(
        id=id,
        summary=summary,
        description=description,
        security=security,
        scopes=scopes,
        path=path or {},
        query=query,
        headers=headers or {},
        optional_headers=optional_headers or {},
        request=request,
        request_types=request_types,
        responses=responses,
        response_types=response_types,
        refusals=refusals,
        error_schema=error_schema,
        examples=examples,
    )

    def attach(handler: Handler) -> Handler:
        setattr(handler, _ATTRIBUTE, described)
        return handler

    return attach


def operation_of(handler: Any) -> Operation | None:
    """The operation attached to a handler, if any."""
    found = getattr(handler, _ATTRIBUTE, None)
    return found if isinstance(found, Operation) else None
