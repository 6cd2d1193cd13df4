"""Show: all that the four services know of a device, without secrets, and its timeline with effects under causes."""

from typing import Any

from device_events import catalog
from tests.integration.rollcall.site import APPLICATION, LIST, RUNTIME, Site
from tests.support.polling import eventually


async def shown(site: Site, device: str, *more: str) -> Any:
    """What it says, in JSON."""
    answer = await site.rollcall("device", "show", RUNTIME, device, "--json", *more)
    assert (answer.exit, answer.err) == (0, "")
    return answer.data


async def test_a_lost_device_is_shown_whole_and_without_secrets(site: Site, device: str) -> None:
    token = await site.register_push(device)
    await site.register_client(token, device=None)
    other_token = f"other-{token}"
    await site.register_client(other_token, device=device)
    _, contact = await site.register_contact("ada@example.com", device=device, customevents="SendWelcomeEmail")
    await site.known(device)
    transaction = await site.changed(device, "LOST")
    await eventually(site.is_quiet, within=20)
    data = await shown(site, device)
    services = data["services"]
    admin = services["device-admin"]
    assert (admin["status"], admin["users"], admin["platform"]) == ("LOST", ["alice"], "iOS")
    assert [(one["id"], one["to"], one["status"]) for one in admin["transactions"]] == [
        (transaction, "LOST", "SUCCESS")
    ]
    assert all(part["applied"] for part in admin["transactions"][0]["services"])
    push = services["push-registry"]
    assert (push["blocked"], push["status"], push["reservedTokens"]) == (True, "LOST", 1)
    assert [(one["application"], one["userId"]) for one in push["registrations"]] == [(APPLICATION, "alice")]
    mobile = services["mobile-platform"]
    assert mobile["blocked"]
    assert [(one["registered"], len(one["tokenDigest"])) for one in mobile["clients"]] == [(False, 8)] * 2
    (held,) = services["contacts"]["contacts"]
    assert (held["listId"], held["encContactId"], held["status"]) == (LIST, contact["EncContactId"], "LOST")
    (lost,) = [one for one in data["timeline"] if one["data"].get("status") == "LOST"]
    effects = {one["type"]: one for one in lost["effects"]}
    assert {catalog.PUSH_TOKEN_REMOVED, catalog.CUSTOM_EVENT_TRIGGERED, catalog.DEVICE_STATUS_APPLIED} <= set(effects)
    assert all(one["causationid"] == lost["id"] and one["milliseconds"] >= 0 for one in lost["effects"])
    times = [one["time"] for one in data["timeline"]]
    assert times == sorted(times)

    people = await site.rollcall("device", "show", RUNTIME, device)
    for line in (
        "blocked: LOST",
        contact["EncContactId"],
        " ms    push.token-removed",
        f"transaction {transaction}  LOST",
    ):
        assert line in people.out
    personal = await site.rollcall("device", "show", RUNTIME, device, "--values")
    assert "Email ada@example.com" in personal.out
    for said in (str(data), people.out):
        assert "ada@example.com" not in said
        assert (token in said, other_token in said) == (False, False)


async def test_a_device_that_nobody_knows_is_said_and_a_quiet_time_is_empty(site: Site, device: str) -> None:
    unknown = await site.rollcall("device", "show", RUNTIME, device)
    assert (unknown.exit, unknown.err) == (1, "")
    assert unknown.out.startswith(f"no service knows {RUNTIME}/{device}, and no event since ")
    await site.register_push(device)
    await site.known(device)
    data = await shown(site, device, "--since", "2100-01-01")
    assert (data["timeline"], data["services"]["contacts"]) == ([], None)
    assert data["services"]["device-admin"]["status"] == "ACTIVE"
    assert next(one["type"] for one in (await shown(site, device))["timeline"]) == catalog.PUSH_REGISTERED
