"""An issuer without a network: keys, tokens, and a session that hands out its JWKS and counts how often."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from joserfc import jwk, jwt

from chassis.bearer import BearerVerifier
from chassis.settings import Issuer

ISSUER = Issuer(issuer="https://issuer", audience="rollcall", jwks_url="https://issuer/jwks")
Key = jwk.ECKey | jwk.RSAKey


def ec_key(kid: str = "ec") -> jwk.ECKey:
    return jwk.ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


def rsa_key(kid: str = "rsa") -> jwk.RSAKey:
    return jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class JwksEndpoint:
    """Stands for the client session: every GET gives the keys of the moment."""

    def __init__(self, *keys: Key) -> None:
        self.keys = keys
        self.strange: list[Any] = []  # further entries of the set
        self.document: Any = ...  # in place of the whole set
        self.away = False
        self.hanging: asyncio.Event | None = None
        self.fetched: list[str] = []

    @property
    def fetches(self) -> int:
        """How often it was asked."""
        return len(self.fetched)

    def get(self, url: str, **_: Any) -> "JwksEndpoint":
        self.fetched.append(url)
        if self.away:
            raise aiohttp.ClientConnectionError("away")
        return self

    async def __aenter__(self) -> "JwksEndpoint":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def raise_for_status(self) -> None:
        """It is always 200."""

    @property
    def content(self) -> "JwksEndpoint":
        """The body's stream."""
        return self

    async def iter_any(self) -> AsyncIterator[bytes]:
        """The body, in pieces."""
        if self.hanging:
            await self.hanging.wait()
        whole = {"keys": [*self.strange, *(key.as_dict(private=False) for key in self.keys)]}
        body = json.dumps(whole if self.document is ... else self.document).encode()
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    def verifier(self) -> BearerVerifier:
        return BearerVerifier(self, [ISSUER])  # type: ignore[arg-type]  # it needs no more of a session than this


class Two:
    """A session in which each address has an endpoint of its own."""

    def __init__(self, endpoints: dict[str, JwksEndpoint]) -> None:
        self._endpoints = endpoints

    def get(self, url: str, **kwargs: Any) -> JwksEndpoint:
        return self._endpoints[url].get(url, **kwargs)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": ISSUER.issuer, "aud": ISSUER.audience, "sub": "test", "iat": now, "exp": now + 600, "scope": "a b"}
    return {name: value for name, value in (good | changes).items() if value is not None}


def token(key: Key, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    kind = "ES256" if isinstance(key, jwk.ECKey) else "RS256"
    return jwt.encode({"alg": kind, "kid": key.kid} | (header or {}), claims(**changes), key)


def handmade(header: dict[str, Any], payload: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def hs256_with_public_key(key: jwk.RSAKey) -> str:
    """The old trick: the public key, which everybody has, as the secret of a symmetric signature."""
    signed = handmade({"alg": "HS256", "kid": key.kid}, claims()).removesuffix(".")
    signature = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
