"""match: where the values come from, and what is equal."""

from typing import Any

import pytest

from tests.contract.contacts.calls import FORMATS, TYPED, path, refusal, written
from tests.contract.contacts.test_matching import matching
from tests.integration.contacts.stage import Stage, an_email


@pytest.mark.ledger("contacts.match.values-in-query")
async def test_a_patch_matches_on_the_query_whatever_its_body_says(stage: Stage, email: str) -> None:
    first = await stage.register({"Email": email})
    renamed = an_email()
    answer = await stage.register(**matching("PATCH", email, {"Email": renamed}))
    assert answer == {**first, "Values": {"Email": renamed}}
    again = await stage.register(**matching("PATCH", email, {"Email": renamed}))  # a repeat is safe
    assert again["EncContactId"] == first["EncContactId"]


@pytest.mark.ledger("contacts.match.values-in-query")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?match=Email", "match_value_missing"),
        ("?match=Email&Email=", "match_value_missing"),
        ("?match=Email,Mobile&Email=x", "match_value_missing"),
        ("?match=Email&Email=x&Mobile=1", "invalid_parameters"),
        ("?Email=x", "invalid_parameters"),
    ],
)
async def test_a_patch_without_its_values_is_417(stage: Stage, query: str, code: str, device: str) -> None:
    body = {"DeviceId": device, "Values": {"Email": "x", "Mobile": "1"}}
    assert refusal(await stage.call("PATCH", path(query=query), json=body)) == (417, code)
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.match.values-in-query")
@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Whole", 7, "7"),
        ("Whole", 7, "+07"),
        ("Number", 1.5, "1.50"),
        ("Flag", False, "FALSE"),
        ("Day", "2026-03-01", "2026-03-01"),
    ],
)
async def test_a_text_in_the_query_equals_the_value_of_its_fields_type(
    stage: Stage, name: str, value: Any, text: str, email: str
) -> None:
    first = await stage.register({name: value, "Email": email}, list_id=TYPED)
    params = {"match": f"Email,{name}", "Email": email, name: text}
    answer = await stage.register({"Text": "found"}, list_id=TYPED, method="PATCH", **params)
    assert answer["EncContactId"] == first["EncContactId"]
    assert answer["Values"] == {**first["Values"], "Text": "found"}


@pytest.mark.ledger("contacts.match.values-in-body")
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("media_type", FORMATS)
async def test_post_and_put_match_on_the_body_in_any_format(
    stage: Stage, method: str, media_type: str, email: str
) -> None:
    first = await stage.register({"Email": email, "ReferanceAccountId": 123456})
    body = {"ContactDTO": {"Values": {"Email": email, "ReferanceAccountId": 123456, "Mobile": "1"}}}
    status, answer, _ = await stage.call(
        method,
        path(query="?match=ReferanceAccountId,Email"),
        data=written(body, media_type),
        headers={"Content-Type": media_type},
    )
    assert (status, answer["EncContactId"]) == (200, first["EncContactId"])
    assert answer["Values"]["Mobile"] == "1"


@pytest.mark.ledger("contacts.match.values-in-body")
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("values", [{}, {"Mobile": "1"}, {"Email": None}, {"Email": ""}, {"Email": {}}, {"Email": []}])
async def test_a_body_without_the_property_is_417(stage: Stage, method: str, values: Any, device: str) -> None:
    body = {"Values": values, "DeviceId": device}
    answer = await stage.call(method, path(query="?match=Email"), json=body)
    assert refusal(answer) == (417, "match_value_missing")
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.match.values-in-body")
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_values_to_match_on_are_not_taken_from_the_query_of_post_and_put(stage: Stage, method: str) -> None:
    answer = await stage.call(method, path(query="?match=Email&Email=x"), json={"Values": {"Email": "x"}})
    assert refusal(answer) == (417, "invalid_parameters")
