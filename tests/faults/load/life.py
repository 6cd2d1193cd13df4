"""A device's life under load: what its owner, its apps and operators do with it, one after the other, by chance."""

import random
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deploy.local.demo.device import ADMIN, BACKEND, LIST, MOBILE_APP, PUSH, RUNTIME
from deploy.local.people import PEOPLE
from tests.faults.journal import Acknowledged
from tests.faults.load.client import Answer, Client, GaveUp

PUSH_REGISTRY, CONTACTS = "/rollcall/push-registry", "/rollcall/contacts"
MOBILE_PLATFORM, DEVICE_ADMIN = "/rollcall/mobile-platform", "/rollcall/device-admin"
STATUSES = ("ACTIVE", "LOST", "STOLEN", "DISABLED", "EXPIRED")
SHUT_OUT = frozenset({"LOST", "STOLEN", "DISABLED"})


def basic(part: str) -> str:
    """The Authorization header of one of the demo's people."""
    person = next(person for person in PEOPLE if person.part == part)
    return f"Basic {b64encode(f'{person.name}:{person.password}'.encode()).decode()}"


@dataclass
class Life:
    """One device; its requests follow each other, so that the last acknowledged one is known to be the last.

    `bearer` is the Authorization header for push-registry. `status` is the newest that was acknowledged.
    """

    client: Client
    id: str
    bearer: str
    rng: random.Random
    status: str = "ACTIVE"
    number: int = 0

    @property
    def mail(self) -> str:
        """The address of the device's owner."""
        return f"{self.id}@example.com"

    @property
    def key(self) -> str:
        """What every service calls the device."""
        return f"{RUNTIME}/{self.id}"

    @property
    def client_token(self) -> str:
        """Where its mobile client takes notifications."""
        return f"apns-{self.id}"

    async def begin(self) -> None:
        """Register everywhere."""
        for step in (self.register_for_push, self.sign_up, self.register_mobile_client):
            await step()

    async def go_on(self) -> None:
        """One more step, by chance. A request that is given up is the journal's business."""
        steps: dict[Callable[[], Awaitable[object]], int] = {
            self.update_push: 28,
            self.register_for_push: 8,
            self.read_push: 6,
            self.deregister_from_push: 3,
            self.sign_up: 18,
            self.register_mobile_client: 12,
            self.deregister_mobile_client: 4,
            self.change_status: 21 if self.status not in SHUT_OUT else 80,
        }
        (step,) = self.rng.choices([*steps], weights=[*steps.values()])
        try:
            await step()
        except GaveUp:
            return

    async def register_for_push(self) -> Answer:
        """The app's back end gives a token."""
        number = self._next()
        body = {"deviceId": self.id, "platform": "A", "token": f"push-{self.id}-{number}", "userId": f"u{number}"}
        answer = await self.client.call("push-registry", "POST", PUSH, self.bearer, self.rng, body=body)
        types = ("rollcall.push.registered.v1", "rollcall.push.updated.v1")
        return self._told(answer, PUSH_REGISTRY, types, good={201}, refusals={401})

    async def update_push(self) -> Answer:
        """The device has a new token and a new user."""
        number = self._next()
        body = {"deviceId": self.id, "token": f"push-{self.id}-{number}", "userId": f"u{number}"}
        path = f"{PUSH}/{self.id}"
        answer = await self.client.call("push-registry", "PUT", path, self.bearer, self.rng, body=body)
        return self._told(answer, PUSH_REGISTRY, ("rollcall.push.updated.v1",), good={200}, refusals={401, 404})

    async def read_push(self) -> Answer:
        """The registration as it is."""
        answer = await self.client.call("push-registry", "GET", f"{PUSH}/{self.id}", self.bearer, self.rng)
        return self._told(answer, PUSH_REGISTRY, (), good={200}, refusals={404})

    async def deregister_from_push(self) -> Answer:
        """The registration goes."""
        answer = await self.client.call("push-registry", "DELETE", f"{PUSH}/{self.id}", self.bearer, self.rng)
        return self._told(answer, PUSH_REGISTRY, ("rollcall.push.deregistered.v1",), good={204}, refusals={404})

    async def sign_up(self) -> Answer:
        """The owner's contact gets a new first name, and sometimes a welcome."""
        return await self._sign_up(("SendWelcomeEmail",) if self.rng.random() < 0.3 else ())

    async def welcome(self) -> Answer:
        """The owner's contact gets a new first name, and a welcome for certain."""
        return await self._sign_up(("SendWelcomeEmail",))

    async def _sign_up(self, triggers: tuple[str, ...]) -> Answer:
        name = f"n{self._next()}"
        query = f"?match=Email{'&customevents=' + ','.join(triggers) if triggers else ''}"
        body = {
            "ContactDTO": {"Values": {"Email": self.mail, "FirstName": name}},
            "DeviceType": 1,
            "DeviceId": self.id,
        }
        path = f"/contactLists/{LIST}/registerDevice{query}"
        self.client.journal.may_be_named(self.mail, name)
        answer = await self.client.call("contacts", "POST", path, basic("contacts"), self.rng, body=body)
        if answer.status == 200:
            self.client.journal.named(self.mail, name)
        types: tuple[str, ...] = ("rollcall.contact.created.v1", "rollcall.contact.updated.v1")
        # A second attempt finds the name that the first has written, and says only that the device is there.
        types += ("rollcall.contact.device-registered.v1",) if answer.attempts > 1 else ()
        return self._told(answer, CONTACTS, types, good={200}, refusals={403}, triggers=triggers)

    async def register_mobile_client(self) -> Answer:
        """The mobile app registers, naming the device."""
        answer = await self._mobile("register")
        types = ("rollcall.mobile-client.registered.v1",)
        return self._told(answer, MOBILE_PLATFORM, types, good={200, 201}, refusals={401})

    async def deregister_mobile_client(self) -> Answer:
        """The mobile app takes itself off."""
        answer = await self._mobile("deregister")
        types = ("rollcall.mobile-client.deregistered.v1",)
        return self._told(answer, MOBILE_PLATFORM, types, good={200, 204}, refusals={404})

    async def change_status(self, status: str | None = None, *, asynchronous: bool | None = None) -> Answer:
        """An operator sets the status; one that is not named is chosen by chance."""
        weights = (70, 10, 5, 5, 10) if self.status in SHUT_OUT else (20, 30, 10, 15, 25)
        chosen = status or self.rng.choices(STATUSES, weights)[0]
        promised = self.rng.random() < 0.25 if asynchronous is None else asynchronous
        path = f"{ADMIN}/devices/{self.id}?async={str(promised).lower()}"
        body = {"status": chosen}
        answer = await self.client.call("device-admin", "PUT", path, basic("operator"), self.rng, body=body)
        told = answer.data.get("transaction", {}) if isinstance(answer.data, dict) else {}
        if answer.status == 200 and told.get("status") not in ("FAILURE", "CANCELED"):
            self.status = chosen
            written = Acknowledged(DEVICE_ADMIN, (), answer.correlation, transaction=int(told["id"]), promised=promised)
            self.client.journal.acknowledged.append(written)
            return answer
        return self._told(answer, DEVICE_ADMIN, (), good={200}, refusals={404})

    def _next(self) -> int:
        self.number += 1
        return self.number

    async def _mobile(self, operation: str) -> Answer:
        client = {"id": MOBILE_APP, "platform": "IOS"}
        body = {"mobileClient": client, "notificationProvider": "APNS", "notificationToken": self.client_token}
        headers = {"Oracle-Mobile-Backend-ID": BACKEND, "Oracle-Mobile-Device-ID": self.id}
        path, who = f"/mobile/platform/devices/{operation}", basic("mobile_user")
        return await self.client.call("mobile-platform", "POST", path, who, self.rng, body=body, headers=headers)

    def _told(
        self,
        answer: Answer,
        source: str,
        types: tuple[str, ...],
        *,
        good: set[int],
        refusals: set[int],
        triggers: tuple[str, ...] = (),
    ) -> Answer:
        journal = self.client.journal
        if answer.status in good:
            if types:
                journal.acknowledged.append(Acknowledged(source, types, answer.correlation, triggers=triggers))
        elif answer.status in refusals:
            journal.refused.add(answer.correlation)
        else:
            journal.failed.append(f"{source} answered {answer.status} to {answer.correlation}: {answer.data}")
        return answer
