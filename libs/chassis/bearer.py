"""Bearer tokens: signed JWTs of trusted issuers, with a fixed list of algorithms."""

import base64
import binascii
import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from chassis.errors import Unauthenticated
from chassis.jwks import Jwks
from chassis.settings import Issuer

ALGORITHMS = ["ES256", "RS256"]
LEEWAY = 30  # seconds
CACHE_SIZE = 10_000
TOKEN_LIMIT = 8_192  # characters


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that held, until when (Unix seconds), and by which key of which generation of its issuer's."""

    claims: Mapping[str, Any]
    expires: float
    issuer: str
    kid: str
    generation: int


class BearerVerifier:
    """Verifies tokens; those that held are remembered by digest until they expire or their key is withdrawn."""

    def __init__(self, session: aiohttp.ClientSession, issuers: Sequence[Issuer]) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._jwks = {issuer.issuer: Jwks(session, issuer.jwks_url) for issuer in issuers}
        self._verified: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    @property
    def configured(self) -> bool:
        """Whether any issuer is trusted."""
        return bool(self._issuers)

    async def verify(self, token: str) -> Mapping[str, Any]:
        """The token's claims. Raises Unauthenticated, or Unavailable while its issuer's keys cannot be had."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._verified.get(digest)
        if known and known.expires > time.time() and self._stands(known):
            return known.claims
        self._verified.pop(digest, None)
        verified = await self._verify(token)
        self._verified[digest] = verified
        if len(self._verified) > CACHE_SIZE:
            self._verified.popitem(last=False)
        return verified.claims

    async def _verify(self, token: str) -> VerifiedToken:
        if len(token) > TOKEN_LIMIT:
            raise Unauthenticated(reason="token too long")
        header, claims = _peek(token)
        kid, issuer = header.get("kid"), self._issuers.get(str(claims.get("iss")))
        if header.get("alg") not in ALGORITHMS or not isinstance(kid, str) or "crit" in header:
            raise Unauthenticated(reason="token header")
        if issuer is None:
            raise Unauthenticated(reason="token issuer")
        jwks = self._jwks[issuer.issuer]
        keys = await jwks.keys(kid)
        rules = JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            exp={"essential": True},
        )
        try:
            if kid not in {key.kid for key in keys.keys}:
                raise Unauthenticated(reason="token key")
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
            rules.validate(decoded.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise Unauthenticated(reason=type(error).__name__) from error
        expires = float(decoded.claims["exp"]) + LEEWAY
        return VerifiedToken(decoded.claims, expires, issuer.issuer, kid, jwks.generation)

    def _stands(self, known: VerifiedToken) -> bool:
        """Whether its key is still its issuer's."""
        jwks = self._jwks[known.issuer]
        return known.generation == jwks.generation and jwks.fresh(known.kid)


def _peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims before verification, only to find the issuer's key."""
    try:
        header, claims, _ = token.split(".")
        parsed = [orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (header, claims)]
    except (ValueError, binascii.Error) as error:
        raise Unauthenticated(reason="no token") from error
    if not all(isinstance(part, dict) for part in parsed):
        raise Unauthenticated(reason="no token")
    return parsed[0], parsed[1]
