"""How a refusal of device-admin looks on the wire, and in which language."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import orjson
from lxml import etree

from chassis import errors as chassis
from chassis.locale import SOURCE_LANGUAGE, Languages
from chassis.xml import storable, write_xml
from device_admin.errors import refusals

LANGUAGES = Languages(Path(__file__).parents[1] / "locale")
JSON = "application/json"
MEDIA_TYPES = (JSON, "application/xml", "text/xml")
_TOKEN_ENDPOINT = re.compile(r"/[^/]+/api/az/v1/token")

_OWN: dict[type[chassis.Refusal], type[chassis.Refusal]] = {
    chassis.RouteNotFound: refusals.ResourceNotFound,
    chassis.MethodNotAllowed: refusals.MethodNotAllowed,
    chassis.MalformedBody: refusals.MalformedPayload,
    chassis.BodyTooLarge: refusals.PayloadTooLarge,
    chassis.UnsupportedMediaType: refusals.UnsupportedMediaType,
    chassis.NotAcceptable: refusals.NotAcceptable,
    chassis.InvalidPayload: refusals.InvalidPayload,
    chassis.InvalidQuery: refusals.InvalidParameters,
    chassis.Unauthenticated: refusals.Unauthenticated,
    chassis.Forbidden: refusals.Forbidden,
    chassis.TooManyFailures: refusals.TooManyFailures,
    chassis.Unavailable: refusals.Unavailable,
    chassis.Overloaded: refusals.Unavailable,
    chassis.InternalError: refusals.InternalError,
}


class AdminStyle(chassis.ErrorStyle):
    """The administration API's errors as JSON or XML, and RFC 6749's JSON for the token endpoint."""

    media_types: ClassVar[Sequence[str]] = MEDIA_TYPES

    def media_types_for(self, path: str) -> Sequence[str]:
        """RFC 6749 knows JSON only."""
        return (JSON,) if _is_token_endpoint(path) else self.media_types

    def translate(self, refusal: chassis.Refusal) -> chassis.Refusal:
        """This service's own refusal for one of the plumbing's."""
        own = _OWN.get(type(refusal))
        return refusal if own is None else own(headers=refusal.headers, **refusal.params)

    def body(self, refusal: chassis.Refusal, *, path: str, correlation_id: str) -> dict[str, Any]:
        """The error's scalars by name."""
        if _is_token_endpoint(path):
            error = refusal.error if isinstance(refusal, refusals.TokenRefusal) else _token_error(refusal)
            return {"error": error, "error_description": _printable(refusal.detail)}
        return {"errorCode": refusal.code, "message": refusal.detail, "correlationId": correlation_id}

    def write(self, body: dict[str, Any], media_type: str) -> bytes:
        """Those scalars as JSON, or as attributes of an element."""
        if media_type == JSON:
            return orjson.dumps(body)
        return write_xml(etree.Element("error", {name: storable(value) for name, value in body.items()}))


def translator(path: str, *, locale: str | None, accept_language: str | None) -> Callable[[str], str]:
    """What puts messages into a call's language: that of `locale`, else the best-liked one, else English.

    The token endpoint speaks English to everyone: RFC 6749 allows its descriptions no other letters.
    """
    if _is_token_endpoint(path):
        return partial(LANGUAGES.translate, SOURCE_LANGUAGE)
    language = LANGUAGES.matching(locale or "") or LANGUAGES.preferred(accept_language)
    return partial(LANGUAGES.translate, language)


def _is_token_endpoint(path: str) -> bool:
    return _TOKEN_ENDPOINT.fullmatch(path) is not None


def _token_error(refusal: chassis.Refusal) -> str:
    if refusal.status in (429, 503):
        return "temporarily_unavailable"
    if refusal.status >= 500:
        return "server_error"
    return "invalid_request"


def _printable(text: str) -> str:
    # RFC 6749 allows no quotation mark, no backslash and no control character in a description.
    return "".join(letter if " " <= letter <= "~" and letter not in '"\\' else "'" for letter in text)


STYLE = AdminStyle()
