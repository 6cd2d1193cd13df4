"""Who may call the demo, with passwords that are meant to be read: in stack.json, in the README, by curl."""

from dataclasses import dataclass
from typing import Any

from chassis.passwords import HASHER

BACKEND = "mobile:ABCD9278-091f-41aa-9cb2-184bd0586fce"


@dataclass(frozen=True, slots=True)
class Person:
    """`part` is the name under which stack.json offers this person's credentials."""

    part: str
    name: str
    password: str
    roles: tuple[str, ...] = ()


PEOPLE = (
    Person("admin", "demouser", "mfpadmin", ("mfpadmin",)),
    Person("deployer", "deployer", "mfpdeployer", ("mfpdeployer",)),
    Person("operator", "operator", "mfpoperator", ("mfpoperator",)),
    Person("monitor", "monitor", "mfpmonitor", ("mfpmonitor",)),
    Person("mobile_user", "mobile.user@example.com", "password", (BACKEND,)),
    Person("mobile_user_without_role", "other.user@example.com", "password"),
    Person("contacts", "contacts", "contacts", ("contacts:write:3", "contacts:read:3")),
    Person("contacts_readonly", "contacts-reader", "contacts-reader", ("contacts:read:3",)),
)
CLIENT_ID, CLIENT_SECRET = "test", "test"


def credentials() -> dict[str, list[str]]:
    """Name and secret of each part, as stack.json shows them."""
    shown = {person.part: [person.name, person.password] for person in PEOPLE}
    return {**shown, "confidential_client": [CLIENT_ID, CLIENT_SECRET]}


def users_file() -> dict[str, Any]:
    """What a service reads from USERS_FILE; the hashes differ each time, as each has its own salt."""
    return {
        "users": [
            {"name": person.name, "password_hash": HASHER.hash(person.password), "roles": [*person.roles]}
            for person in PEOPLE
        ]
    }


def clients_file() -> dict[str, Any]:
    """What device-admin reads from CLIENTS_FILE: the vendor's predefined development client."""
    return {"clients": [{"id": CLIENT_ID, "secret_hash": HASHER.hash(CLIENT_SECRET), "allowedScope": "*"}]}
