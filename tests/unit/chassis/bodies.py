"""A schema and requests to read with it."""

from collections.abc import Sequence
from typing import Any

from aiohttp.test_utils import make_mocked_request
from aiohttp.web import Request
from marshmallow import RAISE, Schema, fields
from multidict import CIMultiDict


class Greeting(Schema):
    """A text, and how often to say it."""

    class Meta:
        unknown = RAISE

    text = fields.String(required=True)
    times = fields.Integer(load_default=1)


def request(path: str = "/", *, headers: Sequence[tuple[str, str]] = (), **kwargs: Any) -> Request:
    """A GET request without a connection."""
    return make_mocked_request("GET", path, headers=CIMultiDict(headers), **kwargs)
