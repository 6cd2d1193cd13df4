"""The story: a device is registered in four places and then lost, and everything that has to follow is watched for."""

import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from deploy.local.demo.calls import Calls, Surprise
from deploy.local.demo.device import Device
from deploy.local.demo.mailbox import Mailbox, mailbox
from deploy.local.demo.timeline import Effect, line, watch

WITHIN = 20.0
TAKES_PART = ("push-registry", "mobile-platform", "contacts")


async def play(record: Mapping[str, Any]) -> list[str]:
    """Play it on the stack that stack.json describes. Returns what was to be seen and was not."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        try:
            missing = await _play(Calls(record, session), mailbox(record["smtp"], session))
        except Surprise as surprise:
            missing = [str(surprise)]
    if missing:
        print("\nThe story did not come true. Missing:", *missing, sep="\n  ", flush=True)
    return missing


async def _play(calls: Calls, mails: Mailbox) -> list[str]:
    device = await Device.fresh(calls)
    print(f"\nDevice {device.id} is registered in four places. Milliseconds since the first:", flush=True)
    missing = await _register(device, mails)
    if missing:
        return missing
    print(f"\nAn operator marks {device.id} LOST. Milliseconds since that call:", flush=True)
    return await _lose(device, mails)


async def _register(device: Device, mails: Mailbox) -> list[str]:
    since = time.monotonic()
    steps = (
        ("push-registry", "registered with a push token for myapp", device.register_for_push),
        ("contacts", "contact created with the device", device.sign_up),
        ("mobile-platform", "mobile client registered", device.register_mobile_client),
    )
    for service, what, step in steps:
        answer = (await step()).require(200, 201)
        line(time.monotonic() - since, service, f"{what}: {answer.status}")

    async def listed() -> tuple[bool, str]:
        status = (await device.seen_by_admin()).get("status", "not listed")
        return status == "ACTIVE", status

    effects = (
        Effect("device-admin", "has learnt of the device", listed),
        _mail(mails, device, "the SendWelcomeEmail mail is delivered", "welcome"),
    )
    return [str(effect) for effect in await watch(effects, since=since, within=WITHIN)]


async def _lose(device: Device, mails: Mailbox) -> list[str]:
    since = time.monotonic()
    result = (await device.mark_lost()).require(200).data
    transaction = result["transaction"]
    line(time.monotonic() - since, "device-admin", f"transaction {transaction['id']}: {transaction['status']}")
    missing = [] if transaction["status"] == "SUCCESS" else [f"device-admin: the transaction succeeds ({result})"]
    effects = (
        *_effects(device, transaction["id"]),
        _mail(mails, device, "the SendDeviceLostAlert mail is delivered", "lost"),
    )
    missing += [str(effect) for effect in await watch(effects, since=since, within=WITHIN)]
    print("\nWhat each service reported to device-admin, in milliseconds since the device's change:", flush=True)
    for service, part in (await device.cascade(transaction["id"])).items():
        did = ", ".join(f"{name} {count}" for name, count in part["effects"].items())
        line((part["milliseconds"] or 0) / 1000, service, f"applied: {did}" if part["applied"] else "NOT APPLIED")
    return missing


def _effects(device: Device, transaction: int) -> list[Effect]:
    async def token_gone() -> tuple[bool, str]:
        answer = await device.registration()
        return answer.status == 200 and "token" not in answer.data, f"GET answers {answer.status}, " + (
            "with a token" if "token" in answer.data else "without a token"
        )

    async def renewal_refused() -> tuple[bool, str]:
        status = (await device.renew_push_token()).status
        return status == 401, f"PUT answers {status}"

    async def contact_refused() -> tuple[bool, str]:
        status = (await device.register_contact_again()).status
        return status == 403, f"registerDevice answers {status}"

    async def client_gone() -> tuple[bool, str]:
        # Asked only afterwards: an earlier deregistration would itself be what made the client go.
        if not (await device.cascade(transaction))["mobile-platform"]["applied"]:
            return False, "still registered"
        status = (await device.deregister_mobile_client()).status
        return status == 404, f"deregister answers {status}"

    async def all_reported() -> tuple[bool, str]:
        cascade = await device.cascade(transaction)
        applied = [service for service in TAKES_PART if cascade[service]["applied"]]
        return len(applied) == len(TAKES_PART), ", ".join(applied) or "none"

    return [
        Effect("push-registry", "the push token is gone", token_gone),
        Effect("push-registry", "a new push token is refused", renewal_refused),
        Effect("mobile-platform", "the mobile client is deregistered", client_gone),
        Effect("contacts", "the device is refused", contact_refused),
        Effect("device-admin", "every service has reported", all_reported),
    ]


def _mail(mails: Mailbox, device: Device, what: str, about: str) -> Effect:
    async def delivered() -> tuple[bool, str]:
        subject = await mails.subject(device.mail, about)
        return subject is not None, f'"{subject}"' if subject else "no such mail"

    return Effect("email-handlers", what, delivered)
