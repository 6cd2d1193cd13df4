"""Who may use a list, and ids that only look like one that was given out."""

import pytest

from contacts import model
from contacts.errors import ContactIdInvalid
from contacts.model import ContactIds
from contacts.settings import Field
from tests.unit.contacts.builders import a_list

CONTACT_ID = "0123456789abcdef" * 2


def test_a_list_names_roles_besides_its_own_two() -> None:
    one = a_list(readers=["r"], writers=["w"])
    assert model.may({"w"}, "write", 3, also=one.roles_that("write"))
    assert model.may({"w"}, "read", 3, also=one.roles_that("read"))
    assert model.may({"r"}, "read", 3, also=one.roles_that("read"))
    assert not model.may({"r"}, "write", 3, also=one.roles_that("write"))
    assert model.may({"contacts:write:3"}, "write", 3, also=one.roles_that("write"))
    assert a_list().roles_that("write") == ()


@pytest.mark.parametrize("key_id", ["k", "k1", "k12"])
def test_an_id_has_one_form_only(key_id: str) -> None:
    ids = ContactIds({key_id: b"1" * 64})
    right = ids.seal(3, CONTACT_ID)
    assert ids.open(right) == (3, CONTACT_ID)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = {right[:-1] + letter for letter in alphabet} - {right}
    for text in (*others, right + "=", right + "==", right + "===="):
        with pytest.raises(ContactIdInvalid):
            ids.open(text)


def test_a_number_beyond_a_double_stays_a_text() -> None:
    assert Field(id=1, name="F", type="number").from_text("1e400") == "1e400"
