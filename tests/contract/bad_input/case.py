"""One bad request: an operation of a service, what is wrong with the call, and the contract's answer to that."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from tests.contract.bad_input.wire import Header
from tests.support.tokens import TokenIssuer

PUSH, ADMIN, CONTACTS, MOBILE = "push-registry", "device-admin", "contacts", "mobile-platform"
TOKEN = "device-admin token"  # its errors have another form
Kind = Literal["body", "media", "accept", "large", "caller", "method", "missing", "query"]
Authorization = Callable[[TokenIssuer], Iterable[str | bytes]]

# What each contract answers to a kind of mistake. Where a document has no status for it, the service's README says why.
_COMMON: Mapping[Kind, int] = {"large": 413, "caller": 401, "method": 405, "missing": 404, "accept": 406}
CONTRACT: Mapping[str, Mapping[Kind, int]] = {
    PUSH: {**_COMMON, "body": 400, "media": 405, "query": 400},
    ADMIN: {**_COMMON, "body": 400, "media": 415, "query": 400},
    TOKEN: {**_COMMON, "body": 400, "media": 400, "query": 400},
    CONTACTS: {**_COMMON, "body": 417, "media": 417, "query": 417},
    MOBILE: {**_COMMON, "body": 400, "media": 415, "query": 400},
}


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A call that would succeed and change something, were nothing wrong with it."""

    name: str
    service: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def status(self, kind: Kind) -> int:
        """The contract's answer to this kind of mistake."""
        return CONTRACT[self.service][kind]

    @property
    def raw_body(self) -> bytes:
        """The right body as bytes."""
        return self.body if isinstance(self.body, bytes) else b"" if self.body is None else orjson.dumps(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What differs from the right call. A header given as None is left out, one given as a tuple is repeated.

    `raw` replaces the whole request. `hang_up`: the caller goes away, so there is no answer to look at.
    """

    group: str
    name: str
    operation: Operation
    expected: tuple[int, ...]
    method: str | None = None
    target: str | bytes | None = None
    body: bytes | None = None
    headers: Mapping[str, str | bytes | tuple[str | bytes, ...] | None] = field(default_factory=dict)
    authorization: Authorization | None = None
    raw: bytes | None = None
    hang_up: bool = False

    @property
    def id(self) -> str:
        """What the test is called."""
        return f"{self.group}: {self.operation.name}: {self.name}"

    def header_list(self, authorization: Iterable[str | bytes]) -> list[Header]:
        """The headers of the request."""
        given: dict[str, Any] = {"Content-Type": self.operation.media_type, **self.operation.headers, **self.headers}
        found: list[Header] = [("Authorization", one) for one in authorization]
        for name, value in given.items():
            values = value if isinstance(value, tuple) else () if value is None else (value,)
            found += [(name, one) for one in values]
        return found
