"""Request bodies and queries: read strictly, refused with line and column, checked by a schema."""

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from aiohttp import web
from marshmallow import Schema, ValidationError, fields

from chassis.errors import BodyTooLarge, InvalidPayload, InvalidQuery, MalformedBody, UnsupportedMediaType

DEPTH_LIMIT = 64
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = rf'(?:{_WORD}|"(?:[^"\\]|\\.)*")'
# Written so that white space belongs to one part only: otherwise a long header would be tried in countless ways.
_MEDIA_TYPE = re.compile(rf"\s*(?P<type>{_WORD}/{_WORD})(?P<parameters>(?:\s*;(?:\s*{_WORD}={_VALUE})?)*)\s*", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,40}")
_CHARSET = re.compile(rf";\s*charset=({_VALUE})", re.ASCII | re.IGNORECASE)


class WholeNumber(fields.Integer):
    """A number in a query: plain digits only, where Python's int takes spaces, underscores and all scripts' digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not _WHOLE.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class _Repeated(ValueError):
    """A key stands twice in one object."""


async def load_json(
    request: web.Request, schema: Schema, *, media_types: Sequence[str] = ("application/json",)
) -> dict[str, Any]:
    """The JSON body, loaded by the schema.

    Raises UnsupportedMediaType, BodyTooLarge, MalformedBody (with line and column) and InvalidPayload.
    """
    require_content_type(request, media_types)
    return load(schema, parse_json(await read_body(request)))


def require_content_type(request: web.Request, media_types: Sequence[str]) -> None:
    """Raises UnsupportedMediaType unless the Content-Type is given and is one of these, in UTF-8 if it says."""
    given = request.headers.get("Content-Type", "")
    if given in media_types:
        return
    match = _MEDIA_TYPE.fullmatch(given)
    charsets = [charset.strip('"').lower() for charset in _CHARSET.findall(match["parameters"])] if match else []
    wrong = match is None or match["type"].lower() not in media_types or len(charsets) > 1
    if wrong or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise UnsupportedMediaType(content_type=given)


async def read_body(request: web.Request) -> bytes:
    """The whole body. Raises BodyTooLarge."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise BodyTooLarge(limit=request.client_max_size) from error


def parse_json(raw: bytes) -> Any:
    """JSON as RFC 8259 has it, in UTF-8 without a byte order mark.

    Refused besides: a key twice in one object, NaN and infinities, numbers beyond a double, lone surrogates, and
    nesting deeper than 64. Raises MalformedBody.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        _malformed(before, len(before), "not UTF-8")
    if text.startswith("\ufeff"):
        _malformed(text, 0, "byte order mark")
    _limit_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except json.JSONDecodeError as error:
        _malformed(text, error.pos, error.msg)
    except (ValueError, RecursionError) as error:
        _malformed(text, len(text), str(error))
    if "\\u" in text:
        _refuse_surrogates(text, value)
    return value


def load(schema: Schema, data: Any) -> dict[str, Any]:
    """The data as the schema loads it. Raises InvalidPayload."""
    if not isinstance(data, dict):
        raise InvalidPayload(errors={"_schema": ["A JSON object is expected."]})
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        raise InvalidPayload(errors=error.messages) from error
    return loaded


def load_query(request: web.Request, schema: Schema) -> dict[str, Any]:
    """The query as the schema loads it; a parameter given twice is refused. Raises InvalidQuery."""
    query = request.query
    repeated = {name: ["Given more than once."] for name in query if len(query.getall(name)) > 1}
    if repeated:
        raise InvalidQuery(errors=repeated)
    try:
        loaded: dict[str, Any] = schema.load(dict(query))
    except ValidationError as error:
        raise InvalidQuery(errors=error.messages) from error
    return loaded


def _malformed(text: str, position: int, problem: str) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    raise MalformedBody(line=line, column=column, problem=problem)


def _limit_depth(text: str) -> None:
    # Only a bound on what the parser may recurse into; brackets inside strings make it stricter, never laxer.
    if text.count("[") + text.count("{") <= DEPTH_LIMIT:
        return
    depth, in_string, escaped = 0, False, False
    for position, character in enumerate(text):
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > DEPTH_LIMIT:
                _malformed(text, position, "nested too deeply")
        elif character in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Repeated("a key stands twice in one object")
    return result


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is out of range")
    return value


def _refuse_surrogates(text: str, value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        _malformed(text, len(text), "a lone surrogate")
