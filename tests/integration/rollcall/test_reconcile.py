"""MongoDB restored from an older copy while Kafka is ahead: nothing acknowledged is undone, no sequence comes twice."""

from collections import defaultdict

import pytest

from device_events import catalog
from tests.integration.rollcall.site import RUNTIME, Site
from tests.support.polling import eventually


async def settled(site: Site) -> None:
    await eventually(site.is_quiet, within=30)


async def restarted(site: Site) -> None:
    """As after a restore that nobody has told the services of: new processes on the older documents."""
    await site.start()


async def sequences(site: Site) -> dict[tuple[str, str], dict[int, set[str]]]:
    """The ids of all events by source and subject, and by sequence."""
    found: dict[tuple[str, str], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for event in await site.events(*catalog.CATALOG):
        found[event.source, event.subject][event.sequence].add(event.id)
    return found


async def test_a_lost_that_the_restored_copy_has_not_stays_lost_everywhere(site: Site, device: str) -> None:
    token = await site.register_push(device)
    await site.register_client(token, device=device)
    await site.register_contact("alice@example.com", device=device)
    await site.known(device)
    await settled(site)
    copy = await site.copy()
    await site.changed(device, "LOST")
    alerts = len(await site.events(catalog.CUSTOM_EVENT_TRIGGERED))
    await settled(site)
    await site.stop()
    await site.restore(copy)
    await restarted(site)
    # The older copy would let it in.
    assert "token" in str((await site.push("GET", device))[1])
    code, refusal, headers = await site.set_status(device, "ACTIVE")
    assert (code, refusal["errorCode"], headers["Retry-After"]) == (503, "FWLSE3010E", "30")
    admin, newcomer = site.served["device-admin"], f"{device}-newcomer"
    assert "rollcall reconcile" in (await admin.request("GET", "/health/ready"))[1]["mongodb"]
    assert "comparison_behind_kafka 1.0" in (await admin.request("GET", "/metrics"))[1]

    planned = await site.rollcall("reconcile", "--dry-run", "--json")
    assert planned.exit == 1, planned.err
    assert planned.data["statuses"]["adopt"] == [f"{RUNTIME}/{device}"]
    assert "device-admin" in planned.data["refusing"]
    assert (await site.set_status(device, "ACTIVE"))[0] == 503
    await site.register_push(newcomer)

    done = await site.rollcall("reconcile", "--json")
    assert done.exit in (0, 1), done.err
    assert "device-admin" in done.data["opened"]
    await settled(site)
    assert (await site.known(device))["status"] == "LOST"
    assert "token" not in (await site.push("GET", device))[1]
    assert (await site.register_contact("other@example.com", device=device))[0] == 403
    clients = [one async for one in site.database["mobile_clients"].find({"state.registered": True})]
    assert clients == []
    assert len(await site.events(catalog.CUSTOM_EVENT_TRIGGERED)) == alerts
    newest = (await site.events(catalog.DEVICE_STATUS_CHANGED, about=device))[-1]
    assert (newest.data["status"], newest.data["previous"]) == ("LOST", "LOST")
    for (source, subject), ids in (await sequences(site)).items():
        assert sorted(ids) == list(range(1, max(ids) + 1)), (source, subject)
        assert all(len(one) == 1 for one in ids.values()), (source, subject)
    # And everybody may go on: what was announced meanwhile has waited.
    assert (await site.known(newcomer))["status"] == "ACTIVE"
    assert "mongodb" not in (await admin.request("GET", "/health/ready"))[1]
    await site.changed(device, "ACTIVE")
    await site.register_push(device)
    again = await site.rollcall("reconcile", "--json")
    assert (again.exit, again.data["statuses"], again.data["opened"]) == (0, {"adopt": [], "sayAgain": []}, [])


async def test_devices_that_the_copy_has_never_heard_of_keep_their_status_and_their_sequences(
    site: Site, device: str
) -> None:
    copy = await site.copy()
    await site.register_push(device)
    _, contact = await site.register_contact("alice@example.com", device=device)
    await site.known(device)
    await site.changed(device, "STOLEN")
    await settled(site)
    await site.stop()
    await site.restore(copy)
    await restarted(site)
    done = await site.rollcall("reconcile", "--json")
    assert done.exit == 1, done.err  # what was registered is lost, and said to be
    lost = {(one["service"], one["type"]) for one in done.data["lost"]}
    assert {
        ("push-registry", catalog.PUSH_REGISTERED),
        ("contacts", catalog.CONTACT_CREATED),
        ("contacts", catalog.CONTACT_DEVICE_REGISTERED),
    } <= lost
    await settled(site)
    assert (await site.known(device))["status"] == "STOLEN"
    assert (await site.push("POST", json={"deviceId": device, "platform": "A", "token": "t"}))[0] == 401
    assert (await site.register_contact("other@example.com", device=device))[0] == 403
    assert (await site.contact(contact["EncContactId"]))[0] == 404
    await site.changed(device, "ACTIVE")
    await site.register_push(device)
    await settled(site)
    for (source, subject), ids in (await sequences(site)).items():
        assert sorted(ids) == list(range(1, max(ids) + 1)), (source, subject)
        assert all(len(one) == 1 for one in ids.values()), (source, subject)


async def test_one_service_restored_alone_is_told_the_statuses_that_it_has_forgotten(site: Site, device: str) -> None:
    await site.register_push(device)
    await site.known(device)
    await settled(site)
    copy = await site.copy()
    await site.changed(device, "LOST")
    await settled(site)
    await site.stop()
    await site.restore({"push_devices": copy["push_devices"]})
    await restarted(site)
    assert "token" in str((await site.push("GET", device))[1])
    done = await site.rollcall("reconcile", "--json")
    assert done.data["statuses"] == {"adopt": [], "sayAgain": [f"{RUNTIME}/{device}"]}
    await settled(site)
    assert "token" not in (await site.push("GET", device))[1]
    assert (await site.rollcall("reconcile", "--json")).data["statuses"] == {"adopt": [], "sayAgain": []}


async def test_a_restored_client_that_is_linked_by_its_token_alone_is_ended_again(site: Site, device: str) -> None:
    token = await site.register_push(device)
    await site.register_client(token, device=None)
    await site.known(device)
    await settled(site)
    copy = await site.copy()
    await site.changed(device, "LOST")

    async def registered() -> int:
        return await site.database["mobile_clients"].count_documents({"state.registered": True})

    async def ended() -> bool:
        return await registered() == 0

    await eventually(ended, within=20)
    await settled(site)
    await site.stop()
    await site.restore({"mobile_clients": copy["mobile_clients"]})
    await restarted(site)
    assert await registered() == 1
    await site.rollcall("reconcile")
    await eventually(ended, within=20)


async def test_a_transaction_restored_unfinished_does_not_undo_a_later_one(site: Site, device: str) -> None:
    await site.register_push(device)
    await site.known(device)
    await settled(site)
    first = await site.changed(device, "ACTIVE")
    await settled(site)
    copy = await site.copy()
    # The copy was made a moment before the device took the change.
    documents = {one["_id"]: one for one in copy["device_admin"]}
    documents[f"transaction:{first}"]["state"] |= {"status": "PENDING", "open": True}
    documents[f"{RUNTIME}/{device}"]["state"]["transactions"] = []
    last = await site.changed(device, "LOST")
    await settled(site)
    await site.stop()
    await site.restore(copy)
    await restarted(site)
    assert (await site.set_status(device, "ACTIVE"))[0] == 503
    await site.rollcall("reconcile")
    await settled(site)

    async def ended() -> str:
        document = await site.document("device-admin", f"transaction:{first}")
        state: str = document["state"]["status"]
        return state if state != "PENDING" else ""

    assert await eventually(ended, within=20) == "CANCELED"
    assert (await site.known(device))["status"] == "LOST"
    assert await site.changed(device, "ACTIVE") > last  # transaction ids are not given out twice either


async def test_a_status_set_on_the_restored_copy_before_anybody_noticed_stands(
    site: Site, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.register_push(device)
    await site.known(device)
    await settled(site)
    copy = await site.copy()
    await site.changed(device, "LOST")
    await site.changed(device, "STOLEN")
    await settled(site)
    await site.stop()
    await site.restore(copy)
    # Processes that look at nothing but their documents.
    monkeypatch.setattr("chassis.comparison.LAST", 0)
    monkeypatch.setattr("chassis.comparison.topics_of", lambda _source: [])
    await restarted(site)
    code, _, _ = await site.set_status(device, "DISABLED")
    assert code == 200
    await site.rollcall("reconcile")
    await settled(site)
    assert (await site.known(device))["status"] == "DISABLED"
    newest = max(await site.events(catalog.DEVICE_STATUS_CHANGED, about=device), key=lambda one: one.sequence)
    assert newest.data["status"] == "DISABLED"
    assert (await site.document("push-registry", newest.subject))["state"]["status_sequence"] == newest.sequence


async def test_reconcile_interrupted_after_any_write_is_finished_by_the_next(site: Site, device: str) -> None:
    devices = [f"{device}-{number}" for number in range(3)]
    for one in devices:
        await site.register_push(one)
        await site.known(one)
    await settled(site)
    copy = await site.copy()
    for one in devices:
        await site.changed(one, "LOST")
    await settled(site)
    await site.stop()
    await site.restore(copy)
    await site.rollcall("reconcile", "--json")
    # As if it had ended after the first device's write and before it was published.
    after = {one["_id"]: one for one in (await site.copy())["device_admin"]}
    half = [after[one["_id"]] if one["_id"] == f"{RUNTIME}/{devices[0]}" else one for one in copy["device_admin"]]
    await site.restore({"device_admin": half})
    await restarted(site)
    assert (await site.set_status(devices[1], "ACTIVE"))[0] == 503
    done = await site.rollcall("reconcile", "--json")
    assert done.data["statuses"]["adopt"] == [f"{RUNTIME}/{one}" for one in devices[1:]]
    await settled(site)
    for one in devices:
        assert (await site.known(one))["status"] == "LOST"
        assert "token" not in (await site.push("GET", one))[1]


async def test_level_backends_have_nothing_to_reconcile(site: Site, device: str) -> None:
    await site.register_push(device)
    await site.known(device)
    await site.changed(device, "LOST")
    await settled(site)
    before = await site.copy()
    assert (await site.rollcall("reconcile", "--dry-run")).exit == 0
    assert (await site.rollcall("reconcile")).exit == 0
    after = await site.copy()
    assert [one["sequence"] for one in after["device_admin"] if "sequence" in one] == [
        one["sequence"] for one in before["device_admin"] if "sequence" in one
    ]
