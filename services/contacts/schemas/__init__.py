"""Request and response bodies, in JSON and in XML, and the query of a registration."""

from contacts.schemas import xml_writing as xml
from contacts.schemas.answers import (
    CONTACT,
    CONTACT_LIST,
    CONTACT_LISTS,
    FIELDS,
    Contact,
    ContactSchemaField,
    ContactsList,
    Error,
)
from contacts.schemas.requests import (
    PATCH_QUERY,
    QUERY,
    REGISTRATION,
    Query,
    RegisterContactDeviceRequest,
)
from contacts.schemas.xml_reading import read_xml

__all__ = [
    "CONTACT",
    "CONTACT_LIST",
    "CONTACT_LISTS",
    "FIELDS",
    "PATCH_QUERY",
    "QUERY",
    "REGISTRATION",
    "Contact",
    "ContactSchemaField",
    "ContactsList",
    "Error",
    "Query",
    "RegisterContactDeviceRequest",
    "read_xml",
    "xml",
]
