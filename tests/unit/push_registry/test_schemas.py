"""What the bodies and the list's filters may be, and how a registration is shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from chassis.errors import InvalidQuery
from push_registry import schemas
from push_registry.model import Registration

MOMENT = datetime(2015, 5, 20, 11, 42, 11, 999_000, tzinfo=UTC)
REGISTRATION: Registration = {
    "application": "myapp",
    "platform": "A",
    "user_id": "admin",
    "phone_number": "123456789",
    "user_agent": "an app",
    "token": "xyz",
    "token_digest": "digest",
    "created": MOMENT,
    "updated": MOMENT + timedelta(seconds=1),
    "seen": "2015-05-20",
}


def test_a_registration_is_shown_as_printed_and_nothing_more() -> None:
    shown = schemas.registration_body("12345-6789", REGISTRATION)
    assert shown == {
        "createdMode": "API",
        "createdTime": "2015-05-20T11:42:11Z",
        "deviceId": "12345-6789",
        "lastUpdatedTime": "2015-05-20T11:42:12Z",
        "phoneNumber": "123456789",
        "platform": "A",
        "token": "xyz",
        "userId": "admin",
    }
    schemas.RegistrationBody().load(shown)
    assert schemas.registration_body("d", REGISTRATION, with_agent=True)["userAgent"] == "an app"


def test_what_a_registration_does_not_have_is_left_out() -> None:
    bare: Registration = {**REGISTRATION, "phone_number": None, "user_agent": None}
    bare.pop("token")
    shown = schemas.registration_body("d", bare, with_agent=True)
    assert set(shown) == {"createdMode", "createdTime", "deviceId", "lastUpdatedTime", "platform", "userId"}


def test_a_row_is_short_unless_it_is_expanded() -> None:
    assert set(schemas.row_body("d", REGISTRATION, expand=False)) == {
        *("deviceId", "userId", "platform", "phoneNumber", "token")
    }
    assert schemas.row_body("d", REGISTRATION, expand=True) == schemas.registration_body("d", REGISTRATION)


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        ([], []),
        (["platform==A"], [{"A"}]),
        (["platform==A,platform==G"], [{"A", "G"}]),
        (["platform==A", "platform==G"], [{"A"}, {"G"}]),
        ([r"platform==a\,b"], [{"a,b"}]),
        ([r"platform==a\\b"], [{r"a\b"}]),
        (["platform=="], [{""}]),
    ],
)
def test_filters_are_read_as_and_of_or(filters: list[str], chosen: list[set[str]]) -> None:
    assert schemas.platform_filters(filters) == chosen


@pytest.mark.parametrize("filter", ["", "platform", "platform=A", "platform=@A", "userId==a", "platform==A,", "=="])
def test_another_filter_is_refused(filter: str) -> None:
    with pytest.raises(InvalidQuery):
        schemas.platform_filters([filter])


@pytest.mark.parametrize("schema", [schemas.REGISTER, schemas.UPDATE])
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"userId": "a" * 255}, "userId"),
        ({"userId": 7}, "userId"),
        ({"userId": None}, "userId"),
        ({"phoneNumber": "1" * 65}, "phoneNumber"),
        ({"token": "t" * 4097}, "token"),
        ({"token": {"$gt": ""}}, "token"),
        ({"deviceId": "d" * 255}, "deviceId"),
        ({"deviceId": "a\tb"}, "deviceId"),
        ({"href": "x"}, "href"),
    ],
)
def test_a_wrong_property_is_refused(schema: Any, change: dict[str, Any], name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        schema.load(
            {"deviceId": "d", "token": "t"} | ({"platform": "A"} if schema is schemas.REGISTER else {}) | change
        )
    assert list(refused.value.messages) == [name]


def test_254_characters_of_any_kind_are_a_user_id() -> None:
    for character in "aü語😀":
        assert schemas.UPDATE.load({"userId": character * 254}) == {"userId": character * 254}
