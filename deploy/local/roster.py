"""The services of the stack: where each listens and which settings it gets."""

from collections.abc import Mapping

from deploy.local.backends.ports import LOOPBACK, free_port
from deploy.local.foundation import Foundation
from deploy.local.home import Home
from deploy.local.options import NAMES, Options
from deploy.local.service import Service

ISSUER, AUDIENCE = "rollcall-demo", "rollcall"
JWKS_PATH = "/myruntime/api/az/v1/jwks"
SENDER = "rollcall@example.com"
# Nobody is handed a secret that it has no use for.
FILES: Mapping[str, tuple[str, ...]] = {
    "push-registry": ("CATALOGUE_FILE", "TOKEN_DIGEST_KEY_FILE"),
    "device-admin": ("CATALOGUE_FILE", "USERS_FILE", "CLIENTS_FILE", "SIGNING_KEY_FILE"),
    "contacts": ("CATALOGUE_FILE", "USERS_FILE", "ENC_CONTACT_ID_KEYS_FILE", "CONTACT_DIGEST_KEY_FILE"),
    "mobile-platform": ("CATALOGUE_FILE", "USERS_FILE", "TOKEN_DIGEST_KEY_FILE"),
}


def services(options: Options, home: Home, standing_on: Foundation, secrets: Mapping[str, str]) -> list[Service]:
    """The four services and the example handlers, none started."""
    trusted = f"{ISSUER}|{AUDIENCE}|http://{LOOPBACK}:{options.ports['device-admin']}{JWKS_PATH}"
    told = settings(standing_on, secrets, trusted=trusted)
    return [
        Service(name, home.logs, variables, port=options.ports.get(name) or free_port())
        for name, variables in told.items()
    ]


def settings(standing_on: Foundation, secrets: Mapping[str, str], *, trusted: str) -> dict[str, dict[str, str]]:
    """What each of them is told, by its name, in variables. `trusted` is the issuer whose tokens are accepted."""
    shared = standing_on.variables()
    own: Mapping[str, Mapping[str, str]] = {
        "push-registry": {"OIDC_ISSUERS": trusted},
        "device-admin": {"TOKEN_ISSUER": ISSUER, "TOKEN_AUDIENCE": AUDIENCE},
    }
    four = {
        name: {**shared, **own.get(name, {}), **{variable: secrets[variable] for variable in FILES[name]}}
        for name in NAMES
    }
    mail = {"SMTP_HOST": LOOPBACK, "SMTP_PORT": str(standing_on.mail.port), "SMTP_SENDER": SENDER}
    return {**four, "email-handlers": {**shared, **mail}}
