"""Every reason for which device-admin says no, with the vendor's message id where one fits.

The messages are the keys of the catalogues in ../locale.
"""

from collections.abc import Callable
from typing import ClassVar

from chassis import errors as chassis
from device_admin.errors.fields import worded

_SERVER_ERROR = "FWLSE3000E"
_NOT_FOUND = "FWLSE3002E"
_DATABASE_ERROR = "FWLSE3010E"
_UNKNOWN_RUNTIME = "FWLSE3030E"
_INVALID_PAYLOAD = "FWLSE3051E"
_INVALID_PARAMETERS = "FWLSE3053E"
_SCOPE_NOT_ALLOWED = "FWLSE4064E"
_NOT_AUTHORIZED = "FWLSE4065E"

_WORDS = 1_000  # characters: names of unknown fields come from the caller


class RuntimeNotFound(chassis.Refusal):
    """The catalogue has no such runtime."""

    status, code, message = 404, _UNKNOWN_RUNTIME, "The runtime {runtime} does not exist"


class DeviceNotFound(chassis.Refusal):
    """No event of any service has mentioned this device yet, or none since it was removed."""

    status, code, message = 404, _NOT_FOUND, "The device {device_id} does not exist in the runtime {runtime}"


class ApplicationNotFound(chassis.Refusal):
    """The device is known, and has not registered with this application."""

    status, code = 404, _NOT_FOUND
    message = "The device {device_id} has no application {application_id} in the runtime {runtime}"


class TransactionNotFound(chassis.Refusal):
    """This runtime has had no such transaction."""

    status, code, message = 404, _NOT_FOUND, "The transaction {transaction_id} does not exist in the runtime {runtime}"


class ResourceNotFound(chassis.Refusal):
    """No operation has this path."""

    status, code, message = 404, _NOT_FOUND, "The resource {path} does not exist"


class MethodNotAllowed(chassis.Refusal):
    """The path exists, the method does not."""

    status, code, message = 405, _INVALID_PARAMETERS, "The method {method} is not allowed here"


class NotAcceptable(chassis.Refusal):
    """The Accept header leaves nothing that the operation can write."""

    status, code, message = 406, _INVALID_PARAMETERS, "None of the acceptable media types can be written"


class MalformedPayload(chassis.Refusal):
    """The body is no JSON."""

    status, code = 400, _INVALID_PAYLOAD
    message = "The payload is invalid at line {line}, column {column}: {problem}"


class _Listing(chassis.Refusal):
    """A refusal with the problems of single fields, each put into the caller's language."""

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The words for the caller."""
        listed = "; ".join(worded(self.params["errors"], translate))[:_WORDS]
        return translate(self.message).format(errors=listed)


class InvalidPayload(_Listing):
    """The body is JSON, but not what the operation takes."""

    status, code, message = 400, _INVALID_PAYLOAD, "The payload is invalid: {errors}"


class PayloadTooLarge(chassis.Refusal):
    """The body is larger than the service takes."""

    status, code, message = 413, _INVALID_PAYLOAD, "The payload is larger than {limit} bytes"


class UnsupportedMediaType(chassis.Refusal):
    """The Content-Type is not one that the operation reads."""

    status, code, message = 415, _INVALID_PAYLOAD, "The content type {content_type} is not supported"


class InvalidParameters(_Listing):
    """A query parameter is repeated or out of its range."""

    status, code, message = 400, _INVALID_PARAMETERS, "The parameters are invalid: {errors}"


class InvalidBookmark(chassis.Refusal):
    """The bookmark was not given out for this list, or has been altered."""

    status, code, message = 400, _INVALID_PARAMETERS, "The parameters are invalid: no such bookmark"


class Unauthenticated(chassis.Refusal):
    """Nobody known is calling."""

    status, code, message = 401, _NOT_AUTHORIZED, "Authentication is required"


class Forbidden(chassis.Refusal):
    """The caller's roles do not include this operation."""

    status, code, message = 403, _NOT_AUTHORIZED, "The roles of this user do not allow this operation"


class TooManyFailures(chassis.Refusal):
    """The caller, or others at the same address, failed to log in too often."""

    status, code, message = 429, _NOT_AUTHORIZED, "Too many failed logins, try again later"


class Unavailable(chassis.Refusal):
    """The database is away or too busy: nothing was acknowledged."""

    status, code, message = 503, _DATABASE_ERROR, "The service is temporarily unavailable"


class InternalError(chassis.Refusal):
    """Something unforeseen."""

    status, code, message = 500, _SERVER_ERROR, "An internal error occurred"


class TokenRefusal(chassis.Refusal):
    """The token endpoint says no; `error` is RFC 6749's word for it."""

    error: ClassVar[str]


class InvalidTokenRequest(TokenRefusal):
    """A parameter is missing or repeated, or the form is none."""

    error = "invalid_request"
    status, code, message = 400, _INVALID_PARAMETERS, "The request is invalid: {problem}"


class UnsupportedGrantType(TokenRefusal):
    """Only confidential clients get tokens here, and only for themselves."""

    error = "unsupported_grant_type"
    status, code, message = 400, _INVALID_PARAMETERS, "Only the grant type client_credentials is supported"


class InvalidScope(TokenRefusal):
    """The client may not have all of the scope that it asks for."""

    error = "invalid_scope"
    status, code, message = 400, _SCOPE_NOT_ALLOWED, "FWLSE4064E: The scope is not allowed for this client"


class InvalidClient(TokenRefusal):
    """No such client, or not its secret."""

    error = "invalid_client"
    status, code, message = 401, _NOT_AUTHORIZED, "FWLSE4065E: The client is not authorized"
