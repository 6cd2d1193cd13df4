"""Tokens for confidential clients."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwt

from device_admin import errors
from device_admin.model.scope import grant
from device_admin.settings import Client
from device_admin.usecases.resources import Resources, require_runtime


async def authenticate(resources: Resources, credentials: tuple[str, str] | None, *, address: str) -> Client:
    """The confidential client with this id and secret.

    Raises InvalidClient, at the same cost for an unknown id, and TooManyFailures.
    """
    id, secret = credentials or ("", "")
    client = resources.settings.clients.get(id)
    fits = credentials is not None and await resources.logins.fits(
        id, secret, client.secret_hash if client else None, address=address
    )
    if client is None or not fits:
        raise errors.InvalidClient(headers={"WWW-Authenticate": 'Basic realm="device-admin", charset="UTF-8"'})
    return client


def issue_token(resources: Resources, client: Client, *, runtime: str, form: Mapping[str, str]) -> dict[str, Any]:
    """An access token for the client, good at every service that trusts our keys."""
    if "grant_type" not in form:
        raise errors.InvalidTokenRequest(problem="grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise errors.UnsupportedGrantType
    scope = grant(form.get("scope"), client.allowed_scope)
    settings, issued = resources.settings, int(time.time())
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": client.id,
        "client_id": client.id,
        "runtime": runtime,
        "scope": scope,
        "iat": issued,
        "exp": issued + settings.token_lifetime,
        "jti": secrets.token_urlsafe(16),
    }
    key = settings.signing_keys[0]
    token = jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key)
    return {"access_token": token, "token_type": "Bearer", "expires_in": settings.token_lifetime, "scope": scope}


def public_keys(resources: Resources, runtime: str) -> dict[str, Any]:
    """The keys that verify our tokens, as a JSON Web Key Set."""
    require_runtime(resources, runtime)
    keys = resources.settings.signing_keys
    return {"keys": [key.as_dict(private=False, use="sig", alg="ES256") for key in keys]}
