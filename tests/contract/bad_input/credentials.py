"""Broken, forged and foreign credentials: every kind of Basic and Bearer header that must not let anybody in."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from joserfc import jwk, jwt

from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import ADMIN, CONTACTS, MOBILE, PUSH, TOKEN, Authorization, Case
from tests.support.tokens import TokenIssuer

SCOPE = f"devices.write devices.read push.application.myapp mobile:{op.BACKEND} contacts:write:{op.LIST} mfpadmin"
OPERATIONS = (op.PUSH_PUT, op.ADMIN_PUT, op.ADMIN_TOKEN, op.CONTACTS_POST, op.MOBILE_DEREGISTER)
# Who the services know: a user and, at the token endpoint, a client. Everybody's password is "password".
NAMES = {ADMIN: "operator", CONTACTS: "operator", MOBILE: "operator", TOKEN: "confidential", PUSH: "operator"}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def basics(name: str) -> Mapping[str, tuple[str | bytes, ...]]:
    """Authorization headers that are no login of this user."""
    right = _encoded(f"{name}:password".encode())
    texts: dict[str, str | bytes] = {
        "empty": "",
        "a scheme alone": "Basic",
        "a scheme and spaces": "Basic   ",
        "no base64": "Basic !!!",
        "plain": f"Basic {name}:password",
        "no scheme": right,
        "another scheme": f"Digest {right}",
        "two schemes": f"Basic Basic {right}",
        "a scheme run together": f"Basic{right}",
        "a scheme with a comma": f"Basic, {right}",
        "something behind": f"Basic {right} x",
        "a list": f"Basic {right}, Basic {right}",
        "a parameter": f"Basic {right}; charset=utf-8",
        "no padding": f"Basic {_encoded(f'{name}:password1'.encode()).rstrip('=')}=",
        "too much padding": f"Basic {right}====",
        "white space inside": f"Basic {right[:4]} {right[4:]}",
        "base64url": "Basic " + base64.urlsafe_b64encode(b"\xfb\xff:\xfb\xff").decode(),
        "bytes beyond ASCII": b"Basic \xc3\xa9",
        "no colon": f"Basic {_encoded(name.encode())}",
        "a colon alone": f"Basic {_encoded(b':')}",
        "no name": f"Basic {_encoded(b':password')}",
        "no password": f"Basic {_encoded(f'{name}:'.encode())}",
        "a wrong password": f"Basic {_encoded(f'{name}:passw0rd'.encode())}",
        "a password in capitals": f"Basic {_encoded(f'{name}:PASSWORD'.encode())}",
        "a longer password": f"Basic {_encoded(f'{name}:password '.encode())}",
        "a password with a NUL": f"Basic {_encoded(f'{name}:password'.encode() + bytes(1))}",
        "a name with a NUL": f"Basic {_encoded(name.encode() + bytes(1) + b':password')}",
        "a name in capitals": f"Basic {_encoded(f'{name.upper()}:password'.encode())}",
        "a name that looks alike": f"Basic {_encoded(name.replace('o', chr(0x43E)).encode() + b':password')}",
        "a name with a BOM": "Basic " + _encoded(b"\xef\xbb\xbf" + f"{name}:password".encode()),
        "an unknown name": f"Basic {_encoded(b'nobody:password')}",
        "an operator for a name": "Basic " + _encoded(b'{"$ne":null}:{"$ne":null}'),
        "Latin-1": f"Basic {_encoded(b'M' + bytes([0xFC]) + b'ller:password')}",
        "a surrogate": f"Basic {_encoded(bytes([0xED, 0xA0, 0x80]) + b':password')}",
        "UTF-16": f"Basic {_encoded(f'{name}:password'.encode('utf-16'))}",
        "a very long name": f"Basic {_encoded(b'x' * 5_000 + b':password')}",
        "a very long password": f"Basic {_encoded(f'{name}:'.encode() + b'x' * 5_000)}",
        "the hash for a password": f"Basic {_encoded(f'{name}:$argon2id$v=19$m=19456,t=2,p=1$x$x'.encode())}",
    }
    wrong = f"Basic {_encoded(b'nobody:x')}"
    return {"none": (), "a wrong one and a right one": (wrong, f"Basic {right}")} | {
        kind: (text,) for kind, text in texts.items()
    }


def _part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": "test-issuer", "aud": "rollcall", "sub": "test", "iat": now, "exp": now + 600, "scope": SCOPE}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def _signed(issuer: TokenIssuer, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """Signed by the issuer's own key, whatever the claims say."""
    return jwt.encode({"alg": "ES256", "kid": issuer.key.kid, **(header or {})}, _claims(**changes), issuer.key)


