"""Parts of a long list, and the bookmarks that lead from one part to the next.

A bookmark names the item it continues from by what the list is sorted by, so paging stays right and fast while items
come and go. It holds data only, and is good for the very list that it was given out for.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import orjson

from device_admin.errors import InvalidBookmark

S = TypeVar("S")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_WHOLE_NUMBERS = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which part of a list: `order_by` as the API spells it; a `bookmark` wins over an `offset`."""

    order_by: str
    size: int
    bookmark: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[S]):
    """Part of a list: `start` counts from 0, `total` is the whole list's length."""

    items: list[S]
    start: int
    size: int
    total: int
    previous: str | None
    next: str | None

    @property
    def number(self) -> int:
        """Counts from 1."""
        return self.start // self.size + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a part of a list begins: at `start`, next to the item with these values of the sorted fields, if any."""

    start: int
    backwards: bool = False
    beside: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedList:
    """One list, sorted by `fields` (each with the type of its values); `identity` tells it from all others."""

    fields: Mapping[str, type]
    identity: str

    def bookmark(self, item: Any, start: int, *, backwards: bool = False) -> str:
        """Leads to the part that begins after `item`, or with `backwards` to the one that ends before it."""
        values = [_plain(item[name]) for name in self.fields]
        return base64.urlsafe_b64encode(orjson.dumps([self.identity, start, backwards, *values])).decode()

    def place(self, bookmark: str) -> Place:
        """Where a bookmark leads. Raises InvalidBookmark."""
        try:
            identity, start, backwards, *values = orjson.loads(base64.b64decode(bookmark, b"-_", validate=True))
            if identity != self.identity or type(backwards) is not bool:
                raise ValueError("given out for another list")
            beside = [_typed(value, kind) for value, kind in zip(values, self.fields.values(), strict=True)]
            return Place(start=_typed(start, int), backwards=backwards, beside=beside)
        except (ValueError, TypeError) as error:
            raise InvalidBookmark from error


def identity_of(*parts: Any) -> str:
    """A short digest of whatever makes a list what it is."""
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:16]


def _plain(value: Any) -> Any:
    return (value - _EPOCH) // _MILLISECOND if isinstance(value, datetime) else value


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not (str if kind is str else int):
        raise ValueError("not the type of this field")
    if isinstance(value, str):
        return value
    if not 0 <= value < (_WHOLE_NUMBERS if kind is int else _WHOLE_NUMBERS // 100):
        raise ValueError("out of range")
    return value if kind is int else _EPOCH + value * _MILLISECOND
