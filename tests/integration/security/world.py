"""The four services with two of everything: whoever may use the first must not get at the second.

The second's names begin with the first's, so that a comparison by prefix lets somebody in.
"""

import contextlib
import itertools
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from joserfc import jwk
from pymongo import AsyncMongoClient

import contacts.app
import contacts.settings
import device_admin.app
import device_admin.settings
import mobile_platform.app
import mobile_platform.settings
import push_registry.app
import push_registry.settings
from chassis.tokens import TokenDigest
from chassis.topics import create_topics
from chassis.users import Users
from device_admin import api as admin_api
from device_admin.model.device import Sighting
from device_admin.usecases import learn
from device_events import catalog
from tests.support.footprint import Footprint, watching
from tests.support.services import GROUPS, HASHED, Running, basic, running, shared_settings
from tests.support.tokens import TokenIssuer, serving
from tests.support.topics import delete_topics, own_connection

PUSH, ADMIN, CONTACTS, MOBILE = SERVICES = ("push-registry", "device-admin", "contacts", "mobile-platform")
CLIENT, ANONYMOUS_KEY = "confidential", "QU5PTllNT1VTOmtleQ=="


@dataclass(frozen=True, slots=True)
class Place:
    """One of everything that rights are given for; `number` is a contact list."""

    runtime: str
    application: str
    backend: str
    number: int

    def scope(self) -> str:
        """Everything that a token can give here."""
        own = f"push.application.{self.application} mobile:{self.backend} contacts:write:{self.number}"
        return f"devices.read devices.write {own}"


FIRST = Place("myruntime", "myapp", "backend-1", 3)
SECOND = Place("myruntime2", "myapp2", "backend-12", 33)
PLACES = (FIRST, SECOND)
CATALOGUE: Mapping[str, Any] = {
    "runtimes": [{"name": place.runtime} for place in PLACES],
    "backends": [
        {
            "id": place.backend,
            "runtime": place.runtime,
            "anonymousKey": ANONYMOUS_KEY if place is FIRST else None,
            "clients": [{"id": "my.app.id", "platforms": ["IOS"]}],
        }
        for place in PLACES
    ],
    "contactLists": [
        {
            "id": place.number,
            "name": f"List {place.number}",
            "runtime": place.runtime,
            "fields": [{"id": 1, "name": "Email"}],
            "readers": ["analyst"] if place is FIRST else [],
            "writers": ["editor"] if place is FIRST else [],
        }
        for place in PLACES
    ],
}


@dataclass
class World:
    """The running services, and what there is in each place."""

    services: Mapping[str, Running]
    issuer: TokenIssuer
    footprint: Footprint
    contact_ids: dict[Place, str] = field(default_factory=dict)
    transactions: dict[Place, int] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @staticmethod
    def device(place: Place) -> str:
        """The device that each service knows in a place, and in no other."""
        return f"device-of-{place.application}"

    @staticmethod
    def client_token(place: Place) -> str:
        """The notification token of the mobile client there."""
        return f"client-of-{place.backend}"

    def new(self, what: str) -> str:
        """An id that nobody has used."""
        return f"{what}-{next(self._numbers)}"

    async def fill(self, place: Place) -> None:
        """A registration, a contact, a mobile client, a device that has had a transaction."""
        device, bearer = self.device(place), self.issuer.headers(place.scope())
        await self.register(place, device)
        register = f"/contactLists/{place.number}/registerDevice"
        body: Any = {"ContactDTO": {"Values": {"Email": f"someone@{place.number}"}}, "DeviceId": device}
        status, contact, _ = await self.services[CONTACTS].request("POST", register, json=body, headers=bearer)
        assert status == 200, contact
        self.contact_ids[place] = contact["EncContactId"]
        body = {
            "mobileClient": {"id": "my.app.id", "platform": "IOS"},
            "notificationToken": self.client_token(place),
            "notificationProvider": "APNS",
        }
        headers = {**bearer, "Oracle-Mobile-Backend-ID": place.backend}
        status, client, _ = await self.services[MOBILE].request(
            "POST", "/mobile/platform/devices/register", json=body, headers=headers
        )
        assert status == 201, client
        await self.learn(place, device)
        path = f"/mfpadmin/management-apis/2.0/runtimes/{place.runtime}/devices/{device}?async=false"
        status, change, _ = await self.services[ADMIN].request(
            "PUT", path, json={"status": "ACTIVE"}, headers=basic("mfpadmin")
        )
        assert status == 200, change
        self.transactions[place] = change["transaction"]["id"]

    async def register(self, place: Place, device: str) -> None:
        """A push registration of a device."""
        status, answer, _ = await self.services[PUSH].request(
            "POST",
            f"/imfpush/v1/apps/{place.application}/devices",
            json={"deviceId": device, "platform": "A", "token": f"token-of-{device}"},
            headers=self.issuer.headers(place.scope()),
        )
        assert status == 201, answer

    async def learn(self, place: Place, device: str) -> None:
        """Have device-admin know a device at once, as it would by the others' events a moment later."""
        resources = self.services[ADMIN].app[admin_api.RESOURCES]
        sighting = Sighting(
            runtime=place.runtime,
            device_id=device,
            source=catalog.PUSH_REGISTRY,
            subject=f"{place.runtime}/{device}",
            sequence=1,
            time=resources.now(),
            contact=True,
            application=place.application,
            user=None,
        )
        await learn(resources, sighting)


