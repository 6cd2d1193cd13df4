"""A whole Rollcall in this process, and the operator's command as a process of its own beside it."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from deploy.local import people
from deploy.local.roster import AUDIENCE, ISSUER, JWKS_PATH
from device_events import Event, KafkaConnection, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from rollcall.services import SERVICES
from tests.contract.openapi.four import NAMES, Four, creator
from tests.support.announced import announced
from tests.support.operator import Answer, command
from tests.support.polling import eventually
from tests.support.services import Running, basic, running

RUNTIME, APPLICATION, LIST = "myruntime", "myapp", 3
BACKEND, CLIENT = people.BACKEND.removeprefix("mobile:"), "com.oracle.myapplication"
DEVICES = f"/imfpush/v1/apps/{APPLICATION}/devices"
ADMIN = f"/mfpadmin/management-apis/2.0/runtimes/{RUNTIME}"
PEOPLE = {person.part: person for person in people.PEOPLE}
Copy = Mapping[str, Sequence[dict[str, Any]]]


@dataclass
class Site:
    """The services that are up, by name, and what people and devices do with them."""

    four: Four
    kafka: KafkaConnection
    database: AsyncDatabase[dict[str, Any]]
    served: dict[str, Running] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    token: str = ""

    async def start(self) -> None:
        """All four, ready."""
        admin = await self.stack.enter_async_context(running(creator("device-admin"), self.settings("device-admin")))
        self.served["device-admin"] = admin
        trusted = f"{ISSUER}|{AUDIENCE}|{admin.url}{JWKS_PATH}"
        for name in NAMES:
            if name != "device-admin":
                settings = self.settings(name, OIDC_ISSUERS=trusted)
                self.served[name] = await self.stack.enter_async_context(running(creator(name), settings))
        form = {
            "grant_type": "client_credentials",
            "scope": f"devices.read devices.write push.application.{APPLICATION}",
        }
        client = basic(people.CLIENT_ID, people.CLIENT_SECRET)
        status, body, _ = await admin.request("POST", f"/{RUNTIME}/api/az/v1/token", data=form, headers=client)
        assert status == 200, body
        self.token = body["access_token"]

    async def stop(self) -> None:
        """All of them."""
        await self.stack.aclose()
        self.stack, self.served = AsyncExitStack(), {}

    def settings(self, name: str, **more: str) -> Any:
        """A service's settings with quick sweeps."""
        return self.four.settings(name, SWEEP_EVERY="0.2", SWEEP_AGE="0.5", **more)

    async def rollcall(self, *arguments: str, stdin: str = "") -> Answer:
        """The operator's command, for this site."""
        return await command(self.variables, *arguments, stdin=stdin)

    @property
    def variables(self) -> dict[str, str]:
        """What the operator's command is told."""
        told = dict(self.four.variables)
        if admin := self.served.get("device-admin"):
            person = PEOPLE["admin"]
            told |= {"DEVICE_ADMIN_URL": admin.url, "DEVICE_ADMIN_USER": person.name}
            told |= {"DEVICE_ADMIN_PASSWORD": person.password}
        return told

    async def copy(self) -> Copy:
        """All documents of all services."""
        return {
            service.collection: await self.database[service.collection].find().to_list()
            for service in SERVICES.values()
        }

    async def restore(self, copy: Copy) -> None:
        """Put the older documents in the place of all that are there."""
        for name, documents in copy.items():
            await self.database[name].delete_many({})
            if documents:
                await self.database[name].insert_many(documents)

    async def document(self, service: str, id: str) -> dict[str, Any]:
        """A service's document; empty if there is none."""
        return await self.database[SERVICES[service].collection].find_one({"_id": id}) or {}

    async def push(self, method: str, device: str = "", **kwargs: Any) -> tuple[int, Any, Any]:
        """Call push-registry about a device."""
        path = f"{DEVICES}/{device}" if device else DEVICES
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.served["push-registry"].request(method, path, headers=headers, **kwargs)

    async def register_push(self, device: str, *, user: str = "alice", token: str | None = None) -> str:
        """Register a device for push; returns its token."""
        token = token or uuid.uuid4().hex
        body = {"deviceId": device, "platform": "A", "token": token, "userId": user}
        status, answer, _ = await self.push("POST", json=body)
        assert status == 201, answer
        return token

    async def register_client(self, token: str, *, device: str | None) -> None:
        """Register a mobile client."""
        headers = {**self.basic("mobile_user"), "Oracle-Mobile-Backend-ID": BACKEND}
        if device:
            headers["Oracle-Mobile-Device-ID"] = device
        body = {"mobileClient": {"id": CLIENT, "platform": "IOS"}, "notificationToken": token}
        status, answer, _ = await self.served["mobile-platform"].request(
            "POST", "/mobile/platform/devices/register", json=body, headers=headers
        )
        assert status == 201, answer

    async def register_contact(self, email: str, *, device: str | None = None, **params: str) -> tuple[int, Any]:
        """Register a contact with its device."""
        body = {"DeviceId": device, "ContactDTO": {"ListId": LIST, "Values": {"Email": email}}}
        status, answer, _ = await self.served["contacts"].request(
            "POST",
            f"/contactLists/{LIST}/registerDevice",
            json=body,
            params=params,
            headers=self.basic("contacts"),
        )
        return status, answer

    async def contact(self, enc_contact_id: str) -> tuple[int, Any]:
        """A contact as the API shows it."""
        status, answer, _ = await self.served["contacts"].request(
            "GET", f"/contacts/{enc_contact_id}", headers=self.basic("contacts")
        )
        return status, answer

    async def set_status(self, device: str, status: str) -> tuple[int, Any, Any]:
        """What an operator's change of a device's status is answered."""
        return await self.served["device-admin"].request(
            "PUT",
            f"{ADMIN}/devices/{device}",
            params={"async": "false"},
            json={"status": status},
            headers=self.basic("admin"),
        )

    async def changed(self, device: str, status: str) -> int:
        """Change a device's status; returns the transaction's id once every service has acknowledged it."""
        code, answer, _ = await self.set_status(device, status)
        assert (code, answer["ok"]) == (200, True), answer
        id = int(answer["transaction"]["id"])
        await eventually(lambda: self._is_applied(id), within=20)
        return id

    async def known(self, device: str) -> Any:
        """The device as device-admin lists it, once it does."""

        async def look() -> Any:
            _, body, _ = await self.served["device-admin"].request(
                "GET", f"{ADMIN}/devices", headers=self.basic("admin")
            )
            return next((one for one in body["items"] if one["id"] == device), None)

        return await eventually(look, within=20)

    async def events(self, *types: str, about: str = "") -> list[Event]:
        """What was announced of these types about a device (its id), by time, each once."""
        found = {event.id: event for event in await announced(self.kafka)}
        key = f"{RUNTIME}/{about}"
        return [one for one in found.values() if one.type in types and (not about or one.deviceid == key)]

    async def publish(self, *sent: OutgoingRecord | Event) -> None:
        """Put records on their topics."""
        records = [
            OutgoingRecord(catalog.topic_for(one.type, one.source), *encode(one)) if isinstance(one, Event) else one
            for one in sent
        ]
        publisher = Publisher(self.kafka)
        assert await publisher.publish(records) == [True] * len(records)
        await publisher.stop()

    async def is_quiet(self) -> bool:
        """Whether nothing waits to be announced, and every service has read everything."""
        for name, service in self.served.items():
            _, body, _ = await service.request("GET", "/health/ready")
            pending = await self.database[SERVICES[name].collection].count_documents({"outbox.0": {"$exists": True}})
            if body["consumer-lag"] != 0 or pending:
                return False
        return True

    def basic(self, part: str) -> dict[str, str]:
        """The credentials of one of the demo's people."""
        return basic(PEOPLE[part].name, PEOPLE[part].password)

    async def _is_applied(self, transaction: int) -> bool:
        _, body, _ = await self.served["device-admin"].request(
            "GET", f"{ADMIN}/transactions/{transaction}/cascade", headers=self.basic("admin")
        )
        return all(one["applied"] for one in body["services"])


def status_changed(device: str, status: str, sequence: int, **data: Any) -> Event:
    """What device-admin announces when a device takes a status."""
    return Event(
        id=uuid.uuid4().hex,
        type=catalog.DEVICE_STATUS_CHANGED,
        source=catalog.DEVICE_ADMIN,
        subject=f"{RUNTIME}/{device}",
        time=datetime.now(UTC),
        sequence=sequence,
        deviceid=f"{RUNTIME}/{device}",
        data={"runtime": RUNTIME, "deviceId": device, "status": status, "reason": "operator", **data},
    )
