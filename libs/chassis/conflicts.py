"""Key conflicts: a write refused because another document holds a key that must be unique."""

import re
from collections.abc import Mapping
from typing import Any

_INDEX_NAME = re.compile(r"index: (\S+)")


class KeyConflict(Exception):
    """Another document holds a key that must be unique: the index's name and the key's fields and values."""

    def __init__(self, index: str, key: Mapping[str, Any]) -> None:
        super().__init__(f"another document holds the key of {index}")
        self.index = index
        self.key = key


def conflict_of(error: Mapping[str, Any]) -> KeyConflict:
    """What MongoDB says in one error 11000 of a bulk write. The index's name stands in its text only."""
    match = _INDEX_NAME.search(error.get("errmsg", ""))
    return KeyConflict(match[1] if match else "", error.get("keyValue", {}))
