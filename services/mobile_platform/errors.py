"""Every way this service says no, and the error object it says it in.

The codes 58060, 15209, 58026 and 92515 are the vendor's own; the 90xxx ones are chosen here (see README.md).
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from chassis import errors as generic
from chassis.errors import ErrorStyle, Refusal

# The vendor's examples give this one address whatever the status.
TYPE = "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.1"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="mobile-platform", charset="UTF-8"'}


class MobileRefusal(Refusal):
    """A refusal of this service: `title` names the kind, `issues` the several things wrong with one request."""

    title: ClassVar[str]
    issues: tuple["MobileRefusal", ...] = ()


class BackendHeaderMissing(MobileRefusal):
    status, code, title = 400, "MOBILE-58060", "Cannot call API"
    message = "The call names no mobile backend: send its id in the Oracle-Mobile-Backend-ID header."


class BodyMalformed(MobileRefusal):
    status, code, title = 400, "MOBILE-90001", "Malformed request body"
    message = "The body isn't a correctly formed JSON object: {problem} (line {line}, column {column})."


class PropertyInvalid(MobileRefusal):
    status, code, title = 400, "MOBILE-90002", "Invalid property"
    message = "{property}: {problem}"


class ProviderInvalid(MobileRefusal):
    status, code, title = 400, "MOBILE-90003", "Invalid notification provider"
    message = "{property}: {problem}"


class SeveralIssues(MobileRefusal):
    status, code, title = 400, "MOBILE-90004", "Invalid request body"
    message = "The body has {count} issues; o:errorDetails lists them."


class MobileClientInvalid(MobileRefusal):
    status, code, title = 400, "MOBILE-90005", "Invalid mobile client"
    message = "The mobile backend has no mobile client with the id {client_id} for the platform {platform}."


class DeviceIdInvalid(MobileRefusal):
    status, code, title = 400, "MOBILE-90006", "Invalid device id"
    message = "The Oracle-Mobile-Device-ID header isn't a device id: {problem}"


class DeviceIdMissing(MobileRefusal):
    status, code, title = 400, "MOBILE-90007", "Device id missing"
    message = "This mobile backend registers only clients that send the Oracle-Mobile-Device-ID header."


class Unauthorized(MobileRefusal):
    """Not who they say they are, or without the backend's role: the documents know no 403 here."""

    status, code, title = 401, "MOBILE-15209", "Unauthorized"
    message = "401 - Unauthorized"

    def __init__(self, *, detail: str | None = None, headers: Mapping[str, str] | None = None, **params: Any) -> None:
        super().__init__(detail=detail, headers={**CHALLENGE, **(headers or {})}, **params)


class DeviceBlocked(Unauthorized):
    """The device may not register for now, whoever calls."""

    status, code, title = 401, "MOBILE-90101", "Device shut out"
    message = "The device, or the device that this notification token belonged to, is lost, stolen or disabled."


class BackendNotFound(MobileRefusal):
    status, code, title = 404, "MOBILE-58026", "Mobile Backend not found"
    message = "There is no active mobile backend with the id {backend} for {scheme} calls."


class MobileClientNotFound(MobileRefusal):
    status, code, title = 404, "MOBILE-90401", "Mobile client not found"
    message = "No such mobile client is registered with this notification token, or it was deregistered."


class PathNotFound(MobileRefusal):
    status, code, title = 404, "MOBILE-90402", "Not found"
    message = "There is nothing at this path."


class MethodNotSupported(MobileRefusal):
    status, code, title = 405, "MOBILE-90501", "Method not allowed"
    message = "This path doesn't support the method of the call."


class BodyTooBig(MobileRefusal):
    status, code, title = 413, "MOBILE-91301", "Request body too large"
    message = "The body is larger than this service takes."


class MediaTypeUnsupported(MobileRefusal):
    status, code, title = 415, "MOBILE-92515", "Unsupported media type"
    message = "The media type is missing or not supported; send application/json."


class TooManyFailures(MobileRefusal):
    status, code, title = 429, "MOBILE-92901", "Too many failed logins"
    message = "This user, or others at your address, failed to log in too often; try again after Retry-After."


class Internal(MobileRefusal):
    status, code, title = 500, "MOBILE-95001", "Internal error"
    message = "The service failed to do this; quote o:ecid when you report it."


class Busy(MobileRefusal):
    status, code, title = 503, "MOBILE-95301", "Service unavailable"
    message = "The service can't do this now; try again shortly."


_TRANSLATIONS: Mapping[type[Refusal], type[MobileRefusal]] = {
    generic.RouteNotFound: PathNotFound,
    generic.MethodNotAllowed: MethodNotSupported,
    generic.BodyTooLarge: BodyTooBig,
    generic.UnsupportedMediaType: MediaTypeUnsupported,
    generic.InvalidPath: PathNotFound,
    generic.Unauthenticated: Unauthorized,
    generic.Forbidden: Unauthorized,
    generic.TooManyFailures: TooManyFailures,
    generic.Unavailable: Busy,
    generic.Overloaded: Busy,
}


class _Style(ErrorStyle):
    """The vendor's error object."""

    def translate(self, refusal: Refusal) -> Refusal:
        if isinstance(refusal, MobileRefusal):
            return refusal
        if isinstance(refusal, generic.MalformedBody):
            return BodyMalformed(detail=None, headers=None, **refusal.params)
        if isinstance(refusal, generic.InvalidPayload):
            return _invalid_payload(refusal.errors)
        return _TRANSLATIONS.get(type(refusal), Internal)(headers=refusal.headers)

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        shown = _shown(refusal, path, correlation_id)
        issues = refusal.issues if isinstance(refusal, MobileRefusal) else ()
        if issues:
            shown["o:errorDetails"] = [_shown(issue, path, correlation_id) for issue in issues]
        return shown


STYLE = _Style()


def _shown(refusal: Refusal, path: str, correlation_id: str) -> dict[str, Any]:
    return {
        "type": TYPE,
        "title": refusal.title if isinstance(refusal, MobileRefusal) else Internal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "o:errorCode": refusal.code,
        "o:errorPath": path,
        "o:ecid": f"{correlation_id}, 0",
    }


def _invalid_payload(errors: object) -> MobileRefusal:
    issues = tuple(_issue(name, problem) for name, problem in _flattened(errors))
    if len(issues) == 1:
        return issues[0]
    several = SeveralIssues(count=len(issues))
    several.issues = issues
    return several


def _issue(name: str, problem: str) -> MobileRefusal:
    kind = ProviderInvalid if name == "notificationProvider" else PropertyInvalid
    return kind(property=name or "body", problem=problem)


def _flattened(errors: object, path: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested problems as (dotted property, problem)."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            step = "" if name == "_schema" else str(name)
            yield from _flattened(inner, ".".join(filter(None, (path, step))))
    elif isinstance(errors, list | tuple):
        for inner in errors:
            yield from _flattened(inner, path)
    else:
        yield path, str(errors)
