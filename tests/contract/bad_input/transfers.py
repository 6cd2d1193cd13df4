"""Bodies that are too large, or whose length or coding is not what the headers say."""

import gzip
import zlib
from collections.abc import Iterator

from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import Case, Operation
from tests.contract.bad_input.wire import chunked

LIMIT = 65_536  # bytes, as tests.support.services sets it
CHUNKED = {"Transfer-Encoding": "chunked"}


def cases() -> Iterator[Case]:
    """Each against one operation of every service that reads a body, and against both of those with two formats."""
    for operation in op.ONE_EACH:
        yield from _too_large(operation)
        yield from _contradictory(operation)


def _too_large(operation: Operation) -> Iterator[Case]:
    right, large = operation.raw_body, (operation.status("large"),)
    padded = right + b" " * LIMIT
    bombs = {"gzip": gzip.compress(padded), "deflate": zlib.compress(padded)}
    yield Case(group="transfer", name="too large", operation=operation, expected=large, body=padded)
    yield Case(group="transfer", name="a megabyte", operation=operation, expected=large, body=b"[" * 1_000_000)
    pieces = chunked(*[padded[start : start + 1_000] for start in range(0, len(padded), 1_000)])
    yield Case(
        group="transfer", name="too large in chunks", operation=operation, expected=large, body=pieces, headers=CHUNKED
    )
    for coding, body in bombs.items():
        yield Case(
            group="transfer",
            name=f"too large once unpacked ({coding})",
            operation=operation,
            expected=large,
            body=body,
            headers={"Content-Encoding": coding},
        )


def _contradictory(operation: Operation) -> Iterator[Case]:
    right, refused = operation.raw_body, (operation.status("body"),)
    length = str(len(right))
    both = {"Transfer-Encoding": "chunked", "Content-Length": length}
    for name, headers, body in (
        ("not gzip", {"Content-Encoding": "gzip"}, right),
        ("half of a gzip", {"Content-Encoding": "gzip"}, gzip.compress(right)[:-20]),
        ("not deflate", {"Content-Encoding": "deflate"}, b"\xff" + right),
        ("no size of a chunk", CHUNKED, b"xyz\r\n" + right + b"\r\n0\r\n\r\n"),
        ("a negative size of a chunk", CHUNKED, b"-1\r\n" + right + b"\r\n0\r\n\r\n"),
        ("a huge size of a chunk", CHUNKED, b"f" * 40 + b"\r\n" + right),
        ("a chunk longer than its size", CHUNKED, b"2\r\n" + right + b"\r\n0\r\n\r\n"),
        ("chunks of nothing", CHUNKED, b"0\r\n\r\n"),
        ("a negative length", {"Content-Length": "-1"}, right),
        ("no number as length", {"Content-Length": "many"}, right),
        ("a length with a sign", {"Content-Length": f"+{length}"}, right),
        ("an empty length", {"Content-Length": ""}, right),
        ("two lengths", {"Content-Length": (length, str(len(right) + 1))}, right),
        ("a length and chunks", both, chunked(right)),
        ("an unknown transfer coding", {"Transfer-Encoding": "gzip"}, right),
        ("chunks not last", {"Transfer-Encoding": "chunked, gzip"}, chunked(right)),
        ("chunked twice", {"Transfer-Encoding": ("chunked", "chunked")}, chunked(right)),
        ("a shorter length", {"Content-Length": str(len(right) - 1)}, right),
        ("another expectation", {"Expect": "a-miracle"}, right),
    ):
        yield Case(group="transfer", name=name, operation=operation, expected=refused, body=body, headers={**headers})
    longer = {"Content-Length": str(len(right) + 10)}
    for name, headers, body in (("too little", longer, right), ("no last chunk", CHUNKED, chunked(right)[:-5])):
        yield Case(
            group="transfer",
            name=f"{name}, then gone",
            operation=operation,
            expected=(),
            body=body,
            headers={**headers},
            hang_up=True,
        )
