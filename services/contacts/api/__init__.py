"""The operations over HTTP: one handler each."""

from contacts.api import reading, registering
from contacts.api.calls import RESOURCES, routes

__all__ = ["RESOURCES", "reading", "registering", "routes"]
