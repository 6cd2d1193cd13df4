"""What the use cases need."""

from dataclasses import dataclass

from contacts.events import Subject
from contacts.model import ContactIds
from contacts.settings import ContactList, Settings
from contacts.store import ContactStore, contact_id_of


@dataclass(frozen=True, slots=True)
class Resources:
    """One of each, made when the service starts."""

    store: ContactStore
    settings: Settings
    contact_ids: ContactIds

    def subject(self, contact_list: ContactList, key: str) -> Subject:
        """A contact, given by its document's id, as events name it."""
        return Subject(contact_list, self.contact_ids.seal(contact_list.id, contact_id_of(key)))
