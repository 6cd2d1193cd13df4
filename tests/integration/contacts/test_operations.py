"""The API of contacts: who may, what is refused and how, media types, and what is shown."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contacts.app import create_app
from contacts.settings import Settings
from tests.integration.contacts.stage import COUNTED, DEMO, FIELDS, READER, STRANGER, Stage, a_device
from tests.support.services import basic, running
from tests.support.tokens import TokenIssuer, serving

REGISTER = f"/contactLists/{DEMO}/registerDevice"
READS = ["/contactLists", f"/contactLists/{DEMO}", f"/contactLists/{DEMO}/fields", "/contacts/x"]


async def test_everybody_sees_the_lists_that_are_theirs(stage: Stage) -> None:
    status, shown, _ = await stage.call("GET", "/contactLists")
    assert status == 200
    assert [one["Name"] for one in shown] == ["Demo", "Members", "Elsewhere", "Counted"]
    assert [one["Id"] for one in (await stage.call("GET", "/contactLists", user=READER))[1]] == [DEMO]
    assert (await stage.call("GET", "/contactLists", user=STRANGER))[:2] == (200, [])


async def test_a_list_counts_its_contacts(stage: Stage) -> None:
    for _ in range(3):
        await stage.register(device=a_device(), list_id=COUNTED)
    status, shown, _ = await stage.call("GET", f"/contactLists/{COUNTED}")
    assert (status, shown) == (200, {"Id": COUNTED, "Name": "Counted", "Count": 3})


async def test_a_list_shows_its_fields(stage: Stage) -> None:
    status, shown, _ = await stage.call("GET", f"/contactLists/{DEMO}/fields", user=READER)
    assert status == 200
    assert [one["Name"] for one in shown] == [field["name"] for field in FIELDS]
    assert shown[3] == {
        "Id": 4,
        "Name": "FirstName",
        "DefaultValue": "friend",
        "MapType": "string",
        "Position": 4,
        "ContactSchemaFieldValues": [],
    }


@pytest.mark.parametrize("path", [*READS, REGISTER])
@pytest.mark.parametrize("headers", [{}, basic("writer", "wrong"), basic("nobody"), {"Authorization": "Bearer x"}])
async def test_without_valid_credentials_everything_is_refused(
    stage: Stage, path: str, headers: dict[str, str]
) -> None:
    method = "POST" if path == REGISTER else "GET"
    status, body, answered = await stage.service.request(method, path, headers=headers, data=b"{")
    assert (status, body["Code"]) == (401, "unauthorized")
    assert answered["WWW-Authenticate"].startswith("Basic ")
    assert body["CorrelationId"] == answered["X-Correlation-ID"]


async def test_who_may_only_read_may_not_write(stage: Stage) -> None:
    status, body, _ = await stage.call("POST", REGISTER, user=READER, data=b"not even JSON")
    assert (status, body["Code"]) == (403, "not_permitted")


async def test_strangers_may_neither_read_a_list_nor_its_contacts(stage: Stage) -> None:
    contact = await stage.register()
    for path in (f"/contactLists/{DEMO}", f"/contactLists/{DEMO}/fields", f"/contacts/{contact['EncContactId']}"):
        assert (await stage.call("GET", path, user=STRANGER))[0] == 403
    assert (await stage.call("GET", f"/contacts/{contact['EncContactId']}", user=READER))[0] == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/contactLists/99", 404, "contact_list_not_found"),
        (f"/contactLists/{'9' * 30}", 404, "contact_list_not_found"),
        ("/contactLists/-1/fields", 404, "contact_list_not_found"),
        ("/contactLists/abc", 417, "contact_list_id_invalid"),
        ("/contactLists/3.0", 417, "contact_list_id_invalid"),
        ("/contactLists/%D9%A3", 417, "contact_list_id_invalid"),
        ("/contacts/unknown", 404, "contact_not_found"),
        ("/contacts/%00%FF", 404, "contact_not_found"),
        ("/contactlists", 404, "not_found"),
    ],
)
async def test_what_is_not_there_is_refused(stage: Stage, path: str, status: int, code: str) -> None:
    answered, body, _ = await stage.call("GET", path)
    assert (answered, body["Code"]) == (status, code)


async def test_an_id_tampered_with_finds_nothing(stage: Stage) -> None:
    contact = await stage.register()
    tampered = contact["EncContactId"][:-2] + ("AA" if contact["EncContactId"][-2:] != "AA" else "BB")
    assert (await stage.call("GET", f"/contacts/{tampered}"))[0] == 404
    status, answer = await stage.try_to_register(contact_id=tampered)
    assert (status, answer["Code"]) == (417, "contact_id_invalid")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_other_methods_are_refused_naming_the_right_ones(stage: Stage, method: str) -> None:
    status, _, headers = await stage.call(method, REGISTER)
    assert (status, headers["Allow"]) == (405, "PATCH, POST, PUT")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"DeviceId": 5}, "invalid_parameters"),
        ({"DeviceId": "x" * 255}, "invalid_parameters"),
        ({"DeviceType": "1"}, "invalid_parameters"),
        ({"Surprise": 1}, "invalid_parameters"),
        ([], "invalid_parameters"),
        ("null", "invalid_parameters"),
        ({"ContactDTO": {"ListId": 4}}, "list_id_mismatch"),
        ({"ContactDTO": {"EncContactId": "x"}}, "contact_id_invalid"),
        ({"ContactDTO": {"Values": {"Phone": 1}}}, "unknown_field"),
        ({"ContactDTO": {"Values": {"$where": 1}}}, "unknown_field"),
        ({"ContactDTO": {"Values": {"Email": 2**63}}}, "invalid_parameters"),
        ({"ContactDTO": {"Values": {"Email": "x" * 20_000}}}, "values_too_large"),
        ({"OldDeviceId": "x"}, "old_device_id_alone"),
    ],
)
async def test_invalid_bodies_are_refused(stage: Stage, body: Any, code: str) -> None:
    status, answer, _ = await stage.call("POST", REGISTER, json=body)
    assert (status, answer["Code"]) == (417, code)
    assert set(answer) == {"Message", "Code", "CorrelationId"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("customevents=SendNothing", "unknown_custom_event"),
        ("customevents=SendWelcomeEmail,", "invalid_parameters"),
        ("customevents=SendWelcomeEmail&customevents=SendEventInvite", "invalid_parameters"),
        ("match=Phone", "unknown_match_property"),
        ("match=Email,Mobile", "match_value_missing"),
        ("match=", "invalid_parameters"),
        ("Email=x", "invalid_parameters"),
        ("surprise=%ED%A0%80", "invalid_parameters"),
        ("match=%FF%00", "unknown_match_property"),
    ],
)
async def test_invalid_queries_are_refused_before_anything_is_written(stage: Stage, query: str, code: str) -> None:
    device = a_device()
    body = {"ContactDTO": {"Values": {"Email": "a@x"}}, "DeviceId": device}
    status, answer, _ = await stage.call("POST", f"{REGISTER}?{query}", json=body)
    assert (status, answer["Code"]) == (417, code)
    assert await stage.holders(device) == []


@pytest.mark.parametrize("query", ["match=Email", "match=Email&Mobile=1", "match=Email&Email=", "Email=1"])
async def test_a_patch_without_its_values_is_refused(stage: Stage, query: str) -> None:
    status, _, _ = await stage.call("PATCH", f"{REGISTER}?{query}", json={"ContactDTO": {"Values": {"Email": "a@x"}}})
    assert status == 417


@pytest.mark.parametrize("value", ["%ED%A0%80", "%FF", "%00", "%F0%9F%98%80", "a%0Ab"])
async def test_any_value_of_a_query_is_taken_or_refused_but_never_fails(stage: Stage, value: str) -> None:
    status, _, _ = await stage.call("PATCH", f"{REGISTER}?match=Email&Email={value}", json={})
    assert status in (200, 417)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"DeviceId": "a",\n "DeviceType": }', "line 2, column 16"),
        (b'{"DeviceType": NaN}', "line 1"),
        (b'{"DeviceId": "a", "DeviceId": "b"}', "line 1"),
        (b"\xff", "line 1, column 1"),
        (b"", "line 1, column 1"),
        (b'{"ContactDTO": {"Values": {"Email": 1e400}}}', "line 1"),
        (b'{"DeviceId": "\\ud800"}', "line 1"),
        (b"[" * 100_00, "line 1, column 65"),
    ],
)
async def test_a_malformed_body_is_refused_naming_its_place(stage: Stage, data: bytes, place: str) -> None:
    status, answer, _ = await stage.call("POST", REGISTER, data=data, headers={"Content-Type": "application/json"})
    assert (status, answer["Code"]) == (417, "malformed_body")
    assert place in answer["Message"]


@pytest.mark.parametrize("media_type", ["application/json", "text/json; charset=utf-8", "application/csp-report"])
async def test_three_media_types_are_read_and_written(stage: Stage, media_type: str) -> None:
    headers = {"Content-Type": media_type, "Accept": media_type}
    status, contact, answered = await stage.call(
        "POST", REGISTER, data=json.dumps({"DeviceId": a_device()}), headers=headers
    )
    assert status == 200
    assert contact["ListId"] == DEMO
    assert answered["Content-Type"].split(";")[0] == media_type.split(";")[0]


async def test_other_media_types_are_neither_read_nor_written(stage: Stage) -> None:
    status, answer, _ = await stage.call("POST", REGISTER, data=b"<a/>", headers={"Content-Type": "application/yaml"})
    assert (status, answer["Code"]) == (417, "unsupported_media_type")
    for method, path in (("GET", "/contactLists"), ("POST", REGISTER)):
        status, answer, _ = await stage.call(method, path, headers={"Accept": "application/yaml"})
        assert (status, answer["Code"]) == (406, "not_acceptable")


async def test_a_body_too_large_is_refused(stage: Stage) -> None:
    status, answer, _ = await stage.call("POST", REGISTER, json={"DeviceId": "x" * 100_000})
    assert (status, answer["Code"]) == (413, "body_too_large")


async def test_the_documents_sample_is_understood(stage: Stage) -> None:
    contact = await stage.register()
    body = {
        "ContactDTO": {
            "ValidationWarnings": ["sample string 1", "sample string 2"],
            "EncContactId": contact["EncContactId"],
            "ListId": 3,
            "Values": {"Email": {}, "Mobile": {}},
        },
        "DeviceType": 1,
        "DeviceId": a_device(),
        "OldDeviceId": a_device(),
    }
    status, answer, _ = await stage.call("POST", REGISTER, json=body)
    assert status == 200
    assert answer["ValidationWarnings"] == ["Email: the value is no string", "Mobile: the value is no string"]
    assert answer["Values"] == {"FirstName": "friend", "Email": {}, "Mobile": {}}


async def test_a_token_of_a_trusted_issuer_is_as_good_as_a_password(settings: Settings) -> None:
    async with (
        serving(TokenIssuer()) as issuer,
        running(create_app, replace(settings, issuers=(issuer.trusted,))) as service,
    ):
        for granted in (issuer.headers("contacts:read:3"), issuer.headers("", roles=["contacts:read:3"])):
            status, shown, _ = await service.request("GET", "/contactLists", headers=granted)
            assert (status, [one["Id"] for one in shown]) == (200, [DEMO])
            assert (await service.request("POST", REGISTER, headers=granted))[0] == 403
        status, _, headers = await service.request("GET", "/contactLists", headers={"Authorization": "Bearer x"})
        assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
        assert (await service.request("GET", "/contactLists", headers=basic("writer")))[0] == 200
