"""What is no request at all: the parser says no before any operation is chosen, and says so in the service's shape."""

from collections.abc import Iterator, Mapping

from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import Case

_REST = b"Host: localhost\r\nConnection: close\r\nContent-Length: 0\r\n"
MALFORMED: Mapping[str, bytes] = {
    "no HTTP": b"hello\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n" + _REST + b"\r\n",
    "an HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is none": b"GET / HTTP/x\r\n" + _REST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + _REST + b"\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\n" + _REST + b"\r\n",
    "a NUL in the target": b"GET /a\0b HTTP/1.1\r\n" + _REST + b"\r\n",
    "a method of signs": b"G@T / HTTP/1.1\r\n" + _REST + b"\r\n",
    "a method beyond ASCII": b"G\xc3\x8bT / HTTP/1.1\r\n" + _REST + b"\r\n",
    "a line that is too long": b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n" + _REST + b"\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost\r\n" + _REST + b"\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: x\r\n" + _REST + b"\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nX-A : x\r\n" + _REST + b"\r\n",
    "a name beyond ASCII": b"GET / HTTP/1.1\r\nX-\xc3\xa9: x\r\n" + _REST + b"\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nX-A: x\r\n y\r\n" + _REST + b"\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nX-A: x\0y\r\n" + _REST + b"\r\n",
    "a line feed in a header": b"GET / HTTP/1.1\r\nX-A: x\ny\r\n" + _REST + b"\r\n",
    "a carriage return in a header": b"GET / HTTP/1.1\r\nX-A: x\ry\r\n" + _REST + b"\r\n",
    "a control character in a header": b"GET / HTTP/1.1\r\nX-A: x\x01y\r\n" + _REST + b"\r\n",
    "a header that is too long": b"GET / HTTP/1.1\r\nX-A: " + b"x" * 70_000 + b"\r\n" + _REST + b"\r\n",
    "too many headers": b"GET / HTTP/1.1\r\n" + b"X-A: x\r\n" * 1_000 + _REST + b"\r\n",
}


def cases() -> Iterator[Case]:
    """Each against every service."""
    for operation in (op.PUSH_GET, op.ADMIN_DEVICES, op.CONTACTS_LISTS, op.MOBILE_REGISTER):
        for name, raw in MALFORMED.items():
            yield Case(
                group="request line and headers",
                name=name,
                operation=operation,
                expected=(operation.status("body"),),
                raw=raw,
            )