def _unsigned(header: Mapping[str, Any], signature: bytes = b"", **changes: Any) -> str:
    return f"{_part(header)}.{_part(_claims(**changes))}.{_part(signature)}"


def _by_another_key(issuer: TokenIssuer, **header: Any) -> str:
    other = jwk.ECKey.generate_key("P-256", {"kid": str(issuer.key.kid)})
    return jwt.encode({"alg": "ES256", "kid": issuer.key.kid, **header}, _claims(), other)


def _with_the_public_key_as_secret(issuer: TokenIssuer) -> str:
    signed = f"{_part({'alg': 'HS256', 'kid': issuer.key.kid})}.{_part(_claims())}"
    mac = hmac.digest(issuer.key.as_pem(private=False), signed.encode(), hashlib.sha256)
    return f"{signed}.{_part(mac)}"


def _altered(issuer: TokenIssuer) -> str:
    header, _, signature = _signed(issuer, scope="nothing").split(".")
    return f"{header}.{_part(_claims())}.{signature}"


def _own_public_key(issuer: TokenIssuer) -> str:
    other = jwk.ECKey.generate_key("P-256", {"kid": "mine"})
    header = {"alg": "ES256", "kid": "mine", "jwk": other.as_dict(private=False)}
    return jwt.encode(header, _claims(), other)


