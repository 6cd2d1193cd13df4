"""The MongoDB of the guide: with logins and TLS, and what the guide's commands have to have done to it."""

import secrets
from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient

from tests.support.secured.mongod import SecuredMongod
from tests.support.secured.rights import table

NAME = "rollcall"
# In the order in which the guide's script asks for their passwords.
PEOPLE = ("push-registry", "device-admin", "contacts", "mobile-platform", "email-handlers", "operator", "backup")
WRITTEN = {"_id": "by the test"}


class Database:
    """What people make of it, and whether that is right. Every check raises AssertionError."""

    def __init__(self, mongod: SecuredMongod) -> None:
        self._mongod = mongod
        self.passwords: Mapping[str, str] = {name: secrets.token_urlsafe(12) for name in PEOPLE}

    @property
    def uri(self) -> str:
        """The administrator's."""
        return self._mongod.uri

    def uri_of(self, name: str) -> str:
        """The URI of somebody whom the guide's script makes."""
        return self._mongod.uri_for(name, self.passwords[name], authSource=NAME)

    def require_rights(self) -> None:
        """Each role may do what deploy/rights.yaml says, and no more."""
        wanted = table()["mongodb"]
        with MongoClient[dict[str, Any]](self.uri) as client:
            told = client[NAME].command("rolesInfo", 1, showPrivileges=True)["roles"]
        found = {
            role["role"]: {
                (right["resource"]["db"], right["resource"]["collection"], *sorted(right["actions"]))
                for right in role["privileges"]
            }
            for role in told
        }
        collections = wanted["collections"]
        actions = sorted(wanted["actions"])
        rights = {name: {(NAME, collection, *actions)} for name, collection in collections.items()}
        rights["operator"] = {
            (NAME, collection, *actions) for name, collection in collections.items() if name != "email-handlers"
        }
        assert found == rights, found

    def fill(self) -> None:
        """Each service writes a document, as itself."""
        for name, collection in table()["mongodb"]["collections"].items():
            with MongoClient[dict[str, Any]](self.uri_of(name)) as client:
                client[NAME][collection].insert_one({**WRITTEN, "sequence": 1})

    def spoil(self) -> None:
        """What happens after the copy: one document changes, one comes."""
        for name, collection in table()["mongodb"]["collections"].items():
            with MongoClient[dict[str, Any]](self.uri_of(name)) as client:
                client[NAME][collection].update_one(WRITTEN, {"$set": {"sequence": 2}})
                client[NAME][collection].insert_one({"_id": "later"})

    def require_filled(self) -> None:
        """All is as when the copy was made."""
        with MongoClient[dict[str, Any]](self.uri) as client:
            for collection in table()["mongodb"]["collections"].values():
                found = list(client[NAME][collection].find())
                assert found == [{**WRITTEN, "sequence": 1}], found
