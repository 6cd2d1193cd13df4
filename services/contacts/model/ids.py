"""EncContactIds: what a contact is called outside."""

import base64
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from contacts.errors import ContactIdInvalid


class ContactIds:
    """AES-SIV under the first key, so one contact has one id and the list in it cannot be exchanged.

    In base64url: the length of the key's id, that id, the list's id in 8 bytes, the sealed contact id.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {key_id.encode(): AESSIV(key) for key_id, key in keys.items()}
        self._current = next(iter(self._keys))

    def seal(self, list_id: int, contact_id: str) -> str:
        """The EncContactId of a contact, whose own id is hexadecimal."""
        number = list_id.to_bytes(8, "big")
        sealed = self._keys[self._current].encrypt(bytes.fromhex(contact_id), [number])
        return _encoded(bytes([len(self._current)]) + self._current + number + sealed)

    def open(self, text: str) -> tuple[int, str]:
        """The list and the contact that an EncContactId names. Raises ContactIdInvalid if we never made it."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            key_id, rest = raw[1 : raw[0] + 1], raw[raw[0] + 1 :]
            contact_id = self._keys[key_id].decrypt(rest[8:], [rest[:8]]).hex()
        except (ValueError, IndexError, KeyError, InvalidTag):
            raise ContactIdInvalid from None
        if _encoded(raw) != text:  # the decoder passes over padding and over bits that stand for nothing
            raise ContactIdInvalid
        return int.from_bytes(rest[:8], "big"), contact_id


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
