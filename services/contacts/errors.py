"""Every way this service says no, and the body it says it in.

The vendor's document gives statuses only. 417 is its answer to every invalid parameter, so the plumbing's 400 and 415
become 417 here; what the document has no status for keeps HTTP's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from lxml import etree

from chassis import errors as generic
from chassis.errors import ErrorStyle, Refusal
from chassis.xml import storable, write_xml

# The document lists the first three as one format, and the last two.
JSON_TYPES = ("application/json", "text/json", "application/csp-report")
XML_TYPES = ("application/xml", "text/xml")
MEDIA_TYPES = (*JSON_TYPES, *XML_TYPES)
CHALLENGE = {"WWW-Authenticate": 'Basic realm="contacts", charset="UTF-8"'}


class InvalidParameters(Refusal):
    """417: a parameter of the path, the query or the body is at fault."""

    status, code, message = 417, "invalid_parameters", "The request has invalid parameters: {problem}"


class ContactListIdInvalid(InvalidParameters):
    code, message = "contact_list_id_invalid", "The contact list's id is a whole number"


class BodyMalformed(InvalidParameters):
    code, message = "malformed_body", "The body cannot be read at line {line}, column {column}: {problem}"


class MediaTypeUnsupported(InvalidParameters):
    code = "unsupported_media_type"
    message = f"The Content-Type is none of {', '.join(MEDIA_TYPES)}, in UTF-8"


class FieldUnknown(InvalidParameters):
    code, message = "unknown_field", "The contact list has no field {names}"


class CustomEventUnknown(InvalidParameters):
    code, message = "unknown_custom_event", "The contact list has no custom event {names}"


class MatchUnknown(InvalidParameters):
    code, message = "unknown_match_property", "match names no field of the contact list: {names}"


class MatchValueMissing(InvalidParameters):
    code, message = "match_value_missing", "match needs a value, neither empty nor an object or array, for {names}"


class MatchTooWide(InvalidParameters):
    code, message = "match_too_wide", "match finds more than {limit} contacts, so none was updated"


class MatchAmbiguous(InvalidParameters):
    code, message = "match_and_contact_id", "Choose contacts by match or by EncContactId, not by both"


class ContactIdInvalid(InvalidParameters):
    code, message = "contact_id_invalid", "EncContactId names no contact of this list"


class ListIdMismatch(InvalidParameters):
    code, message = "list_id_mismatch", "ListId {list_id} is not the contact list of the path"


class OldDeviceIdAlone(InvalidParameters):
    code, message = "old_device_id_alone", "OldDeviceId needs the DeviceId that replaces it"


class ValuesTooLarge(InvalidParameters):
    code, message = "values_too_large", "The contact's values would take more than {limit} bytes"


class TooManyDevices(InvalidParameters):
    code, message = "too_many_devices", "A contact has at most {limit} devices"


class ContactListNotFound(Refusal):
    status, code, message = 404, "contact_list_not_found", "There is no contact list {list_id}"


class ContactNotFound(Refusal):
    status, code, message = 404, "contact_not_found", "There is no such contact"


class PathNotFound(Refusal):
    status, code, message = 404, "not_found", "There is nothing at this path"


class NotPermitted(Refusal):
    status, code, message = 403, "not_permitted", "The user may not do this with the contact list"


class DeviceBlocked(Refusal):
    """The device is lost, stolen or disabled. Which, and which device it is, is not the caller's to know."""

    status, code, message = 403, "device_blocked", "The device is blocked"


class Unauthorized(Refusal):
    status, code, message = 401, "unauthorized", "The request lacks valid authentication credentials"


class Internal(Refusal):
    status, code, message = 500, "internal_error", "An error occurred while processing this request"


class _Style(ErrorStyle):
    """The body of a refusal: Message as ASP.NET Web API writes it, and beside it what a program can act on.

    In XML it is an Error without a namespace, which is what ASP.NET Web API makes of it too.
    """

    media_types: ClassVar[Sequence[str]] = MEDIA_TYPES

    def translate(self, refusal: Refusal) -> Refusal:
        match refusal:
            case generic.MalformedBody():
                where = {name: refusal.params.get(name) for name in ("line", "column", "problem")}
                return BodyMalformed(detail=BodyMalformed.message.format(**where))
            case generic.UnsupportedMediaType():
                return MediaTypeUnsupported()
            case generic.InvalidPayload() | generic.InvalidQuery():
                return InvalidParameters(problem="; ".join(_flattened(refusal.errors)))
            case generic.InvalidPath():
                return InvalidParameters(problem=refusal.detail)
            case generic.RouteNotFound():
                return PathNotFound()
            case generic.Unauthenticated():
                return Unauthorized(headers={**CHALLENGE, **refusal.headers})
            case generic.Forbidden():
                return NotPermitted()
            case generic.InternalError():
                return Internal()
        return refusal

    def body(self, refusal: Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        return {"Message": refusal.detail, "Code": refusal.code, "CorrelationId": correlation_id}

    def write(self, body: dict[str, Any], media_type: str) -> bytes:
        if media_type not in XML_TYPES:
            return super().write(body, media_type)
        root = etree.Element("Error")
        for name, text in body.items():
            etree.SubElement(root, name).text = storable(str(text))
        return write_xml(root)


STYLE = _Style()


def _flattened(errors: object, path: str = "") -> Iterator[str]:
    """marshmallow's nested problems, each behind the dotted name of its property."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            step = "" if name == "_schema" else str(name)
            yield from _flattened(inner, ".".join(filter(None, (path, step))))
    elif isinstance(errors, list | tuple):
        for inner in errors:
            yield from _flattened(inner, path)
    else:
        yield f"{path}: {errors}" if path else str(errors)
