"""Where the services' documents and topics are: the services' own environment variables.

Services that have databases of their own are told apart by their names: `PUSH_REGISTRY_MONGODB_DATABASE` and
`PUSH_REGISTRY_MONGODB_URI` go before `MONGODB_DATABASE` and `MONGODB_URI`, and so for the others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from environs import validate

from chassis.mongo import uri_problem
from chassis.settings import Env, read_settings
from contacts.settings import Catalogue, CatalogueSchema, key_ring
from device_events import KafkaConnection
from rollcall.services import SERVICES

_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


@dataclass(frozen=True, slots=True)
class Place:
    """A database."""

    uri: str = field(repr=False)
    database: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where device-admin is, and as whom to call it."""

    url: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Kafka, and the place of each service's documents by the service's name."""

    kafka: KafkaConnection
    places: Mapping[str, Place]

    @classmethod
    def from_env(cls) -> "Settings":
        """Read the environment. Raises SettingsError, listing every mistake."""
        return read_settings(_build, read)


@dataclass(frozen=True, kw_only=True)
class ContactSettings(Settings):
    """Besides, what names a contact: the lists of the catalogue and the keys of EncContactIds."""

    catalogue: Catalogue
    contact_id_keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def from_env(cls) -> "ContactSettings":
        """Read the environment. Raises SettingsError, listing every mistake."""
        return read_settings(_build_with_contacts, _read_with_contacts)


def account_from_env() -> Account:
    """Only where device-admin is and as whom to call it. Raises SettingsError, listing every mistake."""
    env = Env()
    read = read_account(env)
    env.refuse_unknown(())
    env.seal()
    return Account(**read)


def read_account(env: Env) -> dict[str, Any]:
    """The variables that only calling device-admin needs."""
    url: str | None = env.str("DEVICE_ADMIN_URL", about="where `status set` calls device-admin")
    if url is not None and not _ADDRESS.fullmatch(url):
        env.mistake("DEVICE_ADMIN_URL", "must be like https://device-admin.example.com")
    user: str | None = env.str("DEVICE_ADMIN_USER", about="as whom; `mfpoperator` is enough")
    if user and ":" in user:
        env.mistake("DEVICE_ADMIN_USER", "cannot hold a colon")
    return {"url": url, "user": user, "password": env.str("DEVICE_ADMIN_PASSWORD", about="its password", secret=True)}


def read(env: Env) -> dict[str, Any]:
    """Its own variables, but those that name contacts or device-admin's API."""
    return {"own": {name: _own_place(env, name) for name in SERVICES}}


def _read_with_contacts(env: Env) -> dict[str, Any]:
    return {
        **read(env),
        "catalogue": env.yaml("CATALOGUE_FILE", CatalogueSchema()),
        "contact_id_keys": _keys(env, "ENC_CONTACT_ID_KEYS"),
    }


def _keys(env: Env, name: str) -> Mapping[str, bytes] | None:
    text: str | None = env.str(name)
    try:
        return key_ring(text) if text is not None else None
    except ValueError as error:
        env.mistake(name, str(error))
        return None


def _own_place(env: Env, service: str) -> tuple[str | None, str | None]:
    prefix = service.upper().replace("-", "_")
    about = f"where {service}'s documents are, if elsewhere"
    uri: str | None = env.str(f"{prefix}_MONGODB_URI", None, about=about, secret=True)
    if uri is not None and (problem := uri_problem(uri)):
        env.mistake(f"{prefix}_MONGODB_URI", problem)
    name = validate.Regexp(r"[A-Za-z0-9_-]{1,38}\Z")
    return uri, env.str(f"{prefix}_MONGODB_DATABASE", None, validate=name, about=f"{service}'s database, if another")


def _build(**read: Any) -> Settings:
    return Settings(kafka=read["kafka"], places=_places(read))


def _build_with_contacts(**read: Any) -> ContactSettings:
    return ContactSettings(
        kafka=read["kafka"],
        places=_places(read),
        catalogue=read["catalogue"],
        contact_id_keys=read["contact_id_keys"],
    )


def _places(read: Mapping[str, Any]) -> dict[str, Place]:
    return {
        name: Place(uri or read["mongodb_uri"], database or read["mongodb_database"])
        for name, (uri, database) in read["own"].items()
    }
