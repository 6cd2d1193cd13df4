"""Refusals: how a service says no. Each service has its own; those here come from the plumbing itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import orjson

from device_events.errors import Away


class Refusal(Exception):
    """A request is refused. `message` is an English template over `params`; `detail` replaces it.

    `headers` go out with the answer (WWW-Authenticate, Retry-After, Allow).
    """

    status: ClassVar[int]
    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(
        self, *, detail: str | None = None, headers: Mapping[str, str] | None = None, **params: object
    ) -> None:
        self.params: dict[str, Any] = dict(params)
        self.headers = dict(headers or {})
        self.given = detail
        self.detail = self.text()
        super().__init__(self.detail)

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The words for the caller, the template put through `translate`; a detail given in words stays as it is."""
        return self.given if self.given is not None else translate(self.message).format(**self.params)


class RouteNotFound(Refusal):
    """No operation has this path."""

    status, code, message = 404, "route_not_found", "No such resource: {path}"


class MethodNotAllowed(Refusal):
    """The path exists, the method does not; the Allow header names those that do."""

    status, code, message = 405, "method_not_allowed", "The method {method} is not allowed here"


class MalformedBody(Refusal):
    """The body cannot be parsed; `line` and `column` count from 1 where they are known."""

    status, code, message = 400, "malformed_body", "Malformed body at line {line}, column {column}: {problem}"


class BodyTooLarge(Refusal):
    """The body is larger than the service takes."""

    status, code, message = 413, "body_too_large", "The body is larger than {limit} bytes"


class UnsupportedMediaType(Refusal):
    """The Content-Type is missing or is none of those that the operation reads."""

    status, code, message = 415, "unsupported_media_type", "Unsupported content type: {content_type}"


class NotAcceptable(Refusal):
    """The Accept header allows none of what the operation writes."""

    status, code, message = 406, "not_acceptable", "None of the acceptable media types can be written"


class InvalidPayload(Refusal):
    """The body is well-formed but not what the operation takes; `errors` maps fields to problems."""

    status, code, message = 400, "invalid_payload", "Invalid payload: {errors}"

    @property
    def errors(self) -> Any:
        """The problems by field, as marshmallow names them."""
        return self.params.get("errors", {})


class InvalidQuery(Refusal):
    """A query parameter is unknown, repeated or out of its range."""

    status, code, message = 400, "invalid_query", "Invalid query: {errors}"

    @property
    def errors(self) -> Any:
        """The problems by parameter."""
        return self.params.get("errors", {})


class InvalidPath(Refusal):
    """An id in the path is not one that could exist."""

    status, code, message = 400, "invalid_path", "Invalid path: {problem}"


class Unauthenticated(Refusal):
    """Who is calling is not known. `reason` is for the log, never for the caller."""

    status, code, message = 401, "unauthenticated", "Authentication is required"


class Forbidden(Refusal):
    """The caller is known and may not do this."""

    status, code, message = 403, "forbidden", "Not permitted"


class TooManyFailures(Refusal):
    """The caller, or others at the same address, failed to log in too often; Retry-After says how long to wait."""

    status, code, message = 429, "too_many_failures", "Too many failed logins, try again later"


class Unavailable(Refusal, Away):
    """A backend is away: nothing was acknowledged. A reaction that meets it is tried again later."""

    status, code, message = 503, "unavailable", "Temporarily unavailable, try again"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("headers", {"Retry-After": "1"})
        super().__init__(**kwargs)


class Overloaded(Unavailable):
    """A bounded queue is full."""

    code, message = "overloaded", "Too many requests at once, try again"


class InternalError(Refusal):
    """Something unforeseen; what it was is in the log under the correlation id, and nowhere else."""

    status, code, message = 500, "internal_error", "An internal error occurred"


class ErrorStyle:
    """How one service words its refusals, in the shape of its vendor's documents.

    `media_types` are those in which errors can be written; the first is used where Accept allows none of them.
    """

    media_types: ClassVar[Sequence[str]] = ("application/json",)

    def media_types_for(self, path: str) -> Sequence[str]:
        """Those for one path: a service may have a path whose contract knows fewer."""
        return self.media_types

    def translate(self, refusal: Refusal) -> Refusal:
        """This service's own refusal for one of the plumbing's; its own unchanged."""
        raise NotImplementedError

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        """The error as data."""
        raise NotImplementedError

    def write(self, body: dict[str, Any], media_type: str) -> bytes:
        """The error in one of the media types."""
        return orjson.dumps(body)
