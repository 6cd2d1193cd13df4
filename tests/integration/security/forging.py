"""Tokens that nobody should take: each is right but for one thing. Those of the bad-input suite are tried there."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from joserfc import jwk, jwt

from tests.integration.security.world import FIRST
from tests.support.tokens import TokenIssuer

SCOPE = FIRST.scope()
STRANGER = jwk.ECKey.generate_key("P-256", {"kid": "stranger"})


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good token; None leaves one out."""
    now = int(time.time())
    good = {"iss": "test-issuer", "aud": "rollcall", "sub": "test", "iat": now, "exp": now + 600, "scope": SCOPE}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(issuer: TokenIssuer, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """By the issuer's own key."""
    return jwt.encode({"alg": "ES256", "kid": issuer.key.kid, **(header or {})}, claims(**changes), issuer.key)


def part(value: Any) -> str:
    """A part of a token."""
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def handmade(header: Any, signature: bytes = b"", **changes: Any) -> str:
    """With any header and signature."""
    return f"{part(header)}.{part(claims(**changes))}.{part(signature)}"


def symmetric(issuer: TokenIssuer, secret: bytes, algorithm: str = "HS256") -> str:
    """Signed with a secret that everybody has."""
    unsigned = f"{part({'alg': algorithm, 'kid': issuer.key.kid})}.{part(claims())}"
    return f"{unsigned}.{part(hmac.digest(secret, unsigned.encode(), hashlib.sha256))}"


def by_stranger(issuer: TokenIssuer, **header: Any) -> str:
    """Signed by another key under the issuer's key id."""
    return jwt.encode({"alg": "ES256", "kid": issuer.key.kid, **header}, claims(), STRANGER)


def _at(seconds: int) -> int:
    return int(time.time()) + seconds


def _unsigned(algorithm: str | None) -> Callable[[TokenIssuer], str]:
    return lambda issuer: handmade({"alg": algorithm, "kid": issuer.key.kid})


ALGORITHMS = ("none", "None", "NONE", "nOnE", "", " none", "null", None, "HS256", "ES384", "PS256", "es256")
FORGED: Mapping[str, Callable[[TokenIssuer], str]] = {
    **{f"alg {name!r}": _unsigned(name) for name in ALGORITHMS},
    "HS256 with the public key as PEM": lambda i: symmetric(i, i.key.as_pem(private=False)),
    "HS256 with the public key as DER": lambda i: symmetric(i, i.key.as_der(private=False)),
    "HS256 with the public key as JWK": lambda i: symmetric(i, orjson.dumps(i.key.as_dict(private=False))),
    "HS256 with nothing": lambda i: symmetric(i, b""),
    "HS512 with the public key": lambda i: symmetric(i, i.key.as_pem(private=False), "HS512"),
    "a stranger under the issuer's key id": by_stranger,
    "jku": lambda i: by_stranger(i, jku=f"{i.address}/evil"),
    "x5u": lambda i: by_stranger(i, x5u=f"{i.address}/evil"),
    "jwk": lambda i: (
        f"{part({'alg': 'ES256', 'kid': i.key.kid, 'jwk': STRANGER.as_dict(private=False)})}."
        + by_stranger(i).partition(".")[2]
    ),
    "a kid of its own": lambda i: by_stranger(i, kid="stranger"),
    "a kid that is a path": lambda i: by_stranger(i, kid="../../../../dev/null"),
    "a kid that is an address": lambda i: by_stranger(i, kid=f"{i.address}/evil"),
    "an empty kid": lambda i: by_stranger(i, kid=""),
    "crit": lambda i: handmade({"alg": "ES256", "kid": i.key.kid, "crit": ["x"], "x": 1}, b"x" * 64),
    "an empty crit": lambda i: handmade({"alg": "ES256", "kid": i.key.kid, "crit": []}, b"x" * 64),
    "unencoded payload": lambda i: handmade({"alg": "ES256", "kid": i.key.kid, "b64": False, "crit": ["b64"]}, b"x"),
    "expired beyond the leeway": lambda i: signed(i, exp=_at(-40)),
    "no expiry": lambda i: signed(i, exp=None),
    "an expiry that is true": lambda i: signed(i, exp=True),
    "not yet valid": lambda i: signed(i, nbf=_at(40)),
    "issued in the future": lambda i: signed(i, iat=_at(40)),
    "an issuer that ends in a slash": lambda i: signed(i, iss="test-issuer/"),
    "an issuer that begins alike": lambda i: signed(i, iss="test-issuer.example"),
    "a part of the issuer": lambda i: signed(i, iss="test"),
    "an issuer in capitals": lambda i: signed(i, iss="TEST-ISSUER"),
    "another issuer": lambda i: signed(i, iss="rollcall"),
    "another audience": lambda i: signed(i, aud="rollcall2"),
    "other audiences": lambda i: signed(i, aud=["rollcall2", "roll"]),
    "audiences in one text": lambda i: signed(i, aud="other rollcall"),
    "oversize": lambda i: signed(i, padding="x" * 8_000),
}
# Good tokens whose scope only looks like the one that is needed.
TRICKS: Mapping[str, str] = {
    "another that begins alike": "devices.write push.application.myapp2 mobile:backend-12 contacts:write:33",
    "one that only begins": "devices.writeX push.application.myap mobile:backend- contacts:write:",
    "something before it": "xdevices.write xpush.application.myapp xmobile:backend-1 xcontacts:write:3",
    "capitals": SCOPE.upper(),
    "a star": "* devices.* push.application.* mobile:* contacts:*:* contacts:write:*",
    "commas": SCOPE.replace(" ", ","),
    "tabs": SCOPE.replace(" ", "\t"),
    "line ends": SCOPE.replace(" ", "\n"),
    "no-break spaces": SCOPE.replace(" ", "\xa0"),
    "wide spaces": SCOPE.replace(" ", "\u3000"),
    "plus signs": SCOPE.replace(" ", "+"),
    "quotes": " ".join(f'"{one}"' for one in SCOPE.split()),
    "percent signs": SCOPE.replace("p", "%70").replace("m", "%6d").replace("c", "%63"),
    "letters that look alike": SCOPE.replace("e", "\u0435"),
    "a zero before the number": "contacts:write:03 contacts:write:+3 contacts:write: 3",
    "nothing": "",
}
