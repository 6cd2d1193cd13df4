"""Selection: which events a consumer wants - by type, by runtime, by application."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The runtimes and applications wanted; None means any.

    An application is one that the payload names, as `applicationId` or as a mobile client's `clientId`. An event that
    names none, such as a change of status, is not one of any application.
    """

    runtimes: Collection[str] | None = None
    applications: Collection[str] | None = None

    @property
    def takes_all(self) -> bool:
        """Whether nothing is left out."""
        return self.runtimes is None and self.applications is None

    def takes(self, payload: Mapping[str, Any]) -> bool:
        """Whether an event with this payload is wanted."""
        if self.runtimes is not None and payload["runtime"] not in self.runtimes:
            return False
        if self.applications is None:
            return True
        return (payload.get("applicationId") or payload.get("clientId")) in self.applications
