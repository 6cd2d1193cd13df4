"""Commands to contacts: registerDevice, in all the ways in which it says whom it means."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from contacts import usecases
from contacts.model import Registration
from device_events import catalog
from tests.model import members
from tests.model.calls import Outcome, Way
from tests.model.fleet import ALERTING, CONTACTS, CUSTOM_EVENTS, DEVICES, EMAILS, INVITING
from tests.model.machine import WAYS, Machine

_DEVICE, _LIST = st.sampled_from(DEVICES), st.sampled_from([ALERTING, INVITING])
_NAMES = st.lists(st.sampled_from(CUSTOM_EVENTS[:2]), unique=True, max_size=2).map(tuple)
_EMAIL = st.sampled_from(EMAILS)


class ContactsRules(Machine):
    """Contacts come, change, and give devices to one another."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._contact_ids: dict[int, list[str]] = {ALERTING: [], INVITING: []}

    @rule(list_id=_LIST, device=_DEVICE, email=_EMAIL, names=_NAMES, way=WAYS)
    def register_matched(self, list_id: int, device: str, email: str, names: tuple[str, ...], way: Way) -> None:
        registration = Registration(
            values={"Email": email}, match=("Email",), device_id=device, custom_events=names, device_type=1
        )
        self._register(list_id, registration, way)

    @rule(list_id=_LIST, device=_DEVICE, old=st.sampled_from([None, *DEVICES]), names=_NAMES, way=WAYS)
    def register_by_device(self, list_id: int, device: str, old: str | None, names: tuple[str, ...], way: Way) -> None:
        registration = Registration(
            values={"FirstName": "you"}, device_id=device, old_device_id=old, custom_events=names
        )
        self._register(list_id, registration, way)

    @rule(list_id=_LIST, which=st.integers(0, 9), device=st.sampled_from([None, *DEVICES]), email=_EMAIL, way=WAYS)
    def register_known(self, list_id: int, which: int, device: str | None, email: str, way: Way) -> None:
        if known := self._contact_ids[list_id]:
            contact_id = known[which % len(known)]
            self._register(list_id, Registration(values={"Email": email}, contact_id=contact_id, device_id=device), way)

    @rule(list_id=_LIST, email=_EMAIL, other=_EMAIL, names=_NAMES, way=WAYS)
    def change_matched(self, list_id: int, email: str, other: str, names: tuple[str, ...], way: Way) -> None:
        registration = Registration(
            values={"Email": other}, match=("Email",), match_values={"Email": email}, custom_events=names
        )
        self._register(list_id, registration, way)

    def _register(self, list_id: int, registration: Registration, way: Way) -> None:
        contact_list = CONTACTS.catalogue.contact_lists[list_id]

        def ended(outcome: Outcome) -> None:
            if outcome.result is None:
                return
            shown = outcome.result.enc_contact_id
            if shown not in self._contact_ids[list_id]:
                self._contact_ids[list_id].append(shown)
            self.world.books.owe_custom_events(name, shown, registration.custom_events)

        name, device = self.name("register-contact"), registration.device_id
        self.call(
            members.CONTACTS,
            "register-contact",
            way,
            name=name,
            do=lambda resources: usecases.register_device(resources, contact_list, registration),
            announces=frozenset({catalog.CONTACT_DEVICE_REGISTERED}) if device else frozenset(),
            # A status may come between the write and the second look, which takes it back.
            despite_refusal=1,
            ended=ended,
        )
