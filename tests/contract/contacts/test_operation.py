"""The operation itself: method, path, who may call it, and every status of the document."""

from typing import Any

import pytest

from contacts.store import ContactStore
from tests.contract.contacts.calls import DEMO, ELSEWHERE, FORMATS, TYPED, XML_TYPES, path, refusal
from tests.integration.contacts.stage import Stage, a_device
from tests.support.services import basic
from tests.support.tokens import TokenIssuer


@pytest.mark.ledger("contacts.operation.method", "contacts.operation.path", "contacts.status.200")
async def test_a_post_to_the_documents_path_registers_a_device(stage: Stage, device: str) -> None:
    status, contact, _ = await stage.call("POST", "/contactLists/3/registerDevice", json={"DeviceId": device})
    assert (status, contact["ListId"]) == (200, 3)
    assert await stage.devices(contact) == [device]


@pytest.mark.ledger("contacts.operation.method")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_only_methods_of_the_document_are_there(stage: Stage, method: str) -> None:
    answer = await stage.call(method, path())
    assert refusal(answer) == (405, "method_not_allowed")
    assert answer[2]["Allow"] == "PATCH, POST, PUT"


@pytest.mark.ledger("contacts.operation.path", "contacts.path.list-id.required")
@pytest.mark.parametrize("where", ["/contactLists/registerDevice", "/contactLists//registerDevice", "/contactlists/3"])
async def test_no_other_path_is_an_operation(stage: Stage, where: str) -> None:
    status, _ = refusal(await stage.call("POST", where, json={}))
    assert status in (404, 405)


@pytest.mark.ledger("contacts.path.list-id.integer", "contacts.status.417")
@pytest.mark.parametrize("list_id", ["abc", "3.0", "3e0", "0x3", "%D9%A3", "3%20", "three", "-", "+"])
async def test_a_list_id_that_is_no_whole_number_is_an_invalid_parameter(stage: Stage, list_id: str) -> None:
    assert refusal(await stage.call("POST", f"/contactLists/{list_id}/registerDevice", json={})) == (
        417,
        "contact_list_id_invalid",
    )


@pytest.mark.ledger("contacts.operation.creates", "contacts.operation.stores-device")
async def test_a_contact_is_created_in_the_list_of_the_path_with_its_device(
    stage: Stage, device: str, email: str
) -> None:
    contact = await stage.register({"Email": email}, device=device)
    (stored,) = (await stage.state(contact))["devices"]
    assert (stored["id"], stored["type"]) == (device, 1)
    status, shown, _ = await stage.call("GET", f"/contacts/{contact['EncContactId']}")
    assert (status, shown) == (200, contact)
    assert shown["ListId"] == DEMO


@pytest.mark.ledger("contacts.operation.updates", "contacts.operation.stores-device")
async def test_a_contact_is_updated_and_has_the_device_then(stage: Stage, email: str) -> None:
    first, second = a_device(), a_device()
    contact = await stage.register({"Email": email}, device=first)
    again = await stage.register({"Mobile": "1"}, contact_id=contact["EncContactId"], device=second)
    assert again == {**contact, "Values": {"Email": email, "Mobile": "1"}}
    assert await stage.devices(contact) == [first, second]


@pytest.mark.ledger("contacts.status.401")
@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize(
    "credentials", [{}, basic("writer", "wrong"), basic("nobody"), {"Authorization": "Bearer x"}], ids=str
)
async def test_without_valid_credentials_401(stage: Stage, media_type: str, credentials: dict[str, str]) -> None:
    headers = {**credentials, "Accept": media_type}
    answer = await stage.service.request("POST", path(), headers=headers, json={})
    assert refusal(answer) == (401, "unauthorized")
    assert answer[2]["Content-Type"].split(";")[0] == media_type
    assert "WWW-Authenticate" in answer[2]


@pytest.mark.ledger("contacts.status.403")
@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize("user", ["reader", "stranger", "marketer"])
async def test_without_the_lists_role_403(stage: Stage, media_type: str, user: str, device: str) -> None:
    answer = await stage.call("POST", path(), user=user, headers={"Accept": media_type}, json={"DeviceId": device})
    assert refusal(answer) == (403, "not_permitted")
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.status.403")
@pytest.mark.parametrize(("user", "status"), [("marketer", 200), ("analyst", 403), ("writer", 200), ("reader", 403)])
async def test_the_catalogue_says_who_may_write_a_list(stage: Stage, user: str, status: int) -> None:
    assert (await stage.call("POST", path(ELSEWHERE), user=user, json={}))[0] == status
    readable = await stage.call("GET", f"/contactLists/{ELSEWHERE}", user=user)
    assert readable[0] == (403 if user == "reader" else 200)


@pytest.mark.ledger("contacts.status.403")
async def test_a_token_may_do_what_its_scopes_say(stage: Stage, issuer: TokenIssuer) -> None:
    for scope, status in ((f"contacts:write:{DEMO}", 200), (f"contacts:read:{DEMO}", 403), ("contacts:write:8", 403)):
        answer = await stage.service.request("POST", path(), headers=issuer.headers(scope), json={})
        assert answer[0] == status


@pytest.mark.ledger("contacts.status.403")
async def test_a_blocked_device_is_403(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device)
    await stage.mark(device, "LOST", 2)
    await stage.applied(device, 2)
    answer = await stage.call("POST", path(), json={"DeviceId": device})
    assert refusal(answer) == (403, "device_blocked")
    assert await stage.devices(contact) == [device]


@pytest.mark.ledger("contacts.status.404")
@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize("list_id", ["4", "99", "-3", "9" * 30])
async def test_an_unknown_list_is_404(stage: Stage, media_type: str, list_id: str, device: str) -> None:
    answer = await stage.call(
        "POST", f"/contactLists/{list_id}/registerDevice", headers={"Accept": media_type}, json={"DeviceId": device}
    )
    assert refusal(answer) == (404, "contact_list_not_found")
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.status.417")
@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize(
    "query", ["?surprise=1", "?match=Nothing", "?customevents=Nothing", "?match=Email&match=Email"]
)
async def test_invalid_parameters_are_417(stage: Stage, media_type: str, query: str, device: str) -> None:
    answer = await stage.call(
        "POST", path(query=query), headers={"Accept": media_type}, json={"DeviceId": device, "Values": {"Email": "x"}}
    )
    assert refusal(answer)[0] == 417
    assert answer[2]["Content-Type"].split(";")[0] == media_type
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.status.500")
@pytest.mark.parametrize("media_type", FORMATS)
async def test_a_fault_inside_is_500_and_says_nothing_of_itself(
    stage: Stage, media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("pymongo: secret@db.internal")

    monkeypatch.setattr(ContactStore, "change", fail)
    answer = await stage.call("POST", path(TYPED), headers={"Accept": media_type}, json={})
    assert refusal(answer) == (500, "internal_error")
    assert "secret" not in str(answer[1])
    message = "An error occurred while processing this request"
    assert f"<Message>{message}</Message>" in answer[1] if media_type in XML_TYPES else answer[1]["Message"] == message
