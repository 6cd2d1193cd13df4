"""Every way push-registry says no: the codes of IBM's push service where it has one, and its error object.

The document gives no code to 401, 405, 406 and 413; those are ours, in the same form.
"""

from collections.abc import Mapping
from typing import Any

from chassis import errors as chassis
from chassis.errors import ErrorStyle, Refusal

TOO_LONG = "too long"  # how a schema says so of `userId`


class NotAuthorized(Refusal):
    """No valid token, or not its scopes. The document has 401 for whatever a caller may not do."""

    status, code = 401, "FPWSE0401E"
    message = "Unauthorized: this call needs a valid token with the scopes for it"

    def __init__(self, *, detail: str | None = None, headers: Mapping[str, str] | None = None, **params: Any) -> None:
        super().__init__(detail=detail, headers={"WWW-Authenticate": "Bearer", **(headers or {})}, **params)


class DeviceBlocked(NotAuthorized):
    """The device is LOST, STOLEN or DISABLED."""

    message = "Unauthorized: the device is lost, stolen or disabled"


class TokenReserved(NotAuthorized):
    """The push token belongs to a blocked device, and does not come back under another id."""

    message = "Unauthorized: the push token belongs to a device that is lost, stolen or disabled"


class ResourceNotFound(Refusal):
    """No such path, and no such resource."""

    status, code, message = 404, "FPWSE0001E", "Not found: there is nothing at this path. Check the URL"


class ApplicationNotFound(ResourceNotFound):
    """The application is not in the catalogue."""

    message = "Not found: the application {name}. Check the applicationId parameter"


class DeviceNotFound(ResourceNotFound):
    """The device has no registration with the application."""

    message = "Not found: a registration of the device {name}. Check the deviceId parameter"


class BadJson(Refusal):
    """The body is no JSON."""

    status, code, message = 400, "FPWSE0004E", "Bad request: no valid JSON at line {line}, column {column}: {problem}"


class BadProperty(Refusal):
    """A required property is missing, or a value is not what it must be."""

    status, code, message = 400, "FPWSE0005E", "Bad request: missing or invalid properties: {names}"


class UserIdTooLong(BadProperty):
    """`userId` has more characters than the document allows."""

    message = "Bad request: userId has more than 254 characters"


class UnknownProperty(Refusal):
    """The body has a property that the operation does not know."""

    status, code, message = 400, "FPWSE0006E", "Bad request: unknown properties: {names}"


class UnknownParameter(Refusal):
    """The query has a parameter that the operation does not know."""

    status, code, message = 400, "FPWSE0007E", "Bad request: unknown query parameters: {names}"


class InvalidParameter(UnknownParameter):
    """A query parameter has a value that it cannot have, or two."""

    message = "Bad request: query parameters that are repeated or have an invalid value: {names}"


class InvalidOffset(Refusal):
    """`offset` is out of its range."""

    status, code, message = 400, "FPWSE1079E", "Bad request: offset must be a whole number from 0 to 10000000"


class InvalidSize(Refusal):
    """`size` is out of its range."""

    status, code, message = 400, "FPWSE1080E", "Bad request: size must be a whole number from 1 to 500"


class InvalidPayload(Refusal):
    """The body is JSON, but no object, or cannot be stored."""

    status, code, message = 400, "FPWSE0013E", "Bad request: invalid JSON payload"


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    status, code, message = 405, "FPWSE0405E", "Method not allowed"


class UnsupportedContentType(Refusal):
    """The Content-Type is not application/json: 405, as the document has it."""

    status, code, message = 405, "FPWSE0405E", "Unsupported content type: only application/json is accepted"


class UnsupportedAccept(Refusal):
    """The Accept header does not allow application/json."""

    status, code, message = 406, "FPWSE0406E", "Unsupported accept type: only application/json is produced"


class TooLarge(Refusal):
    """The body is too large."""

    status, code, message = 413, "FPWSE0413E", "The request body is too large"


class Internal(Refusal):
    """Something unforeseen."""

    status, code, message = 500, "FPWSE0010E", "The service failed. Quote the correlation id when you report it"


class RetryLater(Refusal):
    """A backend is away or a queue is full."""

    status, code, message = 503, "FPWSE0025E", "The service cannot handle the request now, try again"


_PLAIN: Mapping[type[Refusal], type[Refusal]] = {
    chassis.RouteNotFound: ResourceNotFound,
    chassis.InvalidPath: ResourceNotFound,  # an id that cannot exist is not found
    chassis.MethodNotAllowed: MethodNotAllowed,
    chassis.UnsupportedMediaType: UnsupportedContentType,
    chassis.NotAcceptable: UnsupportedAccept,
    chassis.BodyTooLarge: TooLarge,
    chassis.Unauthenticated: NotAuthorized,
    chassis.Forbidden: NotAuthorized,
    chassis.TooManyFailures: RetryLater,  # for completeness: no operation takes a password
    chassis.Unavailable: RetryLater,
    chassis.Overloaded: RetryLater,
    chassis.InternalError: Internal,
}


class PushErrors(ErrorStyle):
    """The error object of the push service: `code` and `message`; the correlation id is ours."""

    def translate(self, refusal: Refusal) -> Refusal:
        """The push service's own refusal for one of the plumbing's."""
        if isinstance(refusal, chassis.MalformedBody):
            return BadJson(**refusal.params)
        if isinstance(refusal, chassis.InvalidPayload):
            return _payload(refusal.errors)
        if isinstance(refusal, chassis.InvalidQuery):
            return _query(refusal.errors)
        if own := _PLAIN.get(type(refusal)):
            return own(headers=refusal.headers)
        return refusal

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        """The JSON of the answer."""
        return {"code": refusal.code, "message": refusal.detail, "correlationId": correlation_id}


def _payload(errors: Any) -> Refusal:
    if not isinstance(errors, dict) or "_schema" in errors:
        return InvalidPayload()
    if unknown := _unknown(errors):
        return UnknownProperty(names=unknown)
    if errors == {"userId": [TOO_LONG]}:
        return UserIdTooLong()
    return BadProperty(names=", ".join(sorted(errors)))


def _query(errors: Any) -> Refusal:
    if unknown := _unknown(errors):
        return UnknownParameter(names=unknown)
    if "offset" in errors:
        return InvalidOffset()
    if "size" in errors:
        return InvalidSize()
    return InvalidParameter(names=", ".join(sorted(errors)))


def _unknown(errors: Mapping[str, Any]) -> str:
    return ", ".join(sorted(name for name, problems in errors.items() if problems == ["Unknown field."]))


STYLE = PushErrors()
