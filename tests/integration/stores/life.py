"""A device's life in all four services: one step for each way in which a use case or a reaction writes.

`forgets` names what a step takes away whole, as paths in a state: with it goes all that is in it. `writes` is False
where it only looks.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import contacts.usecases
import device_admin.usecases
import mobile_platform.usecases
import push_registry.usecases
from contacts.events import Subject
from contacts.model import Registration
from device_admin.model.adoption import Adopted
from device_admin.model.page import PageRequest
from device_admin.model.transaction import accept
from device_events import catalog
from push_registry import model
from push_registry.model import Details
from tests.integration.stores.stage import ADMIN, CONTACTS, MOBILE, PUSH, Member, Stage
from tests.model import fleet
from tests.model.fleet import ALERTING, APPLICATIONS, BACKENDS, CALLER, CLIENT, EMAILS, RUNTIME, device_key

APP, OTHER = APPLICATIONS
BACKEND, SIBLING = (fleet.MOBILE.catalogue.backends[id] for id in BACKENDS)
LIST = fleet.CONTACTS.catalogue.contact_lists[ALERTING]
DEVICE = model.Device(RUNTIME, "one")


@dataclass(frozen=True)
class Step:
    """What is done, and by whom."""

    member: Member
    name: str
    do: Callable[[Stage], Awaitable[Any]]
    forgets: Sequence[str] = ()
    writes: bool = True


def steps() -> Sequence[Step]:
    """The whole life, in order."""
    return [*_push(), *_mobile(), *_contacts(), *_admin()]


def _push() -> Sequence[Step]:
    def register(device: str, application: str, token: str) -> Callable[[Stage], Awaitable[Any]]:
        details = Details(platform="A", user_id="user", token=token)
        return lambda stage: push_registry.usecases.register(stage.of(PUSH), application, device, details)

    async def read_a_day_later(stage: Stage) -> None:
        stage.clock.pass_a_day()
        await push_registry.usecases.read(stage.of(PUSH), APP, "one")

    return [
        Step(PUSH, "register", register("one", APP, "red")),
        Step(PUSH, "register with another application", register("one", OTHER, "green")),
        Step(PUSH, "register again", register("one", APP, "blue")),
        Step(PUSH, "update", lambda s: push_registry.usecases.update(
            s.of(PUSH), APP, "one", Details(user_id="another", token="red"))),
        Step(PUSH, "read", read_a_day_later),
        Step(PUSH, "list", lambda s: push_registry.usecases.list_registrations(
            s.of(PUSH), APP, user_id=None, platforms=[], offset=0, size=10), writes=False),
        Step(PUSH, "token taken over", register("two", APP, "red")),
        Step(PUSH, "LOST", lambda s: s.status(PUSH, "one", "LOST", 2)),
        Step(PUSH, "ACTIVE", lambda s: s.status(PUSH, "one", "ACTIVE", 3)),
        Step(PUSH, "deregister", lambda s: push_registry.usecases.deregister(s.of(PUSH), APP, "one"),
             forgets=["registrations/app"]),
        Step(PUSH, "erase", lambda s: push_registry.usecases.erase_device(s.of(PUSH).store, DEVICE),
             forgets=["registrations/other"]),
    ]  # fmt: skip


def _mobile() -> Sequence[Step]:
    def register(token: str, device: str | None, backend: Any = BACKEND) -> Callable[[Stage], Awaitable[Any]]:
        payload = {"mobile_client": CLIENT, "token": token}
        return lambda stage: mobile_platform.usecases.register(stage.of(MOBILE), backend, CALLER, payload, device)

    async def token_removed(stage: Stage) -> None:
        await stage.hear(
            MOBILE,
            catalog.PUSH_TOKEN_REMOVED,
            deviceId="one",
            applicationId=APP,
            tokenDigest=fleet.DIGEST.of("green"),
            reason="status",
            causationid="cause",
            statussequence=4,
        )

    payload = {"mobile_client": CLIENT, "token": "red"}
    return [
        Step(MOBILE, "register", register("red", "one")),
        Step(MOBILE, "register again", register("red", "one")),
        Step(MOBILE, "register without a device", register("green", None)),
        Step(MOBILE, "LOST", lambda s: s.status(MOBILE, "one", "LOST", 2)),
        Step(MOBILE, "ACTIVE", lambda s: s.status(MOBILE, "one", "ACTIVE", 3)),
        Step(MOBILE, "register anew", register("red", "one"), forgets=["released"]),
        Step(MOBILE, "LOST again", lambda s: s.status(MOBILE, "one", "LOST", 4)),
        Step(MOBILE, "token removed", token_removed),
        Step(MOBILE, "ACTIVE again", lambda s: s.status(MOBILE, "one", "ACTIVE", 5)),
        Step(MOBILE, "register for the last time", register("red", "one"), forgets=["released"]),
        Step(MOBILE, "own event", lambda s: s.hear(
            MOBILE, catalog.MOBILE_CLIENT_REGISTERED, subject=f"client:backend:{fleet.DIGEST.of('red')}"),
             writes=False),
        Step(MOBILE, "deregister", lambda s: mobile_platform.usecases.deregister(
            s.of(MOBILE), BACKEND, payload)),
        Step(MOBILE, "register with a sibling", register("blue", "one", SIBLING)),
        Step(MOBILE, "erase", lambda s: mobile_platform.usecases.erase_device(
            s.of(MOBILE).store, device_key("one"), [fleet.DIGEST.of("red")])),
    ]  # fmt: skip


def _contacts() -> Sequence[Step]:
    def register(email: str, device: str | None, **more: Any) -> Callable[[Stage], Awaitable[Any]]:
        asked = Registration(values={"Email": email, "FirstName": "Ann"}, device_id=device, **more)
        return lambda stage: contacts.usecases.register_device(stage.of(CONTACTS), LIST, asked)

    def subject(stage: Stage, key: str) -> Subject:
        named: Subject = stage.of(CONTACTS).subject(LIST, key)
        return named

    async def own_event(stage: Stage) -> None:
        key = await _holder(stage, "one")
        enc = subject(stage, key).enc_contact_id
        await stage.hear(
            CONTACTS, catalog.CONTACT_DEVICE_REGISTERED, subject=key, listId=ALERTING, contactId=enc, deviceId="one"
        )

    async def register_by_id(stage: Stage) -> None:
        enc = subject(stage, await _holder(stage, "one")).enc_contact_id
        await register(EMAILS[1], "one", contact_id=enc)(stage)

    async def erase_contact(stage: Stage) -> None:
        key = await _holder(stage, "two")
        assert await contacts.usecases.erase_contact(stage.of(CONTACTS).store, subject(stage, key), key)

    async def erase_device(stage: Stage) -> None:
        store = stage.of(CONTACTS).store
        assert await contacts.usecases.erase_device(store, [LIST], lambda _list, key: subject(stage, key), "one")

    return [
        Step(CONTACTS, "register by match", register(EMAILS[0], "one", match=("Email",))),
        Step(CONTACTS, "register by device", register(EMAILS[0], "one", device_type=1)),
        Step(CONTACTS, "register without a device", register(EMAILS[0], None, match=("Email",))),
        Step(CONTACTS, "another contact takes the device", register(EMAILS[1], "one", match=("Email",)),
             forgets=["devices/one"]),
        Step(CONTACTS, "register a second device", register(EMAILS[1], "two", match=("Email",))),
        Step(CONTACTS, "register by its id", register_by_id),
        Step(CONTACTS, "LOST", lambda s: s.status(CONTACTS, "one", "LOST", 2)),
        Step(CONTACTS, "ACTIVE", lambda s: s.status(CONTACTS, "one", "ACTIVE", 3)),
        Step(CONTACTS, "own event", own_event, writes=False),
        Step(CONTACTS, "count", lambda s: contacts.usecases.view_list(s.of(CONTACTS), LIST), writes=False),
        Step(CONTACTS, "erase the device", erase_device, forgets=["devices/one"]),
        Step(CONTACTS, "erase the contact", erase_contact, forgets=[""]),
    ]  # fmt: skip


async def _holder(stage: Stage, device: str) -> str:
    (holder,) = await stage.of(CONTACTS).store.holding([f"{ALERTING}:{device}"])
    key: str = holder.id
    return key


def _admin() -> Sequence[Step]:
    push: dict[str, Any] = {"deviceId": "one", "applicationId": APP, "platform": "A", "userId": "user"}
    who: dict[str, Any] = {"runtime": RUNTIME, "device_id": "one", "user": "admin"}

    def change(status: str, *, asynchronous: bool = False) -> Callable[[Stage], Awaitable[Any]]:
        async def do(stage: Stage) -> None:
            admin = stage.of(ADMIN)
            await device_admin.usecases.change_status(admin, **who, status=status, asynchronous=asynchronous)
            await stage.settled()

        return do

    def applied(service: str, sequence: int) -> Callable[[Stage], Awaitable[Any]]:
        facts: dict[str, Any] = {"deviceId": "one", "service": service, "status": "LOST", "effects": {"n": 1}}
        return lambda stage: stage.hear(
            ADMIN,
            catalog.DEVICE_STATUS_APPLIED,
            source=f"/rollcall/{service}",
            deviceid=device_key("one"),
            statussequence=sequence,
            **facts,
        )

    async def adopt(stage: Stage) -> None:
        adopted = Adopted(
            runtime=RUNTIME, device_id="one", status="STOLEN", time=stage.clock.now(), sequence=90, transaction_id=900
        )
        await stage.of(ADMIN).store.decide_device(device_key("one"), device_admin.usecases.adopting(adopted))

    async def say_again(stage: Stage) -> None:
        await stage.of(ADMIN).store.decide_device(device_key("one"), device_admin.usecases.saying_again())

    async def leave_pending(stage: Stage) -> None:
        pending = accept(50, **who, status="ACTIVE", server="rollcall", asynchronous=False, now=stage.clock.now())
        await stage.of(ADMIN).store.create_transaction(pending)

    async def erase(stage: Stage) -> None:
        erasing = device_admin.usecases.erasing(stage.clock.now())
        await stage.of(ADMIN).store.decide_device(device_key("one"), erasing)

    def listing(query: str, order_by: str = "uid") -> Callable[[Stage], Awaitable[Any]]:
        page = PageRequest(order_by=order_by, size=10)
        return lambda stage: stage.of(ADMIN).store.devices(RUNTIME, query=query, page=page)

    def hear(type_: str, sequence: int, **data: Any) -> Callable[[Stage], Awaitable[Any]]:
        return lambda stage: stage.hear(ADMIN, type_, sequence=sequence, **data)

    return [
        Step(ADMIN, "learn of a device", hear(catalog.PUSH_REGISTERED, 1, **push)),
        Step(ADMIN, "learn of another user", hear(catalog.PUSH_UPDATED, 2, **{**push, "userId": "another"})),
        Step(ADMIN, "change the status", change("LOST")),
        Step(ADMIN, "a service has applied it", applied("push-registry", 2)),
        Step(ADMIN, "another has", applied("contacts", 2)),
        Step(ADMIN, "the last has", applied("mobile-platform", 2)),
        Step(ADMIN, "change asynchronously", change("ACTIVE", asynchronous=True)),
        Step(ADMIN, "word of a later change", applied("push-registry", 4)),
        Step(ADMIN, "word of this one", applied("push-registry", 3)),
        Step(ADMIN, "give up waiting", lambda s: device_admin.usecases.give_up_waiting(s.of(ADMIN))),
        Step(ADMIN, "a process ends half-way", leave_pending),
        Step(ADMIN, "recover", lambda s: device_admin.usecases.recover_transactions(s.of(ADMIN))),
        Step(ADMIN, "change an application", lambda s: device_admin.usecases.change_application_status(
            s.of(ADMIN), **who, application=APP, status="DISABLED", asynchronous=False)),
        Step(ADMIN, "list devices", listing(""), writes=False),
        Step(ADMIN, "search devices", listing("ann"), writes=False),
        Step(ADMIN, "list devices by status", listing("", order_by="status"), writes=False),
        Step(ADMIN, "list transactions", lambda s: s.of(ADMIN).store.transactions(
            RUNTIME, failed_only=True, page=PageRequest(order_by="created", size=10)), writes=False),
        Step(ADMIN, "expire", lambda s: device_admin.usecases.expire_inactive(s.of(ADMIN))),
        Step(ADMIN, "adopt", adopt),
        Step(ADMIN, "say again", say_again),
        Step(ADMIN, "an application is gone", hear(catalog.PUSH_DEREGISTERED, 3, **push),
             forgets=["applications/app"]),
        Step(ADMIN, "remove", lambda s: device_admin.usecases.remove_device(
            s.of(ADMIN), **who, asynchronous=False)),
        Step(ADMIN, "come back", hear(catalog.PUSH_REGISTERED, 4, **push)),
        Step(ADMIN, "erase", erase, forgets=["applications/app"]),
    ]  # fmt: skip
