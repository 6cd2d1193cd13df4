"""Profile: what the four services know of a device, read by their own stores. Tokens stay where they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import device_admin.store
import mobile_platform.store
import push_registry.store
from contacts import model as contact_model
from contacts.model import ContactIds
from contacts.store import ContactStore, contact_id_of
from device_admin.model.device import REMOVED, DeviceState
from device_admin.model.transaction import TransactionState, cascade
from device_events import BLOCKING
from mobile_platform.model import Client, is_registered
from push_registry.model import Device, Registration, token_digests
from rollcall.services import CONTACTS, DEVICE_ADMIN, MOBILE_PLATFORM, PUSH_REGISTRY
from rollcall.settings import ContactSettings
from rollcall.sightings import iso
from rollcall.workbench import Collections, reading_only

_DIGEST = 8  # characters, enough to tell one from another


@dataclass(frozen=True, slots=True)
class Profiler:
    """Reads what is known of one device. `values`: phone numbers and the values of contacts, too."""

    settings: ContactSettings
    found: Collections
    device: Device
    values: bool = False

    async def profile(self) -> dict[str, dict[str, Any] | None]:
        """By service, JSON-plain; None where it has never known the device. Raises Unavailable."""
        return {
            DEVICE_ADMIN.name: await self._device_admin(),
            PUSH_REGISTRY.name: await self._push_registry(),
            MOBILE_PLATFORM.name: await self._mobile_platform(),
            CONTACTS.name: await self._contacts(),
        }

    async def _device_admin(self) -> dict[str, Any] | None:
        store = device_admin.store.Store(reading_only(self.found[DEVICE_ADMIN.name]))
        state = await store.device(self.device.key)
        if state is None:
            return None
        ids = sorted((one["id"] for one in state["transactions"]), reverse=True)
        transactions = [await store.transaction(self.device.runtime, str(id)) for id in ids]
        return {**_device(state), "transactions": [_transaction(one) for one in transactions if one]}

    async def _push_registry(self) -> dict[str, Any] | None:
        state = await self._push_state()
        if state is None:
            return None
        kept = len(token_digests(state)) if state.get("status") in BLOCKING else 0
        return {
            **_status(state.get("status"), state.get("status_sequence")),
            "registrations": [self._registration(one) for one in state.get("registrations", [])],
            "reservedTokens": kept,
        }

    async def _push_state(self) -> Any:
        return await push_registry.store.Store(reading_only(self.found[PUSH_REGISTRY.name])).read(self.device)

    def _registration(self, one: Registration) -> dict[str, Any]:
        return _plain(
            application=one["application"],
            platform=one["platform"],
            userId=one["user_id"],
            phoneNumber=one.get("phone_number") if self.values else None,
            tokenDigest=_short(one.get("token_digest")),
            created=one["created"],
            updated=one["updated"],
            seen=one.get("seen"),
        )

    async def _mobile_platform(self) -> dict[str, Any] | None:
        store = mobile_platform.store.Store(reading_only(self.found[MOBILE_PLATFORM.name]))
        block = (await store.read_blocks([self.device.key])).get(self.device.key)
        clients = {client.id: client.existing for client in await store.clients_of(self.device.key) if client.state}
        # Those that named no device, and use one of its tokens.
        for digest in token_digests(await self._push_state()):
            for client in await store.registered_with(self.device.runtime, digest):
                if client.existing.get("device", self.device.key) == self.device.key:
                    clients[client.id] = client.existing
        if block is None and not clients:
            return None
        return {
            **_status((block or {}).get("status"), (block or {}).get("sequence")),
            "clients": [_client(one) for one in clients.values()],
        }

    async def _contacts(self) -> dict[str, Any] | None:
        store = ContactStore(reading_only(self.found[CONTACTS.name]))
        block = (await store.blocks([self.device.key])).get(self.device.key)
        keys = [
            contact_model.device_key(one.id, self.device.device_id)
            for one in self.settings.catalogue.lists_of(self.device.runtime)
        ]
        holders = await store.holding(keys) if keys else []
        if block is None and not holders:
            return None
        return {
            **_status((block or {}).get("status"), (block or {}).get("statussequence")),
            "contacts": [self._contact(holder.id, holder.existing) for holder in holders],
        }

    def _contact(self, id: str, contact: contact_model.Contact) -> dict[str, Any]:
        held = contact_model.device_of(contact, self.device.device_id) or {}
        list_id = contact["list_id"]
        ids = ContactIds(self.settings.contact_id_keys)
        return _plain(
            listId=list_id,
            encContactId=ids.seal(list_id, contact_id_of(id)),
            status=held.get("status"),
            customEventsTriggered=held.get("triggered"),
            registered=held.get("registered_at"),
            values=contact_model.values_of(contact) if self.values else None,
        )


def _device(state: DeviceState) -> dict[str, Any]:
    disabled = state.get("disabled", [])
    applications = [{**held, "disabled": True} if held["id"] in disabled else held for held in state["applications"]]
    return _plain(
        status=state["status"],
        statusTime=state["status_time"],
        lastAccessed=state["last_accessed"],
        removed=state.get("removed") if state["kind"] == REMOVED else None,
        name=state["name"] or None,
        model=state["model"] or None,
        platform=state["platform"] or None,
        users=state["users"],
        applications=applications,
    )


def _transaction(state: TransactionState) -> dict[str, Any]:
    parts = [
        _plain(service=part.service, applied=part.applied, effects=dict(part.effects), milliseconds=part.milliseconds)
        for part in cascade(state)
    ]
    return _plain(
        id=state["id"],
        type=state["type"],
        application=state.get("application"),
        to=state["device_status"],
        status=state["status"],
        user=state["user"],
        created=state["created"],
        services=parts,
    )


def _client(client: Client) -> dict[str, Any]:
    released: Any = client.get("released")
    return _plain(
        backend=client["backend"],
        registered=is_registered(client),
        clientId=client.get("client_id"),
        platform=client.get("platform"),
        provider=client.get("provider"),
        user=client.get("user"),
        tokenDigest=_short(client["digest"]),
        modified=client.get("modified_on"),
        takenAwayBy=released["sequence"] if released else None,
    )


def _status(status: str | None, sequence: int | None) -> dict[str, Any]:
    """A service keeps no status of a device that was only ever ACTIVE."""
    return _plain(blocked=status in BLOCKING, status=status, statusSequence=sequence)


def _short(digest: str | None) -> str | None:
    return digest[:_DIGEST] if digest else None


def _plain(**values: Any) -> dict[str, Any]:
    plain: Mapping[str, Any] = {name: iso(one) if isinstance(one, datetime) else one for name, one in values.items()}
    return {name: one for name, one in plain.items() if one is not None}
