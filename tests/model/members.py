"""The four services without HTTP and Kafka: their collections, use cases and reactions, as their wiring puts them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import IndexModel

import contacts.reactions
import contacts.store
import contacts.usecases
import device_admin.reactions
import device_admin.store
import device_admin.usecases
import mobile_platform.reactions
import mobile_platform.store
import mobile_platform.usecases
import push_registry.reactions
import push_registry.store
import push_registry.usecases
from chassis.aggregates import AggregateStore
from chassis.logins import Logins
from chassis.passwords import PasswordVerifier
from contacts.model import ContactIds
from device_events import Event, catalog
from tests.model import fleet

Reactions = Mapping[str, Callable[[Any, Event], Awaitable[None]]]


@dataclass(frozen=True, kw_only=True, repr=False)
class Member:
    """One service, as its `app` describes it. `resources` makes what its use cases need, over one replica's store."""

    source: str
    collection: str
    indexes: Sequence[IndexModel]
    topics: Sequence[str]
    reactions: Reactions
    resources: Callable[[AggregateStore], Any]
    keep_latest: bool = False

    def __repr__(self) -> str:
        return self.collection


def _admin(aggregates: AggregateStore) -> device_admin.usecases.Resources:
    return device_admin.usecases.Resources(
        store=device_admin.store.Store(aggregates),
        settings=fleet.ADMIN,
        logins=Logins(_PASSWORDS, fleet.ADMIN.logins),
        now=aggregates.clock.now,
        consumer_lags=lambda: False,
    )


_PASSWORDS = PasswordVerifier()
PUSH = Member(
    source=catalog.PUSH_REGISTRY,
    collection="push_devices",
    indexes=push_registry.store.INDEXES,
    topics=(catalog.DEVICE_STATUS_TOPIC,),
    reactions=push_registry.reactions.REACTIONS,
    resources=lambda aggregates: push_registry.usecases.Resources(push_registry.store.Store(aggregates), fleet.PUSH),
)
ADMIN = Member(
    source=catalog.DEVICE_ADMIN,
    collection="device_admin",
    indexes=device_admin.store.INDEXES,
    topics=(catalog.PUSH_TOPIC, catalog.MOBILE_TOPIC, catalog.CONTACTS_TOPIC),
    reactions=device_admin.reactions.REACTIONS,
    resources=_admin,
    keep_latest=True,
)
CONTACTS = Member(
    source=catalog.CONTACTS,
    collection="contacts",
    indexes=contacts.store.INDEXES,
    topics=(catalog.DEVICE_STATUS_TOPIC, catalog.CONTACTS_TOPIC),
    reactions=contacts.reactions.REACTIONS,
    resources=lambda aggregates: contacts.usecases.Resources(
        contacts.store.ContactStore(aggregates), fleet.CONTACTS, ContactIds(fleet.CONTACTS.enc_contact_id_keys)
    ),
)
MOBILE = Member(
    source=catalog.MOBILE_PLATFORM,
    collection="mobile_clients",
    indexes=mobile_platform.store.INDEXES,
    topics=(catalog.DEVICE_STATUS_TOPIC, catalog.PUSH_TOPIC, catalog.MOBILE_TOPIC),
    reactions=mobile_platform.reactions.REACTIONS,
    resources=lambda aggregates: mobile_platform.usecases.Resources(
        mobile_platform.store.Store(aggregates), fleet.MOBILE.catalogue, fleet.DIGEST
    ),
)
MEMBERS = (ADMIN, PUSH, MOBILE, CONTACTS)
