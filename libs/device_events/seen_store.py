"""SeenStore: where the repeat filter's memory survives a restart, and is shared by the members of a group."""

from collections.abc import Collection, Mapping
from typing import Protocol

Name = tuple[str, bytes]  # a topic, and what its events are told apart by: the device, or the event's id


class SeenStore(Protocol):
    """Keeps, of each group, the sequence of each name. A name is a topic and a device's subject, or an event's id.

    Both methods raise what they like when the store is away: reading is then tried again after a second, and offsets
    are committed only after what was handled is kept.
    """

    async def load(self, group: str, names: Collection[Name]) -> Mapping[Name, int]:
        """The sequences of those names that are known; at most a few hundred are asked for at once."""
        ...

    async def save(self, group: str, sequences: Mapping[Name, int]) -> None:
        """Keep these for good, but never a lower sequence than the one that is kept."""
        ...
