"""Media types: which of those that an operation writes the Accept header prefers (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence

from aiohttp import web

from chassis.errors import NotAcceptable

_RANGE = re.compile(r"\s*(?P<type>[\w!#$&^.+*-]+)/(?P<subtype>[\w!#$&^.+*-]+)\s*(?P<rest>(?:;[^,]*)?)\s*")
_QUALITY = re.compile(r";\s*q\s*=\s*(?P<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|\Z)", re.IGNORECASE)


def require_accept(request: web.Request, media_types: Sequence[str]) -> str:
    """The media type to answer with: the first of the best-liked. Raises NotAcceptable, also for a broken header."""
    best = preferred(request, media_types)
    if best is None:
        raise NotAcceptable()
    return best


def preferred(request: web.Request, media_types: Sequence[str]) -> str | None:
    """The first of the best-liked media types; None if Accept allows none of them or is broken."""
    header = ",".join(request.headers.getall("Accept", []))
    if not header.strip():
        return media_types[0]
    ranges = []
    for part in filter(str.strip, header.split(",")):
        parsed = _parse(part)
        if parsed is None:
            return None
        ranges.append(parsed)
    best = max(media_types, key=lambda media_type: _quality(media_type, ranges))
    return best if _quality(best, ranges) > 0 else None


def _parse(part: str) -> tuple[str, str, float] | None:
    match = _RANGE.fullmatch(part)
    if match is None:
        return None
    if match["type"] == "*" != match["subtype"]:
        return None
    rest = match["rest"]
    quality = _QUALITY.search(rest)
    if quality is None and re.search(r";\s*q\s*=", rest, re.IGNORECASE):
        return None
    return match["type"].lower(), match["subtype"].lower(), float(quality["q"]) if quality else 1.0


def _quality(media_type: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    kind, _, subtype = media_type.partition("/")
    matching = [
        ((range_kind != "*") + (range_subtype != "*"), quality)
        for range_kind, range_subtype, quality in ranges
        if range_kind in ("*", kind) and range_subtype in ("*", subtype)
    ]
    # The most specific range decides, not the one with the highest quality.
    return max(matching, default=(0, 0.0))[1]