@asynccontextmanager
async def started(mongodb_uri: str, kafka_bootstrap: str, *, idempotent: bool, users: Users) -> AsyncIterator[World]:
    """The world, filled and quiet."""
    kafka = own_connection(kafka_bootstrap, is_kafka_itself=idempotent)
    created = await create_topics(kafka, GROUPS, replicas=1, partitions=1)
    databases = {name: f"test_{uuid.uuid4().hex[:16]}" for name in SERVICES}
    async with contextlib.AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(serving(TokenIssuer()))
        shared = {
            name: shared_settings(mongodb_uri, databases[name], kafka, users=users, issuers=(issuer.trusted,))
            for name in SERVICES
        }
        starts = {
            PUSH: running(push_registry.app.create_app, push_settings(shared[PUSH])),
            ADMIN: running(device_admin.app.create_app, admin_settings(shared[ADMIN])),
            CONTACTS: running(contacts.app.create_app, contacts_settings(shared[CONTACTS])),
            MOBILE: running(mobile_platform.app.create_app, mobile_settings(shared[MOBILE])),
        }
        services = {name: await stack.enter_async_context(start) for name, start in starts.items()}
        footprint = await stack.enter_async_context(watching(mongodb_uri, databases, kafka, created))
        world = World(services, issuer, footprint)
        for place in PLACES:
            await world.fill(place)
        await footprint.settle()
        yield world
    await delete_topics(kafka_bootstrap, created)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as plain:
        for database in databases.values():
            await plain.drop_database(database)


def push_settings(shared: Mapping[str, Any]) -> push_registry.settings.Settings:
    applications = {place.application: place.runtime for place in PLACES}
    return push_registry.settings.Settings(**shared, applications=applications, token_digest=TokenDigest(b"k" * 32))


def admin_settings(shared: Mapping[str, Any], **changes: Any) -> device_admin.settings.Settings:
    own: dict[str, Any] = {
        "runtimes": frozenset(place.runtime for place in PLACES),
        "clients": {CLIENT: device_admin.settings.Client(CLIENT, HASHED, CLIENT, "devices.* push.application.myapp")},
        "signing_keys": [jwk.ECKey.generate_key("P-256", auto_kid=True)],
        "token_issuer": "rollcall",
        "token_audience": "rollcall",
        "token_lifetime": 3_600,
        "product_version": "8.0",
        "app_server_id": "rollcall",
        "device_patience": 0.0,
        "acknowledgement_timeout": timedelta(minutes=5),
        "orphan_age": timedelta(minutes=5),
        "transactions_every": 3_600,
        "inactivity": timedelta(days=90),
        "expiry_every": 3_600,
    }
    return device_admin.settings.Settings(**shared, **{**own, **changes})


def contacts_settings(shared: Mapping[str, Any], **changes: Any) -> contacts.settings.Settings:
    own = {"enc_contact_id_keys": {"k1": b"1" * 64}, "contact_digest_key": b"k" * 32}
    catalogue = contacts.settings.CatalogueSchema().load(CATALOGUE)
    return contacts.settings.Settings(**shared, catalogue=catalogue, **{**own, **changes})


def mobile_settings(shared: Mapping[str, Any]) -> mobile_platform.settings.Settings:
    catalogue = mobile_platform.settings.CatalogueSchema().load(CATALOGUE)
    return mobile_platform.settings.Settings(**shared, catalogue=catalogue, token_digest_key=b"k" * 32)
