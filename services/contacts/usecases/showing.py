"""Contact lists and contacts, for those who may see them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from contacts import errors, model
from contacts.model import View
from contacts.settings import ContactList
from contacts.store import contact_key
from contacts.usecases.resources import Resources


@dataclass(frozen=True, slots=True)
class ListView:
    """A contact list as the API shows it."""

    id: int
    name: str
    count: int


def find_list(resources: Resources, list_id: int, roles: Iterable[str], action: str) -> ContactList:
    """A contact list that a user with these roles may "read" or "write"."""
    contact_list = resources.settings.catalogue.contact_lists.get(list_id)
    if contact_list is None:
        raise errors.ContactListNotFound(list_id=list_id)
    if not _may(roles, action, contact_list):
        raise errors.NotPermitted
    return contact_list


async def lists(resources: Resources, roles: Iterable[str]) -> list[ListView]:
    """The contact lists that a user with these roles may read."""
    granted = frozenset(roles)
    known = resources.settings.catalogue.contact_lists.values()
    shown = (view_list(resources, one) for one in known if _may(granted, "read", one))
    return await asyncio.gather(*shown)


async def view_list(resources: Resources, contact_list: ContactList) -> ListView:
    """One contact list with the number of its contacts."""
    return ListView(contact_list.id, contact_list.name, await resources.store.count(contact_list.id))


async def find_contact(resources: Resources, enc_contact_id: str, roles: Iterable[str]) -> View:
    """A contact of any list that a user with these roles may read."""
    try:
        list_id, contact_id = resources.contact_ids.open(enc_contact_id)
        contact_list = find_list(resources, list_id, roles, "read")
    except (errors.ContactIdInvalid, errors.ContactListNotFound):
        raise errors.ContactNotFound from None
    key = contact_key(list_id, contact_id)
    found = await resources.store.read(key)
    if found is None or found.state is None:
        raise errors.ContactNotFound
    return model.view(found.state, contact_list, resources.subject(contact_list, key).enc_contact_id)


def _may(roles: Iterable[str], action: str, contact_list: ContactList) -> bool:
    return model.may(roles, action, contact_list.id, also=contact_list.roles_that(action))
