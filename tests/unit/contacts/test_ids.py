import base64
import secrets

import pytest

from contacts.errors import ContactIdInvalid
from contacts.model import ContactIds

KEYS = {"k1": bytes(64)}
CONTACT = "00112233445566778899aabbccddeeff"


def test_an_id_comes_back_with_its_list() -> None:
    ids = ContactIds(KEYS)
    assert ids.open(ids.seal(3, CONTACT)) == (3, CONTACT)


def test_a_contact_always_has_the_same_id_and_shows_nothing_of_its_own() -> None:
    sealed = ContactIds(KEYS).seal(3, CONTACT)
    assert sealed == ContactIds(KEYS).seal(3, CONTACT)
    assert bytes.fromhex(CONTACT) not in base64.urlsafe_b64decode(sealed + "==")
    assert sealed.isascii()
    assert set(sealed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_another_list_makes_another_id() -> None:
    ids = ContactIds(KEYS)
    assert ids.seal(3, CONTACT)[-40:] != ids.seal(4, CONTACT)[-40:]


def test_an_id_with_any_byte_changed_is_refused() -> None:
    ids = ContactIds(KEYS)
    raw = base64.urlsafe_b64decode(ids.seal(3, CONTACT) + "==")
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        with pytest.raises(ContactIdInvalid):
            ids.open(base64.urlsafe_b64encode(changed).decode())


def test_an_id_under_an_older_key_is_read_and_new_ones_use_the_first() -> None:
    old, new = secrets.token_bytes(64), secrets.token_bytes(64)
    rotated = ContactIds({"k2": new, "k1": old})
    assert rotated.open(ContactIds({"k1": old}).seal(3, CONTACT)) == (3, CONTACT)
    assert rotated.seal(3, CONTACT) == ContactIds({"k2": new}).seal(3, CONTACT)


@pytest.mark.parametrize("text", ["", "x", "\u00e9", "a b", "Amsx", "===", "AmsxAAAAAAAAAAM", "A" * 5000])
def test_what_we_never_made_is_refused(text: str) -> None:
    with pytest.raises(ContactIdInvalid):
        ContactIds(KEYS).open(text)


def test_another_services_keys_do_not_open_it() -> None:
    with pytest.raises(ContactIdInvalid):
        ContactIds({"k1": b"\1" * 64}).open(ContactIds(KEYS).seal(3, CONTACT))
