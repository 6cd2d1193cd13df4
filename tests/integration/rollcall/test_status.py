"""Set: a device's status, and those of many, by device-admin's API, with exit statuses that scripts can trust."""

import json

from tests.integration.rollcall.site import RUNTIME, Site
from tests.support.operator import command

SET = ("status", "set", RUNTIME)


async def test_one_device_is_set_and_its_cascade_followed(site: Site, device: str) -> None:
    await site.register_push(device)
    await site.known(device)
    answer = await site.rollcall(*SET, device, "LOST", "--wait", "--json")
    assert (answer.exit, answer.err) == (0, "")
    done = answer.data
    assert (done["ok"], done["transactionStatus"], done["late"]) == (True, "SUCCESS", [])
    parts = {one["service"]: one for one in done["services"]}
    assert set(parts) == {"push-registry", "mobile-platform", "contacts"}
    assert parts["push-registry"]["effects"] == {"tokensRemoved": 1}
    assert all(one["applied"] and one["milliseconds"] >= 0 for one in parts.values())
    assert (await site.known(device))["status"] == "LOST"
    later = await site.rollcall(*SET, device, "ACTIVE", "--async", "--wait")
    assert (later.exit, later.err) == (0, "")
    assert f"{RUNTIME}/{device}: ACTIVE, transaction " in later.out
    assert " ms  push-registry    nothing to do" in later.out


async def test_many_are_set_and_the_status_says_that_one_is_not_there(site: Site) -> None:
    devices = [f"many-{number}" for number in range(20)]
    for device in devices:
        await site.register_push(device)
        await site.known(device)
    text = "".join(f"{device}\n" for device in (*devices, "", "no/body?"))
    answer = await site.rollcall(*SET, "-", "STOLEN", "--wait", "--json", "--concurrency", "4", stdin=text)
    assert (answer.exit, answer.err.strip()) == (1, "20 devices done, 1 not")
    done = {one["deviceId"]: one for one in map(json.loads, answer.out.splitlines())}
    assert {device for device, one in done.items() if one["ok"] and not one["late"]} == set(devices)
    assert "The device no/body? does not exist" in done["no/body?"]["problem"]
    for device in devices:
        assert (await site.known(device))["status"] == "STOLEN"


async def test_exit_statuses_tell_what_to_do(site: Site) -> None:
    absent = await site.rollcall(*SET, "nobody", "LOST")
    assert (absent.exit, "nobody: not set: The device nobody does not exist" in absent.out) == (1, True)
    wrong = await command({**site.variables, "DEVICE_ADMIN_PASSWORD": "guess"}, *SET, "d", "LOST")
    assert (wrong.exit, wrong.out) == (2, "")
    assert "Authentication is required" in wrong.err
    away = await command(
        {**site.variables, "DEVICE_ADMIN_URL": "http://127.0.0.1:1"}, *SET, "-", "LOST", stdin="d\ne\n"
    )
    assert (away.exit, away.out) == (3, "")
    assert "does not answer" in away.err
    elsewhere = await command({**site.variables, "DEVICE_ADMIN_URL": "ftp://x"}, *SET, "d", "LOST")
    assert (elsewhere.exit, "must be like https://" in elsewhere.err) == (2, True)
    assert (await site.rollcall(*SET, "d", "MISSING")).exit == 2
