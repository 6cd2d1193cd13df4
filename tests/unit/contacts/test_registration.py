from typing import Any

import pytest

from contacts import errors, model
from tests.unit.contacts.builders import a_catalogue, a_contact, a_list, a_registration

DIGEST_KEY = bytes(32)


def test_who_may_write_may_read_and_nobody_else() -> None:
    assert model.may({"contacts:write:3"}, "read", 3)
    assert model.may({"contacts:read:3"}, "read", 3)
    assert not model.may({"contacts:read:3"}, "write", 3)
    assert not model.may({"contacts:write:33", "contacts:write", "*"}, "read", 3)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"list_id": 4}, errors.ListIdMismatch),
        ({"values": {"email": "x"}}, errors.FieldUnknown),
        ({"custom_events": ("SendNothing",)}, errors.CustomEventUnknown),
        ({"match": ("Phone",)}, errors.MatchUnknown),
        ({"match": ("Email",), "contact_id": "x"}, errors.MatchAmbiguous),
        ({"device_id": None, "old_device_id": "d0"}, errors.OldDeviceIdAlone),
    ],
)
def test_a_registration_that_cannot_be_meant_is_refused(
    changes: dict[str, Any], error: type[errors.InvalidParameters]
) -> None:
    with pytest.raises(error) as refused:
        model.check(a_list(), a_registration(**changes))
    assert refused.value.status == 417


def test_a_registration_may_name_its_own_list() -> None:
    model.check(a_list(), a_registration(list_id=3, custom_events=("SendWelcomeEmail",), match=("Email",)))


def test_one_device_named_twice_is_one_device() -> None:
    assert a_registration("d1", old_device_id="d1").device_ids == ("d1",)
    assert a_registration("d1", old_device_id="d0").device_ids == ("d1", "d0")


def test_without_match_nothing_is_matched() -> None:
    assert model.match_of(a_list(), a_registration()) is None


def matched(contact: model.Contact, **registration: Any) -> bool:
    match = model.match_of(a_list(), a_registration(**registration))
    assert match is not None
    return match.finds(contact["match_keys"])


def test_a_match_finds_the_contact_with_all_of_its_values() -> None:
    contact = a_contact(values={"Email": "a@x", "ReferanceAccountId": 123456})
    both = ("ReferanceAccountId", "Email")
    assert matched(contact, match=both, values={"Email": "a@x", "ReferanceAccountId": 123456})
    assert matched(contact, match=both, match_values={"Email": "a@x", "ReferanceAccountId": "123456"})
    assert not matched(contact, match=both, values={"Email": "b@x", "ReferanceAccountId": 123456})
    assert not matched(contact, match=("Email",), values={"Email": "A@x"})


def test_a_value_of_another_field_or_list_is_no_match() -> None:
    contact = a_contact(values={"Email": "x"})
    assert not matched(contact, match=("Born",), values={"Born": "x"})
    other_list = a_catalogue(id=4).contact_lists[4]
    elsewhere = model.write_values(None, other_list, {"Email": "x"}, contact["created_at"])
    assert not matched(elsewhere, match=("Email",), values={"Email": "x"})


@pytest.mark.parametrize("value", [None, "", {}, []])
def test_a_match_on_nothing_is_refused(value: Any) -> None:
    with pytest.raises(errors.MatchValueMissing):
        model.match_of(a_list(), a_registration(match=("Email",), values={"Email": value}))


def test_a_match_property_missing_from_the_body_is_refused() -> None:
    with pytest.raises(errors.MatchValueMissing, match="Email"):
        model.match_of(a_list(), a_registration(match=("Email", "Score"), values={"Score": 1}))


def test_a_patch_matches_on_its_query_and_not_on_its_body() -> None:
    with pytest.raises(errors.MatchValueMissing):
        model.match_of(a_list(), a_registration(match=("Email",), match_values={}, values={"Email": "a@x"}))


def test_a_patch_that_changes_what_it_matches_finds_the_contact_again() -> None:
    changing = {"match": ("Email",), "match_values": {"Email": "old@x"}, "values": {"Email": "new@x"}}
    assert matched(a_contact(values={"Email": "old@x"}), **changing)
    assert matched(a_contact(values={"Email": "new@x"}), **changing)


def test_a_new_contact_gets_the_values_of_the_query_in_their_fields_types_and_the_bodys_over_them() -> None:
    match = model.match_of(
        a_list(),
        a_registration(
            match=("ReferanceAccountId", "Email"),
            match_values={"ReferanceAccountId": "7", "Email": "old@x"},
            values={"Email": "new@x"},
        ),
    )
    assert match is not None
    assert match.values == {"ReferanceAccountId": 7, "Email": "new@x"}


def test_two_calls_at_once_insert_under_the_same_id_whatever_the_order_of_their_names() -> None:
    values = {"Email": "a@x", "Score": 1}
    one = model.match_of(a_list(), a_registration(match=("Email", "Score"), values=values))
    other = model.match_of(a_list(), a_registration(match=("Score", "Email"), values={**values, "Born": "x"}))
    assert one is not None
    assert other is not None
    first = model.matched_contact_id(DIGEST_KEY, one, 0)
    assert first == model.matched_contact_id(DIGEST_KEY, other, 0)
    assert len({first, model.matched_contact_id(DIGEST_KEY, one, 1), model.matched_contact_id(b"\1" * 32, one, 0)}) == 3
