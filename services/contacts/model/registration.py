"""A registration: what a caller asks for, whether it may, and which contacts its match looks for."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contacts import errors
from contacts.settings import ContactList

MAX_MATCHED = 100  # contacts that one call may update


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A command. `match_values` are those of the query; None means that the contact's own are matched on."""

    values: Mapping[str, Any]
    contact_id: str | None = None
    list_id: int | None = None
    device_id: str | None = None
    device_type: int | None = None
    old_device_id: str | None = None
    match: tuple[str, ...] = ()
    match_values: Mapping[str, str] | None = None
    custom_events: tuple[str, ...] = ()

    @property
    def device_ids(self) -> tuple[str, ...]:
        """The ids that this call names its device by, the present one first."""
        return tuple(dict.fromkeys(one for one in (self.device_id, self.old_device_id) if one))


@dataclass(frozen=True, slots=True)
class Match:
    """What to look for: the matched properties as they are before this call's changes, and as they are after them.

    `values` are what a new contact gets, so that the same call finds it the next time.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    values: Mapping[str, Any]

    def finds(self, match_keys: Iterable[str]) -> bool:
        """A contact that the same call has already changed is found by what it is after it: repeats are safe."""
        keys = set(match_keys)
        return keys.issuperset(self.before) or keys.issuperset(self.after)


def may(roles: Iterable[str], action: str, list_id: int, *, also: Iterable[str] = ()) -> bool:
    """Whether these roles allow to "read" or "write" this list; who may write may read.

    `also` are the roles that the catalogue names for it besides the two that every list has.
    """
    sufficient = {f"contacts:write:{list_id}", f"contacts:{action}:{list_id}", *also}
    return not sufficient.isdisjoint(roles)


def check(contact_list: ContactList, registration: Registration) -> None:
    """Refuse what is wrong with a registration whatever contacts there are."""
    if registration.list_id not in (None, contact_list.id):
        raise errors.ListIdMismatch(list_id=registration.list_id)
    _require_known(registration.values, contact_list.fields, errors.FieldUnknown)
    _require_known(registration.custom_events, contact_list.custom_events, errors.CustomEventUnknown)
    _require_known(registration.match, contact_list.fields, errors.MatchUnknown)
    if registration.match and registration.contact_id:
        raise errors.MatchAmbiguous
    if registration.old_device_id and not registration.device_id:
        raise errors.OldDeviceIdAlone


def match_of(contact_list: ContactList, registration: Registration) -> Match | None:
    """What the registration matches on; None if on nothing."""
    if not registration.match:
        return None
    given = registration.values
    if registration.match_values is not None:
        given = {name: contact_list.fields[name].from_text(text) for name, text in registration.match_values.items()}
    before = {name: match_key(contact_list, name, given.get(name)) for name in registration.match}
    after = {name: match_key(contact_list, name, registration.values.get(name)) for name in registration.match}
    if missing := sorted(name for name, key in before.items() if key is None):
        raise errors.MatchValueMissing(names=", ".join(missing))
    return Match(
        before=tuple(sorted(key for key in before.values() if key)),
        after=tuple(sorted(after[name] or key for name, key in before.items() if key)),
        values={**given, **registration.values},
    )


def match_key(contact_list: ContactList, name: str, value: Any) -> str | None:
    """A digest of list, field and value, the same for equal values; None for a value that nothing can match."""
    text = contact_list.fields[name].match_text(value)
    if text is None:
        return None
    digest = hashlib.sha256(json.dumps([contact_list.id, name, text]).encode()).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def matched_contact_id(key: bytes, match: Match, number: int) -> str:
    """The id of the contact that this match inserts: the same for two calls at once, so that they make one contact.

    `number` counts the contacts that earlier such calls inserted and that have other values by now.
    """
    return hmac.digest(key, json.dumps([match.after, number]).encode(), "sha256")[:16].hex()


def _require_known(names: Iterable[str], known: Iterable[str], error: type[errors.InvalidParameters]) -> None:
    if unknown := sorted(set(names) - set(known)):
        raise error(names=", ".join(unknown))
