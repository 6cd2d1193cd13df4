"""The files of the chart's Secret: `python -m deploy.helm.secrets DIR --user NAME=ROLES --client ID=SCOPES`.

Keys are made once and stay, because what was stored under a key needs that key again. Passwords are made too, printed
once and kept nowhere; a person or client that is named again gets another one, and the others keep theirs.
"""

import argparse
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from chassis.passwords import HASHER
from chassis.users import UsersSchema
from deploy.local.secrets import random_key, signing_key, write_once
from device_admin.settings import ClientsSchema

KEYS = {
    "signing-key": lambda: signing_key("rollcall"),
    "token-digest-key": lambda: random_key(32),
    "enc-contact-id-keys": lambda: f"k1:{random_key(64)}",
    "contact-digest-key": lambda: random_key(32),
}
PRIVATE = 0o600


def write(folder: Path, users: Mapping[str, str], clients: Mapping[str, str]) -> dict[str, str]:
    """Write the files; roles of users and scopes of clients are separated by commas. Returns the new passwords.

    Raises marshmallow's ValidationError, and writes neither people nor clients, if one of them cannot be as given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    passwords = {name: secrets.token_urlsafe(24) for name in (*users, *clients)}
    people = {name: _person(name, roles, passwords[name]) for name, roles in users.items()}
    programs = {id_: _client(id_, scopes, passwords[id_]) for id_, scopes in clients.items()}
    files = {
        "users.yaml": {"users": _merged(folder / "users.yaml", "users", "name", people)},
        "clients.yaml": {"clients": _merged(folder / "clients.yaml", "clients", "id", programs)},
    }
    UsersSchema().load(files["users.yaml"])
    ClientsSchema().load(files["clients.yaml"])
    for name, make in KEYS.items():
        write_once(folder / name, make, PRIVATE)
    for name, content in files.items():
        part = folder / f".{name}.part"
        part.touch(PRIVATE)
        part.write_text(yaml.safe_dump(content, sort_keys=False))
        part.replace(folder / name)
    return passwords


def _person(name: str, roles: str, password: str) -> dict[str, Any]:
    return {"name": name, "password_hash": HASHER.hash(password), "roles": [*filter(None, roles.split(","))]}


def _client(id_: str, scopes: str, password: str) -> dict[str, Any]:
    return {"id": id_, "secret_hash": HASHER.hash(password), "allowedScope": " ".join(filter(None, scopes.split(",")))}


def _merged(path: Path, part: str, key: str, new: Mapping[str, Any]) -> list[Any]:
    old = yaml.safe_load(path.read_text())[part] if path.exists() else []
    return [*(one for one in old if one[key] not in new), *new.values()]


def _pairs(texts: Iterable[str]) -> dict[str, str]:
    return {name: rest for name, _, rest in (text.partition("=") for text in texts)}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.helm.secrets", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--user", action="append", default=[], metavar="NAME=ROLE,ROLE", help="may be repeated")
    parser.add_argument("--client", action="append", default=[], metavar="ID=SCOPE,SCOPE", help="may be repeated")
    given = parser.parse_args()
    users, clients = _pairs(given.user), _pairs(given.client)
    if twice := sorted(users.keys() & clients.keys()):
        parser.error(f"a user and a client have the same name: {', '.join(twice)}")
    for name, password in write(given.folder, users, clients).items():
        print(f"{name}\t{password}")
    print(f"keys, users and clients are in {given.folder}; keep a copy of it where you keep secrets", file=sys.stderr)


if __name__ == "__main__":
    main()
