"""Bounds of HTTP in one process: numbers only."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HttpLimits:
    """Sizes are bytes, times seconds.

    `connections` at once; the first `surplus` beyond them get 503 and are closed, all others are cut off. `requests`:
    being handled at once. `receive`: how long the head of a request may take to arrive, and then its body, whether it
    is read or not. `send`: how long a client may take nothing of its answer. `idle`: between two requests on one
    connection. A request's head has at most `fields` fields, each of `field` bytes, a first line of `line` bytes, and
    `head` bytes in all.
    """

    connections: int = 1_000
    surplus: int = 100
    requests: int = 512
    receive: float = 10.0
    send: float = 10.0
    idle: float = 75.0
    line: int = 8_190
    field: int = 16_384
    fields: int = 128
    head: int = 65_536