BEARERS: Mapping[str, Callable[[TokenIssuer], str | bytes]] = {
    "a scheme alone": lambda _: "Bearer",
    "a scheme and spaces": lambda _: "Bearer   ",
    "no token": lambda _: "Bearer x",
    "two dots": lambda _: "Bearer ..",
    "bytes beyond ASCII": lambda _: b"Bearer \xc3\xa9.\xff.x",
    "no scheme": _signed,
    "another scheme": lambda i: f"Token {_signed(i)}",
    "run together": lambda i: f"Bearer{_signed(i)}",
    "something behind": lambda i: f"Bearer {_signed(i)} x",
    "a list": lambda i: f"Bearer {_signed(i)}, Bearer {_signed(i)}",
    "four parts": lambda i: f"Bearer {_signed(i)}.x",
    "two parts": lambda i: f"Bearer {_signed(i).rpartition('.')[0]}",
    "no signature": lambda i: f"Bearer {_signed(i).rpartition('.')[0]}.",
    "half a signature": lambda i: f"Bearer {_signed(i)[:-20]}",
    "header and claims no JSON": lambda _: f"Bearer {_part(b'x')}.{_part(b'y')}.x",
    "header and claims arrays": lambda _: f"Bearer {_part([])}.{_part([])}.x",
    "header and claims no UTF-8": lambda _: f"Bearer {_part(bytes([0xFF]))}.{_part(bytes([0xFF]))}.x",
    "deep claims": lambda _: f"Bearer {_part(b'{}')}.{_part(b'[' * 2_000)}.x",
    "alg none": lambda i: "Bearer " + _unsigned({"alg": "none", "kid": i.key.kid}),
    "alg None": lambda i: "Bearer " + _unsigned({"alg": "None", "kid": i.key.kid}),
    "alg of another kind": lambda i: "Bearer " + _unsigned({"alg": ["ES256"], "kid": i.key.kid}, b"x" * 64),
    "no alg": lambda i: "Bearer " + _unsigned({"kid": i.key.kid}, b"x" * 64),
    "alg HS256 with the public key": lambda i: f"Bearer {_with_the_public_key_as_secret(i)}",
    "alg RS256 with an EC key": lambda i: "Bearer " + _unsigned({"alg": "RS256", "kid": i.key.kid}, b"x" * 256),
    "a signature of zeros": lambda i: "Bearer " + _unsigned({"alg": "ES256", "kid": i.key.kid}, bytes(64)),
    "an empty signature": lambda i: "Bearer " + _unsigned({"alg": "ES256", "kid": i.key.kid}),
    "another key by the same id": lambda i: f"Bearer {_by_another_key(i)}",
    "a key of its own": lambda i: f"Bearer {_own_public_key(i)}",
    "a place for keys of its own": lambda i: "Bearer " + _by_another_key(i, jku="http://127.0.0.1:1/jwks"),
    "an unknown kid": lambda i: "Bearer " + _unsigned({"alg": "ES256", "kid": "unknown"}, b"x" * 64),
    "a kid that is a path": lambda i: "Bearer " + _unsigned({"alg": "ES256", "kid": "../../etc/passwd"}, b"x" * 64),
    "a kid that is a number": lambda i: "Bearer " + _unsigned({"alg": "ES256", "kid": 1}, b"x" * 64),
    "no kid": lambda i: "Bearer " + _unsigned({"alg": "ES256"}, b"x" * 64),
    "crit": lambda i: "Bearer " + _unsigned({"alg": "ES256", "kid": i.key.kid, "crit": ["exp"]}, b"x" * 64),
    "altered": lambda i: f"Bearer {_altered(i)}",
    "expired": lambda i: "Bearer " + _signed(i, exp=int(time.time()) - 60),
    "expired in 1970": lambda i: "Bearer " + _signed(i, exp=0),
    "never expires": lambda i: "Bearer " + _signed(i, exp=None),
    "not yet": lambda i: "Bearer " + _signed(i, nbf=int(time.time()) + 600),
    "another issuer": lambda i: "Bearer " + _signed(i, iss="another"),
    "no issuer": lambda i: "Bearer " + _signed(i, iss=None),
    "an issuer that is a list": lambda i: "Bearer " + _signed(i, iss=["test-issuer"]),
    "another audience": lambda i: "Bearer " + _signed(i, aud="another"),
    "no audience": lambda i: "Bearer " + _signed(i, aud=None),
    "other audiences": lambda i: "Bearer " + _signed(i, aud=["a", "b"]),
    "no scope": lambda i: "Bearer " + _signed(i, scope=None),
    "a scope that is a list": lambda i: "Bearer " + _signed(i, scope=SCOPE.split()),
    "a scope that is a number": lambda i: "Bearer " + _signed(i, scope=1),
    "an empty scope": lambda i: "Bearer " + _signed(i, scope=""),
    "a scope in capitals": lambda i: "Bearer " + _signed(i, scope=SCOPE.upper()),
    "a scope between commas": lambda i: "Bearer " + _signed(i, scope=SCOPE.replace(" ", ",")),
    "a scope that ends with a star": lambda i: "Bearer " + _signed(i, scope="* devices.* push.application.* mobile:*"),
    "the scope of another": lambda i: (
        "Bearer " + _signed(i, scope="devices.write push.application.myapp2 mobile:backend-12 contacts:write:33")
    ),
    "roles that are a text": lambda i: "Bearer " + _signed(i, scope=None, roles=SCOPE),
    "roles that are objects": lambda i: "Bearer " + _signed(i, scope=None, roles=[{"$ne": None}, [SCOPE]]),
    "too long": lambda i: "Bearer " + _signed(i, padding="x" * 7_000),
    "an expiry that is no number": lambda i: "Bearer " + _signed(i, exp="soon"),
}
# Known, but without the right: a contact list answers 403 to that.
KNOWN_WITHOUT_RIGHT = ("scope", "roles")


def cases() -> Iterator[Case]:
    """Basic where it is taken, Bearer where it is taken, and each where only the other is."""
    for operation in OPERATIONS:
        for kind, headers in basics(NAMES[operation.service]).items():
            yield Case(
                group="Basic",
                name=kind,
                operation=operation,
                expected=(operation.status("caller"),),
                authorization=_given(headers),
            )
        for kind, make in BEARERS.items():
            forbidden = operation.service == CONTACTS and any(word in kind for word in KNOWN_WITHOUT_RIGHT)
            yield Case(
                group="Bearer",
                name=kind,
                operation=operation,
                expected=(403,) if forbidden else (operation.status("caller"),),
                authorization=_made(make),
            )


def _given(headers: tuple[str | bytes, ...]) -> Authorization:
    return lambda _: headers


def _made(make: Callable[[TokenIssuer], str | bytes]) -> Authorization:
    return lambda issuer: (make(issuer),)
