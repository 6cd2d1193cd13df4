"""Content-Type and Accept headers that are malformed, or that ask for what is not there."""

from collections.abc import Iterator, Sequence

from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import Case

CONTENT_TYPES: Sequence[str | bytes | tuple[str, ...] | None] = (
    None,
    "",
    " ",
    "json",
    "application",
    "application/",
    "/json",
    "/",
    ";",
    "application/json/x",
    "application json",
    "application/jsonx",
    "application/x-json",
    "application/hal+json",
    "application/*",
    "*/*",
    "text/plain",
    "text/html; charset=utf-8",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/yaml",
    "image/png",
    "application/json, text/plain",
    "\u0430pplication/json",
    b"application/json\xff",
    "application/json; charset=utf-16",
    "application/json; charset=latin-1",
    "application/json; charset=none-such",
    'application/json; charset="utf-7"',
    "application/json; charset=utf-8; charset=utf-16",
    "application/json; charset=",
    ("text/plain", "application/json"),
    ("application/json", "text/plain"),
    "x" * 4_000,
    "application/json" + ";   " * 1_000 + "!",
)
ACCEPTS: Sequence[str | bytes | tuple[str, ...]] = (
    "text/html",
    "image/*",
    "application/yaml",
    "application",
    "application/",
    "/json",
    "/",
    "json",
    ";q=1",
    "*",
    "*/json",
    "application/json;q=0",
    "*/*;q=0",
    "*/*;q=0.000",
    "*/*;q=2",
    "*/*;q=-1",
    "*/*;q=abc",
    "*/*;q=",
    "*/*;q=1.0000",
    "application/json;q=0, */*;q=0",
    "text/html, {",
    "*/* */*",
    b"*/*\xff",
    "\u0430pplication/json",
    ("text/html", "image/png"),
    "text/html," * 500,
)


def cases() -> Iterator[Case]:
    """Content types against every operation with a body; Accept against all services that look at it."""
    for operation in (*op.WITH_JSON, op.ADMIN_TOKEN):
        for value in CONTENT_TYPES:
            yield Case(
                group="Content-Type",
                name=f"{value!r:.40}",
                operation=operation,
                # A second Content-Type is no HTTP, whatever the first one says.
                expected=(operation.status("body" if isinstance(value, tuple) else "media"),),
                headers={"Content-Type": value},
            )
    for operation in (op.PUSH_POST, op.PUSH_PUT, op.PUSH_LIST, op.ADMIN_PUT, op.ADMIN_DEVICES, *op.WITH_CONTACTS):
        for value in ACCEPTS:
            yield Case(
                group="Accept",
                name=f"{value!r:.40}",
                operation=operation,
                expected=(operation.status("accept"),),
                headers={"Accept": value},
            )
    for value in ACCEPTS:
        # Its documents know no 406: the header is passed over, and what refuses this call is the backend that is not.
        yield Case(
            group="Accept",
            name=f"{value!r:.40}",
            operation=op.MOBILE_DEREGISTER,
            expected=(404,),
            headers={"Accept": value, "Oracle-Mobile-Backend-ID": "nowhere"},
        )
