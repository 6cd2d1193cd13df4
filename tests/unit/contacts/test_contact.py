from typing import Any

import pytest

from contacts import errors, model
from contacts.model.contact import MAX_DEVICES, MAX_VALUES_BYTES
from tests.unit.contacts.builders import AT, LATER, a_block, a_change, a_contact, a_list, a_registration


def test_a_new_contact_starts_with_the_defaults_of_its_fields() -> None:
    contact = model.write_values(None, a_list(), {"Email": "a@x"}, AT)
    assert model.values_of(contact) == {"Optin": True, "Email": "a@x"}
    assert (contact["list_id"], contact["created_at"], contact["updated_at"]) == (3, AT, AT)


@pytest.mark.parametrize("given", [False, None])
def test_a_value_given_goes_before_the_default_even_if_it_is_null(given: bool | None) -> None:
    assert model.values_of(model.write_values(None, a_list(), {"Optin": given}, AT)) == {"Optin": given}


def test_an_update_keeps_the_values_it_does_not_name_and_adds_no_defaults() -> None:
    contact = model.write_values(a_contact(values={"Email": "a@x", "Optin": None}), a_list(), {"Score": 2}, LATER)
    assert model.values_of(contact) == {"Email": "a@x", "Optin": None, "Score": 2}
    assert (contact["created_at"], contact["updated_at"]) == (AT, LATER)


@pytest.mark.parametrize(
    "value",
    [
        {"$set": {"a.b": 1}, "__proto__": None, "": [1.0, -0.5, "\0"]},
        {"$ref": "a", "$id": 1},
        2**63 - 1,
        1.0,
        "\U0001f600 \u2028",
        [[], {}],
    ],
)
def test_any_json_comes_back_unchanged_under_any_name(value: Any) -> None:
    contact = model.write_values(None, a_list(), {"a.$b.__proto__": value}, AT)
    read = model.values_of(contact)["a.$b.__proto__"]
    assert read == value
    assert type(read) is type(value)


def test_fields_of_a_newer_version_survive_a_write() -> None:
    contact: Any = {**a_contact(), "tags": ["x"]}
    assert model.write_values(contact, a_list(), {"Email": "a@x"}, LATER)["tags"] == ["x"]  # type: ignore[typeddict-item]


def test_values_beyond_the_bound_are_refused() -> None:
    with pytest.raises(errors.ValuesTooLarge):
        model.write_values(None, a_list(), {"Email": "x" * MAX_VALUES_BYTES}, AT)


def test_what_changed_is_named_and_what_only_repeats_is_not() -> None:
    before = a_contact(values={"Email": "a@x", "Score": 1})
    after = model.write_values(before, a_list(), {"Email": "a@x", "Score": 1.0, "Born": "2026-01-01"}, LATER)
    assert model.changed_fields(before, after) == ["Score", "Born"]
    assert model.changed_fields(None, before) == ["Optin", "Email", "Score"]


def test_a_value_that_does_not_fit_is_kept_and_warned_of() -> None:
    contact = a_contact(values={"ReferanceAccountId": "abc", "Score": 1.5})
    shown = model.view(contact, a_list(), "enc")
    assert shown.validation_warnings == ["ReferanceAccountId: the value is no integer"]
    assert shown.values == {"Optin": True, "ReferanceAccountId": "abc", "Score": 1.5}
    assert (shown.enc_contact_id, shown.list_id) == ("enc", 3)


def test_a_value_whose_field_has_left_the_catalogue_is_still_shown() -> None:
    contact = a_contact(values={"Email": "a@x"})
    fewer = a_list(fields=[{"id": 2, "name": "Score"}])
    assert model.view(contact, fewer, "enc").values["Email"] == "a@x"
    assert model.values_of(model.write_values(contact, fewer, {}, LATER))["Email"] == "a@x"


def test_a_device_is_reserved_for_the_contact_in_its_list() -> None:
    contact = a_contact("d1", "d2")
    assert contact["device_keys"] == ["3:d1", "3:d2"]


def test_a_contact_without_devices_has_no_keys_at_all() -> None:
    assert "device_keys" not in a_contact()
    assert "device_keys" not in model.detach(a_contact("d1"), "d1")


