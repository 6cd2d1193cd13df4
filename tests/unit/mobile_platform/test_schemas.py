"""What a body may look like, and what an answer looks like."""

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from mobile_platform import schemas

MINIMAL: dict[str, Any] = {"notificationToken": "t", "mobileClient": {"id": "my.app.id", "platform": "IOS"}}


def test_the_documents_own_examples_load() -> None:
    schemas.DEREGISTRATION.load({**MINIMAL, "notificationProvider": "APNS"})
    loaded = schemas.REGISTRATION.load({**MINIMAL, "mobileClient": {**MINIMAL["mobileClient"], "version": "1.0"}})
    assert loaded == {"token": "t", "mobile_client": {"id": "my.app.id", "platform": "IOS", "version": "1.0"}}


def test_what_is_more_is_passed_over() -> None:
    loaded = schemas.DEREGISTRATION.load(
        {
            **MINIMAL,
            "user": "joe",
            "$where": "1",
            "mobileClient": {**MINIMAL["mobileClient"], "version": "1.0", "bundle": 1},
        }
    )
    assert set(loaded) == {"token", "mobile_client"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"notificationToken": None}, "notificationToken"),
        ({"notificationToken": ""}, "notificationToken"),
        ({"notificationToken": 7}, "notificationToken"),
        ({"notificationToken": {"$ne": ""}}, "notificationToken"),
        ({"notificationToken": "x" * 4097}, "notificationToken"),
        ({"notificationProvider": "apns"}, "notificationProvider"),
        ({"notificationProvider": "MQTT"}, "notificationProvider"),
        ({"notificationProvider": None}, "notificationProvider"),
        ({"mobileClient": None}, "mobileClient"),
        ({"mobileClient": []}, "mobileClient"),
        ({"mobileClient": {"platform": "IOS"}}, "mobileClient"),
        ({"mobileClient": {"id": "my.app.id"}}, "mobileClient"),
        ({"mobileClient": {"id": "my.app.id", "platform": "ios"}}, "mobileClient"),
        ({"mobileClient": {"id": "", "platform": "IOS"}}, "mobileClient"),
    ],
)
def test_what_is_missing_or_malformed_is_refused(change: dict[str, Any], path: str) -> None:
    for schema in (schemas.REGISTRATION, schemas.DEREGISTRATION):
        with pytest.raises(ValidationError) as refused:
            schema.load({**MINIMAL, **change})
        assert list(refused.value.messages) == [path]


@pytest.mark.parametrize("name", ["notificationToken", "mobileClient"])
def test_a_required_property_is_required(name: str) -> None:
    with pytest.raises(ValidationError):
        schemas.REGISTRATION.load({key: value for key, value in MINIMAL.items() if key != name})


def test_an_answer_shows_what_is_known() -> None:
    client = {
        "runtime": "myruntime",
        "digest": "abc",
        "device": "myruntime/d1",
        "id": "id-1",
        "token": "t",
        "client_id": "my.app.id",
        "platform": "IOS",
        "provider": "APNS",
        "modified_on": datetime(2026, 3, 1, 12, 9, 33, 281_000, tzinfo=UTC),
    }
    shown = {
        "id": "id-1",
        "notificationToken": "t",
        "notificationProvider": "APNS",
        "mobileClient": {"id": "my.app.id", "platform": "IOS"},
        "modifiedOn": "2026-03-01T12:09:33.281Z",
    }
    assert schemas.CLIENT.dump(client) == shown
    assert schemas.CLIENT.dump({**client, "user": "joe", "version": "1.0"}) == {
        **shown,
        "user": "joe",
        "mobileClient": {"id": "my.app.id", "version": "1.0", "platform": "IOS"},
    }


def test_a_time_on_the_second_still_shows_milliseconds() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    client = {"client_id": "a", "platform": "IOS", "modified_on": noon}
    assert schemas.CLIENT.dump(client)["modifiedOn"] == "2026-03-01T12:00:00.000Z"
