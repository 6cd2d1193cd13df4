"""The administration API and the token endpoint: one handler an operation."""

from device_admin.api import changes, reading, tokens
from device_admin.api.calls import RESOURCES, routes, translator

__all__ = ["RESOURCES", "changes", "reading", "routes", "tokens", "translator"]
