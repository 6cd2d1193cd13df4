"""The files that a demo deployment reads everything secret from: `python -m deploy.local.secrets [DIR]`.

Keys are made anew; a file that is there already stays, because what was stored under a key needs that key again.
"""

import json
import os
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_bytes

import yaml
from joserfc.jwk import ECKey

from deploy.local import people

FOR_COMPOSE = ".rollcall/demo"  # what docker-compose.yml mounts
CATALOGUE = Path(__file__).with_name("demo") / "catalogue.yaml"


def signing_key(prefix: str = "demo") -> str:
    """A private ES256 key as a JSON Web Key; every replica of device-admin signs and publishes the same one.

    Its `kid` is `prefix` and the time.
    """
    key = ECKey.generate_key("P-256", {"kid": f"{prefix}-{int(time.time())}", "use": "sig", "alg": "ES256"})
    return json.dumps(key.as_dict(private=True))


def random_key(size: int) -> str:
    """A key of so many bytes in base64url."""
    return urlsafe_b64encode(token_bytes(size)).rstrip(b"=").decode()


# The variable that names each file, the file, and what goes into it.
FILES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "CATALOGUE_FILE": ("catalogue.yaml", CATALOGUE.read_text),
    "USERS_FILE": ("users.yaml", lambda: yaml.safe_dump(people.users_file(), sort_keys=False)),
    "CLIENTS_FILE": ("clients.yaml", lambda: yaml.safe_dump(people.clients_file(), sort_keys=False)),
    "SIGNING_KEY_FILE": ("signing-key", signing_key),
    "TOKEN_DIGEST_KEY_FILE": ("token-digest-key", lambda: random_key(32)),
    "ENC_CONTACT_ID_KEYS_FILE": ("enc-contact-id-keys", lambda: f"demo:{random_key(64)}"),
    "CONTACT_DIGEST_KEY_FILE": ("contact-digest-key", lambda: random_key(32)),
}


def write(folder: Path, *, shared: bool = False) -> dict[str, str]:
    """Make the files that are missing; returns variable and path of each.

    Only their owner can read them, unless `shared`: the user inside a container is another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755 if shared else 0o700)
    for name, make in FILES.values():
        write_once(folder / name, make, 0o644 if shared else 0o600)
    return {variable: str((folder / name).resolve()) for variable, (name, _) in FILES.items()}


def write_once(path: Path, make: Callable[[], str], mode: int) -> None:
    """Make a file unless it is there; whole or not at all, and readable as `mode` says."""
    if not path.exists():
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(make())
        part.replace(path)
    path.chmod(mode)


def main() -> None:
    """The command line, for docker compose."""
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        sys.exit(f"usage: python -m deploy.local.secrets [DIR, else {FOR_COMPOSE}]")
    for variable, path in write(Path(sys.argv[1] if sys.argv[1:] else FOR_COMPOSE), shared=True).items():
        print(f"{variable}={os.path.relpath(path)}")


if __name__ == "__main__":
    main()
