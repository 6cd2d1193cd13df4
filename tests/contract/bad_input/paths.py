"""Ids in paths and headers that escape, that are not what they look like, or that cannot be; methods nobody has."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import Case, Operation

# None of these is the id of anything. The second half looks like the known device's id, 12345-6789.
STRANGE: Sequence[str | bytes] = (
    "%2F",
    "a%2Fb",
    "..",
    "%2e%2e",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f",
    "a%00b",
    "%00",
    "%0A",
    "%0d%0aX-Injected:%201",
    "%1b%5B0m",
    "%FF",
    "%ed%a0%80",
    "%C0%AE",
    "%F0%9F%98%80",
    "\U0001f600",
    b"\xff\xfe",
    "%E2%80%AE",
    "%EF%BB%BF",
    "%",
    "%zz",
    "%25%32%66",
    "%2525",
    "$where",
    "%24ne",
    "__proto__",
    "%7B%22%24ne%22%3Anull%7D",
    "'%20or%20'1'='1",
    "*",
    "x" * 255,
    "%F0%9F%98%80" * 300,
    "12345%2D6789%00",
    "12345-6789%20",
    "%2012345-6789",
    "12345%E2%80%906789",
    "%EF%BC%9112345-6789",
    "1%D9%A2345-6789",
    "12345-6789%E2%80%8B",
    "12345-6789;v=1",
)
LIST_IDS = ("3%2F", "3%00", "%203", "3%20", "%EF%BC%93", "%D9%A3", "%C2%B3", "3.0", "3e0", "0x3", "3;v=1", "-", "%2B")
NO_LISTS = ("0", "4", "-3", "9" * 40, "99999999999999999999")
METHODS = ("PATCH", "OPTIONS", "TRACE", "LOCK", "DELETE", "GET", "HEAD")


def cases() -> Iterator[Case]:
    """Every one of them."""
    for id in STRANGE:
        yield from _strange_ids(id)
    for id in LIST_IDS:
        yield _missing(op.CONTACTS_POST, f"list {id}", f"/contactLists/{id}/registerDevice", 417, 404)
    for id in NO_LISTS:
        yield _missing(op.CONTACTS_POST, f"list {id}", f"/contactLists/{id}/registerDevice", 404, 417)
    yield from _headers()
    for operation in op.ONE_EACH:
        yield from _nowhere(operation)
        yield from _methods(operation)


def _strange_ids(id: str | bytes) -> Iterator[Case]:
    for operation, before, after in (
        (op.PUSH_PUT_WITHOUT_ID, f"{op.APPS}/myapp/devices/", ""),
        (op.PUSH_GET, f"{op.APPS}/myapp/devices/", ""),
        (op.PUSH_DELETE, f"{op.APPS}/myapp/devices/", ""),
        (op.PUSH_POST, f"{op.APPS}/", "/devices"),
        (op.ADMIN_PUT, f"{op.RUNTIMES}/myruntime/devices/", ""),
        (op.ADMIN_DELETE, f"{op.RUNTIMES}/myruntime/devices/", ""),
        (op.ADMIN_PUT, f"{op.RUNTIMES}/", f"/devices/{op.DEVICE}"),
        (op.ADMIN_DEVICES, f"{op.RUNTIMES}/myruntime/transactions/", ""),
        (op.ADMIN_TOKEN, "/", "/api/az/v1/token"),
        (op.CONTACTS_LISTS, "/contacts/", ""),
        (op.CONTACTS_POST, "/contactLists/", "/registerDevice"),
    ):
        given = id if isinstance(id, bytes) else id.encode()
        # Bytes beyond ASCII have to be escaped, so this is no request at all.
        plain = (404,) if given.isascii() else (operation.status("body"),)
        # An application that the token does not name is not authorized, whether it exists or not.
        others = {op.PUSH_POST: (401,), op.CONTACTS_POST: (417,), op.ADMIN_TOKEN: (400,)}.get(operation, ())
        name = f"{before}{str(id)[:40]}{after}"
        yield _missing(operation, name, before.encode() + given + after.encode(), *plain, *others)


def _headers() -> Iterator[Case]:
    header = "Oracle-Mobile-Backend-ID"
    foreign = ("backend-1/", "BACKEND-1", "\u0432ackend-1", "$ne", "*", "backend-1,backend-1", "__proto__")
    for value in (b"\xef\xbb\xbfbackend-1", *foreign):
        for operation in (op.MOBILE_REGISTER, op.MOBILE_DEREGISTER):
            yield _case("paths", operation, f"{header}: {value!r}", 404, headers={header: value})
    for absent in (None, "", " "):
        yield _case("paths", op.MOBILE_REGISTER, f"{header}: {absent!r}", 400, headers={header: absent})
    for value in (b"a\xc2\x80b", b"\xff", b"a\x7fb", "x" * 255):
        yield _case(
            "paths",
            op.MOBILE_REGISTER,
            f"Oracle-Mobile-Device-ID: {value!r:.30}",
            400,
            headers={"Oracle-Mobile-Device-ID": value},
        )


def _nowhere(operation: Operation) -> Iterator[Case]:
    operation = op.PUSH_PUT_WITHOUT_ID if operation is op.PUSH_PUT else operation
    path = operation.path
    for target in (
        f"{path}/",
        f"/{path}",
        f"{path}//",
        f"{path}/../..",
        f"{path}%2F",
        f"{path}/more",
        path.upper(),
        path.replace("/", "%2F"),
        path.replace("/", "\\"),
        path.rpartition("/")[0] + "/%2e%2e/" + path.rpartition("/")[2],
        "/",
        "/.git/config",
        "/nothing?" + "x" * 4_000,
    ):
        status = 404 if target.startswith("/") else operation.status("body")
        yield _missing(operation, target[:80], target, status)


def _methods(operation: Operation) -> Iterator[Case]:
    allowed = {"PUT", "GET", "DELETE"} if operation is op.PUSH_PUT else {operation.method}
    if operation is op.ADMIN_PUT:
        allowed = {"PUT", "DELETE"}
    if operation is op.CONTACTS_POST:
        allowed = {"POST", "PUT", "PATCH"}
    for method in METHODS:
        # The answer to HEAD has no body to look at.
        if method not in allowed and method != "HEAD":
            yield _case("method", operation, method, operation.status("method"), method=method)


def _missing(operation: Operation, name: str, target: str | bytes, *expected: int) -> Case:
    return _case("paths", operation, name, *expected, target=target)


def _case(group: str, operation: Operation, name: str, *expected: int, **changes: Any) -> Case:
    return Case(group=group, name=name, operation=operation, expected=expected, **changes)
