"""What this service decides, by noun: contacts, registrations and what they match, blocks, contact ids. Pure."""

from contacts.model.block import Block, StatusChange, block_key, finish, is_blocked, is_complete, is_outstanding, take
from contacts.model.contact import (
    Contact,
    Device,
    View,
    attach,
    changed_fields,
    detach,
    device_key,
    device_of,
    mark,
    release,
    values_of,
    view,
    withdraw,
    write_values,
)
from contacts.model.ids import ContactIds
from contacts.model.registration import MAX_MATCHED, Match, Registration, check, match_of, matched_contact_id, may

__all__ = [
    "MAX_MATCHED",
    "Block",
    "Contact",
    "ContactIds",
    "Device",
    "Match",
    "Registration",
    "StatusChange",
    "View",
    "attach",
    "block_key",
    "changed_fields",
    "check",
    "detach",
    "device_key",
    "device_of",
    "finish",
    "is_blocked",
    "is_complete",
    "is_outstanding",
    "mark",
    "match_of",
    "matched_contact_id",
    "may",
    "release",
    "take",
    "values_of",
    "view",
    "withdraw",
    "write_values",
]
