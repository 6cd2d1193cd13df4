"""Authentication: who is calling, by HTTP Basic or by a bearer token. What they may do is each service's."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from chassis.addresses import Network, caller_address
from chassis.bearer import BearerVerifier
from chassis.errors import Unauthenticated
from chassis.logins import Logins
from chassis.users import Users


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller: roles from the users file, scopes and claims from a token."""

    name: str
    scheme: Literal["basic", "bearer", "anonymous"]
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Authenticator:
    """The schemes of one service. All raise Unauthenticated with the right WWW-Authenticate; Basic TooManyFailures too.

    `trusted_proxies` are those whose word on a caller's address is taken.
    """

    users: Users
    logins: Logins
    tokens: BearerVerifier
    realm: str
    trusted_proxies: Sequence[Network] = ()

    async def basic(self, request: web.Request) -> Principal:
        """The user of an HTTP Basic header (RFC 7617)."""
        credentials = basic_credentials(request.headers.get("Authorization"))
        principal = await self.verify_password(*credentials, address=self.address(request)) if credentials else None
        if principal is None:
            raise Unauthenticated(headers={"WWW-Authenticate": f'Basic realm="{self.realm}", charset="UTF-8"'})
        return principal

    async def bearer(self, request: web.Request) -> Principal:
        """The client of a bearer token (RFC 6750)."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
        try:
            claims = await self.tokens.verify(token.strip())
        except Unauthenticated as error:
            raise Unauthenticated(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}) from error
        scope = claims.get("scope")
        # Separated by spaces and nothing else (RFC 6749): what another separator hides is one scope that opens nothing.
        scopes = frozenset(filter(None, scope.split(" "))) if isinstance(scope, str) else frozenset[str]()
        roles = claims.get("roles")
        granted = frozenset(filter(_is_text, roles)) if isinstance(roles, list) else frozenset[str]()
        return Principal(str(claims.get("sub", "")), "bearer", granted, scopes, claims)

    async def either(self, request: web.Request) -> Principal:
        """Bearer where the header says so and an issuer is trusted, else Basic."""
        if self.tokens.configured and request.headers.get("Authorization", "")[:7].lower() == "bearer ":
            return await self.bearer(request)
        return await self.basic(request)

    def address(self, request: web.Request) -> str:
        """Where the caller is, as far as it can be trusted; failed logins are counted by it."""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        return caller_address(request.remote, forwarded, self.trusted_proxies)

    async def verify_password(self, name: str, password: str, *, address: str) -> Principal | None:
        """The user, or None. An unknown user costs as much as a wrong password. Raises TooManyFailures."""
        user = self.users.get(name)
        stored = user.password_hash if user else None
        if not await self.logins.fits(name, password, stored, address=address) or user is None:
            return None
        return Principal(user.name, "basic", user.roles)


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """Name and password of a Basic header, or None if it is absent or not as RFC 7617 wants it."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
        name, colon, password = decoded.decode("utf-8").partition(":")
    except ValueError:
        return None
    # Python's decoder passes over padding that is too much.
    well_formed = base64.b64encode(decoded).decode("ascii") == encoded.strip()
    return (name, password) if colon and well_formed else None


def _is_text(value: object) -> bool:
    return isinstance(value, str)
