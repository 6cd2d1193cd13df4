"""This service's settings: the contact lists of the catalogue, and the keys that hide contact ids."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.settings import CATALOGUE, ChassisSettings, Env, read_settings
from contacts.settings.catalogue import Catalogue, CatalogueSchema, ContactList, Field

__all__ = ["Catalogue", "CatalogueSchema", "ContactList", "Field", "Settings", "key_ring", "read"]

KEY_BYTES = 64  # AES-256 in SIV mode takes two keys of 32 bytes
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True, kw_only=True)
class Settings(ChassisSettings):
    """Everything this service is told from outside. The first key makes new EncContactIds, all of them read."""

    catalogue: Catalogue
    enc_contact_id_keys: Mapping[str, bytes] = field(repr=False)
    contact_digest_key: bytes = field(repr=False)

    @classmethod
    def from_env(cls) -> "Settings":
        return read_settings(cls, read)


def key_ring(text: str) -> dict[str, bytes]:
    """The keys of "id:key,id:key", each key 64 bytes in base64url. Raises ValueError, naming no key."""
    ring: dict[str, bytes] = {}
    for entry in filter(None, re.split(r"[\s,]+", text)):
        key_id, _, encoded = entry.partition(":")
        if not _KEY_ID.fullmatch(key_id) or key_id in ring:
            raise ValueError("a key id is 1 to 16 of A-Z a-z 0-9 _ - and unique")
        try:
            ring[key_id] = base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
        except binascii.Error as error:
            raise ValueError(f"the key {key_id} is not base64url") from error
        if len(ring[key_id]) != KEY_BYTES:
            raise ValueError(f"the key {key_id} has {len(ring[key_id])} bytes instead of {KEY_BYTES}")
    if not ring:
        raise ValueError("names no key")
    return ring


def read(env: Env) -> dict[str, Any]:
    """Its own variables."""
    return {
        "catalogue": env.yaml("CATALOGUE_FILE", CatalogueSchema(), about=CATALOGUE),
        "enc_contact_id_keys": _key_ring(env, "ENC_CONTACT_ID_KEYS"),
        "contact_digest_key": env.secret(
            "CONTACT_DIGEST_KEY",
            about="what a contact made by `match` is found by: base64url, 32 bytes or more",
        ),
    }


def _key_ring(env: Env, name: str) -> Mapping[str, bytes] | None:
    about = "`id:key,id:key`; the first hides new contact ids, all read them: base64url, 64 bytes"
    text: str | None = env.str(name, about=about, secret=True)  # None when it is missing, which env reports itself
    try:
        return key_ring(text) if text is not None else None
    except ValueError as error:
        env.mistake(name, str(error))
        return None
