"""An issuer of bearer tokens for tests: its key, its JWKS endpoint, and tokens with any scope."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from joserfc import jwk, jwt

from chassis.settings import Issuer


class TokenIssuer:
    """Signs as device-admin does; `address` is set while it is being served."""

    def __init__(self) -> None:
        self.key = jwk.ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self.address = ""

    @property
    def trusted(self) -> Issuer:
        """How a service is told to trust it."""
        return Issuer(issuer="test-issuer", audience="rollcall", jwks_url=f"{self.address}/jwks")

    def headers(self, scope: str, **claims: Any) -> dict[str, str]:
        """An Authorization header with a token for these scopes."""
        now = int(time.time())
        payload = {"iss": "test-issuer", "aud": "rollcall", "sub": "test", "iat": now, "exp": now + 600, "scope": scope}
        token = jwt.encode({"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"}, payload | claims, self.key)
        return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def serving(issuer: TokenIssuer) -> AsyncIterator[TokenIssuer]:
    """The issuer with its JWKS on a free port."""

    async def show_jwks(_request: web.Request) -> web.Response:
        return web.json_response(jwk.KeySet([issuer.key]).as_dict(private=False))

    app = web.Application()
    app.router.add_get("/jwks", show_jwks)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield issuer
    finally:
        await runner.cleanup()
