"""What this service can do: show lists and contacts, register devices, follow devices' statuses, erase."""

from contacts.usecases.erasing import erase_contact, erase_device
from contacts.usecases.registering import recheck_registration, register_device
from contacts.usecases.resources import Resources
from contacts.usecases.showing import ListView, find_contact, find_list, lists, view_list
from contacts.usecases.statuses import apply_status

__all__ = [
    "ListView",
    "Resources",
    "apply_status",
    "erase_contact",
    "erase_device",
    "find_contact",
    "find_list",
    "lists",
    "recheck_registration",
    "register_device",
    "view_list",
]
