"""All four services on one MongoDB and one Kafka, with something in each that a bad request could spoil."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jwk
from pymongo import AsyncMongoClient
from yarl import URL

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
from device_events import KafkaConnection
from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import ADMIN, CONTACTS, MOBILE, PUSH, TOKEN, Case, Operation
from tests.contract.bad_input.wire import Answer, exchange, request
from tests.support.footprint import Footprint, watching
from tests.support.polling import eventually
from tests.support.services import GROUPS, HASHED, Running, basic, running, shared_settings, users
from tests.support.tokens import TokenIssuer, serving
from tests.support.topics import delete_topics, own_connection

USER, SECRET = "operator", "confidential"
SCOPE = f"devices.write devices.read push.application.myapp mobile:{op.BACKEND} contacts:write:{op.LIST}"
ROLES = ["mfpadmin", f"mobile:{op.BACKEND}", f"contacts:write:{op.LIST}"]
STRANGE_FIELDS = ["$where", "a.b", "__proto__", "$set", "x" * 128, "\U0001f600"]
CATALOGUE = {
    "runtimes": [{"name": "myruntime"}],
    "backends": [
        {
            "id": op.BACKEND,
            "runtime": "myruntime",
            "anonymousKey": "QU5PTllNT1VTOmtleQ==",
            "clients": [{"id": "my.app.id", "platforms": ["IOS", "ANDROID"]}],
        }
    ],
    "contactLists": [
        {
            "id": op.LIST,
            "name": "Demo",
            "runtime": "myruntime",
            "fields": [{"id": n, "name": name} for n, name in enumerate(["Email", "FirstName", *STRANGE_FIELDS])],
            "customEvents": ["SendWelcomeEmail"],
        }
    ],
}


@dataclass
class Stage:
    """The services, and what is looked at after each call."""

    services: Mapping[str, Running]
    issuer: TokenIssuer
    footprint: Footprint

    async def send(self, case: Case) -> Answer | None:
        """The answer to a case."""
        operation = case.operation
        given = case.authorization(self.issuer) if case.authorization else [self.authorization(operation)]
        target = operation.path if case.target is None else case.target
        body = operation.raw_body if case.body is None else case.body
        raw = case.raw or request(case.method or operation.method, target, case.header_list(given), body)
        url = URL(self.services[operation.service].url)
        return await exchange((str(url.host), int(url.port or 0)), raw, hang_up=case.hang_up)

    def authorization(self, operation: Operation) -> str:
        """Who may do this."""
        if operation.service == PUSH:
            return self.issuer.headers(SCOPE)["Authorization"]
        return basic(SECRET if operation.service == TOKEN else USER)["Authorization"]

    async def changes(self) -> list[str]:
        """What is different from the last time that this was asked."""
        return await self.footprint.changes()

    async def settle(self) -> None:
        """Wait until nothing moves."""
        await self.footprint.settle()


@asynccontextmanager
async def staged(mongodb_uri: str, kafka_bootstrap: str, *, idempotent: bool) -> AsyncIterator[Stage]:
    """The stage, with one device, one contact and one mobile client in it."""
    kafka = own_connection(kafka_bootstrap, is_kafka_itself=idempotent)
    created = await create_topics(kafka, GROUPS, replicas=1, partitions=2)
    databases = {name: f"test_{uuid.uuid4().hex[:16]}" for name in (PUSH, ADMIN, CONTACTS, MOBILE)}
    async with contextlib.AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(serving(TokenIssuer()))
        services = await _services(stack, mongodb_uri, databases, kafka, issuer)
        watched = await stack.enter_async_context(watching(mongodb_uri, databases, kafka, created))
        stage = Stage(services, issuer, watched)
        await _furnish(stage)
        yield stage
    await delete_topics(kafka_bootstrap, created)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as plain:
        for database in databases.values():
            await plain.drop_database(database)


async def _services(
    stack: contextlib.AsyncExitStack,
    mongodb_uri: str,
    databases: Mapping[str, str],
    kafka: KafkaConnection,
    issuer: TokenIssuer,
) -> dict[str, Running]:
    def shared(name: str, **changes: Any) -> dict[str, Any]:
        return shared_settings(mongodb_uri, databases[name], kafka, users=users(**{USER: ROLES}), **changes)

    key, trusted = b"k" * 32, (issuer.trusted,)
    starts: dict[str, Any] = {
        PUSH: running(
            push_registry.app.create_app,
            push_registry.settings.Settings(
                **shared(PUSH, issuers=trusted), applications={"myapp": "myruntime"}, token_digest=TokenDigest(key)
            ),
        ),
        ADMIN: running(device_admin.app.create_app, _admin_settings(shared(ADMIN))),
        CONTACTS: running(
            contacts.app.create_app,
            contacts.settings.Settings(
                **shared(CONTACTS, issuers=trusted),
                catalogue=contacts.settings.CatalogueSchema().load(CATALOGUE),
                enc_contact_id_keys={"k1": b"1" * 64},
                contact_digest_key=key,
            ),
        ),
        MOBILE: running(
            mobile_platform.app.create_app,
            mobile_platform.settings.Settings(
                **shared(MOBILE, issuers=trusted),
                catalogue=mobile_platform.settings.CatalogueSchema().load(CATALOGUE),
                token_digest_key=key,
            ),
        ),
    }
    services = {name: await stack.enter_async_context(start) for name, start in starts.items()}
    return {**services, TOKEN: services[ADMIN]}


def _admin_settings(shared: Mapping[str, Any]) -> device_admin.settings.Settings:
    return device_admin.settings.Settings(
        **shared,
        runtimes=frozenset({"myruntime"}),
        clients={SECRET: device_admin.settings.Client(SECRET, HASHED, SECRET, "devices.*")},
        signing_keys=[jwk.ECKey.generate_key("P-256", auto_kid=True)],
        token_issuer="rollcall",
        token_audience="rollcall",
        token_lifetime=3_600,
        product_version="8.0",
        app_server_id="rollcall",
        device_patience=0.0,
        acknowledgement_timeout=timedelta(minutes=5),
        orphan_age=timedelta(minutes=5),
        transactions_every=3_600,
        inactivity=timedelta(days=90),
        expiry_every=3_600,
    )


async def _furnish(stage: Stage) -> None:
    """One of everything, by the front door; device-admin learns of the device from the others."""
    right = [
        (op.PUSH_POST, {"deviceId": op.DEVICE, "platform": "A", "token": "xyz"}),
        (op.CONTACTS_POST, {"ContactDTO": {"Values": {"Email": op.EMAIL}}, "DeviceId": op.DEVICE}),
        (op.MOBILE_REGISTER, {**op.MOBILE_REGISTER.body, "notificationToken": op.CLIENT_TOKEN}),
    ]
    for operation, body in right:
        service = stage.services[operation.service]
        headers = {**operation.headers, "Authorization": stage.authorization(operation)}
        status, answer, _ = await service.request(operation.method, operation.path, json=body, headers=headers)
        assert status in (200, 201), answer

    async def known() -> bool:
        status, page, _ = await stage.services[ADMIN].request(
            "GET", op.ADMIN_DEVICES.path, headers={"Authorization": stage.authorization(op.ADMIN_DEVICES)}
        )
        return status == 200 and bool(page["items"])

    await eventually(known, within=60)
    await stage.settle()
