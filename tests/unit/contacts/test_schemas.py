from typing import Any

import pytest
from marshmallow import ValidationError

from contacts import schemas
from tests.unit.contacts.builders import a_list

SAMPLE = {
    "ContactDTO": {
        "ValidationWarnings": ["sample string 1", "sample string 2"],
        "EncContactId": "sample string 2",
        "ListId": 3,
        "Values": {"sample string 1": {}, "sample string 3": {}},
    },
    "DeviceType": 1,
    "DeviceId": "sample string 2",
    "OldDeviceId": "sample string 3",
}


def test_the_documents_sample_is_read() -> None:
    assert schemas.REGISTRATION.load(SAMPLE) == {
        "contact_id": "sample string 2",
        "list_id": 3,
        "values": {"sample string 1": {}, "sample string 3": {}},
        "device_type": 1,
        "device_id": "sample string 2",
        "old_device_id": "sample string 3",
    }


EMPTY: dict[str, Any] = {
    "contact_id": None, "list_id": None, "values": {}, "device_type": None, "device_id": None, "old_device_id": None
}  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ContactDTO": None},
        {"ContactDTO": {}},
        {"ContactDTO": {"Values": None, "EncContactId": "", "ListId": None, "ValidationWarnings": None}},
        {"DeviceId": None, "OldDeviceId": "", "DeviceType": None},
    ],
)
def test_everything_may_be_left_out(body: dict[str, Any]) -> None:
    assert schemas.REGISTRATION.load(body) == EMPTY


def test_names_of_properties_are_read_in_any_case_and_names_of_values_as_they_are() -> None:
    loaded = schemas.REGISTRATION.load({"contactdto": {"values": {"Email": 1, "EMAIL": 2}}, "deviceID": "d"})
    assert loaded["values"] == {"Email": 1, "EMAIL": 2}
    assert loaded["device_id"] == "d"


def test_a_contact_alone_is_read_as_the_documents_match_example_sends_it() -> None:
    loaded = schemas.REGISTRATION.load({"values": {"Email": "a@x"}, "ListId": 3, "DeviceId": "d"})
    assert loaded == {**EMPTY, "values": {"Email": "a@x"}, "list_id": 3, "device_id": "d"}


@pytest.mark.parametrize(
    "body",
    [
        {"DeviceType": "1"},
        {"DeviceType": True},
        {"DeviceType": 1.0},
        {"DeviceType": 2**31},
        {"DeviceId": 5},
        {"DeviceId": "x" * 255},
        {"DeviceId": "a\nb"},
        {"OldDeviceId": "\x00"},
        {"Surprise": 1},
        {"ContactDTO": []},
        {"ContactDTO": {"Id": 1}},
        {"ContactDTO": {"ListId": "3"}},
        {"ContactDTO": {"EncContactId": 1}},
        {"ContactDTO": {"Values": []}},
        {"ContactDTO": {"Values": {"a": 2**63}}},
        {"ContactDTO": {"Values": {"a": [{"b": -(2**63) - 1}]}}},
        {"ContactDTO": {"Values": {"a": {"b\x00c": 1}}}},
        {"ContactDTO": {}, "Values": {}},
        {"DeviceId": "a", "deviceid": "b"},
        {"ContactDTO": {"Values": {}, "values": {}}},
        {"values": {}, "Values": {}},
    ],
)
def test_what_is_no_registration_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        schemas.REGISTRATION.load(body)


def test_the_query_names_custom_events_and_properties() -> None:
    loaded = schemas.QUERY.load({"customevents": "SendWelcomeEmail, SendEventInvite", "match": "A,B,A"})
    assert loaded == {"custom_events": ("SendWelcomeEmail", "SendEventInvite"), "match": ("A", "B")}
    assert schemas.QUERY.load({}) == {"custom_events": (), "match": ()}


@pytest.mark.parametrize("query", [{"match": ""}, {"match": "A,,B"}, {"customevents": " , "}, {"Email": "x"}])
def test_a_query_that_cannot_be_meant_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        schemas.QUERY.load(query)


def test_a_patch_has_its_values_in_the_query() -> None:
    query = {"match": "A.b,match_values", "A.b": "1", "match_values": "2", "customevents": "E"}
    assert schemas.PATCH_QUERY.load(query) == {
        "custom_events": ("E",),
        "match": ("A.b", "match_values"),
        "match_values": {"A.b": "1", "match_values": "2"},
    }


@pytest.mark.parametrize("query", [{"A": "1"}, {"match": "A", "A": "1", "B": "2"}])
def test_a_patch_with_a_value_that_is_not_matched_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        schemas.PATCH_QUERY.load(query)


def test_fields_are_shown_as_the_vendor_shows_them() -> None:
    choices = [{"id": 1, "value": "red", "order": 1}]
    fields = a_list(fields=[{"id": 7, "name": "Colour", "default": "red", "values": choices}]).fields.values()
    assert schemas.FIELDS.dump(fields) == [
        {
            "Id": 7,
            "Name": "Colour",
            "DefaultValue": "red",
            "MapType": "string",
            "Position": 1,
            "ContactSchemaFieldValues": [{"Id": 1, "Value": "red", "Order": 1, "InUse": True}],
        }
    ]
