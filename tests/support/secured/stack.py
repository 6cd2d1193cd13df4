"""All five deployables as processes on secured backends, each with its own login and rights, telling everything."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import yaml

from chassis.passwords import HASHER
from deploy.local import people, roster, secrets
from deploy.local.backends import MailSink
from deploy.local.backends.ports import LOOPBACK, free_port
from deploy.local.foundation import Foundation
from deploy.local.group import together
from deploy.local.options import NAMES
from deploy.local.progress import Progress
from deploy.local.service import Service
from tests.support.secured import kafka
from tests.support.secured.backends import DATABASE, DEPLOYABLES, Secured


class SecuredService(Service):
    """Logs at the finest level; `program`, if given, is a script that runs it instead of its own main module."""

    program: Path | None = None

    def command(self) -> list[str]:
        """As in production, or by the script."""
        own = super().command()
        return own if self.program is None else [own[0], str(self.program), own[-1]]

    def environment(self) -> Mapping[str, str]:
        """Our own variables say nothing about backends here."""
        kept = {name: value for name, value in super().environment().items() if not name.startswith("COVERAGE")}
        return {**kept, "LOG_LEVEL": "DEBUG"}


@dataclass(frozen=True)
class SecuredStack:
    """`record` is what the demo's people need to know, `secrets` all that nobody else may, by what it is."""

    backends: Secured
    record: Mapping[str, Any]
    services: Sequence[SecuredService]
    secrets: Mapping[str, str]

    def logs(self) -> dict[str, str]:
        """Everything that each service has written so far."""
        return {service.name: service.log.read_text(errors="replace") for service in self.services}


@asynccontextmanager
async def stack(
    folder: Path, backends: Secured, *, program: Path | None = None, **more: str
) -> AsyncIterator[SecuredStack]:
    """The stack, ready, stopped gracefully afterwards. `more` are variables for all of them."""
    mail = MailSink(folder / "mailbox", folder / "logs")
    mail.data.mkdir(parents=True)
    files = secrets.write(folder / "secrets")
    persons = [replace(person, password=f"pass-{token_hex(8)}") for person in people.PEOPLE]
    client_secret = f"client-{token_hex(8)}"
    _write_people(files, persons, client_secret)
    ports = {name: free_port() for name in DEPLOYABLES}
    kafka_connection = backends.kafka.connection(kafka.ADMIN)
    base = Foundation(backends.mongod.uri, DATABASE, kafka_connection, mail, ())
    trusted = f"{roster.ISSUER}|{roster.AUDIENCE}|http://{LOOPBACK}:{ports['device-admin']}{roster.JWKS_PATH}"
    told = roster.settings(base, files, trusted=trusted)
    services = [
        SecuredService(name, folder / "logs", {**told[name], **backends.variables(name), **more}, port=ports[name])
        for name in DEPLOYABLES
    ]
    for service in services:
        service.program = program
    credentials = {person.part: [person.name, person.password] for person in persons}
    record = {
        "services": {name: f"http://{LOOPBACK}:{ports[name]}" for name in NAMES},
        "credentials": {**credentials, "confidential_client": [people.CLIENT_ID, client_secret]},
        "smtp": {"mailbox": str(mail.data)},
    }
    async with mail, together(services, Progress()):
        yield SecuredStack(backends, record, services, _secrets(backends, record, files))


def _write_people(files: Mapping[str, str], persons: Sequence[people.Person], client_secret: str) -> None:
    users = [
        {"name": person.name, "password_hash": HASHER.hash(person.password), "roles": [*person.roles]}
        for person in persons
    ]
    clients = people.clients_file()
    clients["clients"][0]["secret_hash"] = HASHER.hash(client_secret)
    Path(files["USERS_FILE"]).write_text(yaml.safe_dump({"users": users}))
    Path(files["CLIENTS_FILE"]).write_text(yaml.safe_dump(clients))


def _secrets(backends: Secured, record: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, str]:
    found = {f"password of {who} at the backends": password for who, password in backends.passwords.items()}
    found |= {f"password of {name}": password for name, password in record["credentials"].values()}
    for variable in ("TOKEN_DIGEST_KEY_FILE", "CONTACT_DIGEST_KEY_FILE"):
        found[variable] = Path(files[variable]).read_text()
    found["ENC_CONTACT_ID_KEYS_FILE"] = Path(files["ENC_CONTACT_ID_KEYS_FILE"]).read_text().partition(":")[2]
    found["SIGNING_KEY_FILE"] = json.loads(Path(files["SIGNING_KEY_FILE"]).read_text())["d"]
    return found