def test_registering_again_keeps_the_device_and_its_history() -> None:
    contact = model.attach(a_contact("d1"), a_registration("d1", device_type=2), None, added=9, at=LATER)
    assert contact["devices"] == [{"id": "d1", "added": 1, "registered_at": LATER, "type": 2}]


def test_an_old_device_makes_room_for_its_successor_in_one_step() -> None:
    contact = model.attach(a_contact("d0", "other"), a_registration("d1", old_device_id="d0"), None, added=3, at=LATER)
    assert contact["device_keys"] == ["3:other", "3:d1"]


@pytest.mark.parametrize("named", [{"device_id": "d1"}, {"device_id": "d2", "old_device_id": "d1"}])
def test_a_blocked_device_cannot_be_registered_nor_renamed(named: dict[str, str]) -> None:
    blocked = model.mark(a_contact("d1"), a_change("LOST"), triggers=1)
    assert blocked is not None
    with pytest.raises(errors.DeviceBlocked):
        model.attach(blocked, a_registration(**named), None, added=2, at=LATER)


def test_an_expired_device_can_be_registered() -> None:
    expired = model.mark(a_contact("d1"), a_change("EXPIRED"), triggers=0)
    assert expired is not None
    assert model.attach(expired, a_registration("d1"), None, added=2, at=LATER)["device_keys"] == ["3:d1"]


def test_a_contacts_devices_are_bounded_but_a_change_of_device_is_not() -> None:
    full = a_contact(*(f"d{number}" for number in range(MAX_DEVICES)))
    with pytest.raises(errors.TooManyDevices):
        model.attach(full, a_registration("one-more"), None, added=1, at=LATER)
    model.attach(full, a_registration("one-more", old_device_id="d0"), None, added=1, at=LATER)
    model.attach(full, a_registration("d5"), None, added=1, at=LATER)


def test_a_contact_gives_up_a_device_once_and_never_a_blocked_one() -> None:
    released = model.release(a_contact("d1", "d2"), "d1")
    assert released is not None
    assert released["device_keys"] == ["3:d2"]
    assert model.release(released, "d1") is None
    blocked = model.mark(a_contact("d1"), a_change("STOLEN"), triggers=0)
    assert blocked is not None
    with pytest.raises(errors.DeviceBlocked):
        model.release(blocked, "d1")


def test_a_status_reaches_a_device_once_and_never_backwards() -> None:
    lost = model.mark(a_contact("d1"), a_change("LOST", 5), triggers=1)
    assert lost is not None
    device = model.device_of(lost, "d1")
    assert device is not None
    assert (device["status"], device["statussequence"], device["triggered"]) == ("LOST", 5, 1)
    assert model.mark(lost, a_change("LOST", 5), triggers=1) is None
    assert model.mark(lost, a_change("ACTIVE", 4), triggers=1) is None
    active = model.mark(lost, a_change("ACTIVE", 6), triggers=0)
    assert active is not None
    model.attach(active, a_registration("d1"), None, added=2, at=LATER)


def test_a_status_does_nothing_to_a_contact_without_the_device() -> None:
    assert model.mark(a_contact("d2"), a_change(), triggers=1) is None


def test_a_status_from_before_the_registration_is_not_due_for_it() -> None:
    contact = model.attach(a_contact(), a_registration("d1"), a_block("ACTIVE", 6), added=1, at=AT)
    assert model.mark(contact, a_change("ACTIVE", 6), triggers=1) is None
    assert model.mark(contact, a_change("LOST", 7), triggers=1) is not None


def test_a_blocked_device_is_withdrawn_from_the_registration_that_brought_it() -> None:
    withdrawn = model.withdraw(a_contact("d0", "d1"), "d1", a_block("LOST", 5), added=2)
    assert withdrawn is not None
    assert withdrawn["device_keys"] == ["3:d0"]


def test_a_device_that_another_registration_brought_or_the_status_has_reached_is_not_withdrawn() -> None:
    assert model.withdraw(a_contact("d1"), "d1", a_block("LOST", 5), added=7) is None
    assert model.withdraw(a_contact("d2"), "d1", a_block("LOST", 5), added=1) is None
    reached = model.mark(a_contact("d1"), a_change("LOST", 5), triggers=1)
    assert reached is not None
    assert model.withdraw(reached, "d1", a_block("LOST", 5), added=1) is None
