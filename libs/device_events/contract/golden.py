"""The golden record of each event type: the bytes of one event as they were first published, read for ever."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_events.envelope import Headers

GOLDEN = Path(__file__).parents[1] / "schemas" / "golden"


@dataclass(frozen=True, slots=True)
class GoldenRecord:
    """A Kafka record as text: the value is exact to the byte, the order of the headers says nothing."""

    key: str
    headers: dict[str, str]
    value: str

    @property
    def payload(self) -> Any:
        """The value as JSON."""
        return json.loads(self.value)

    def parts(self) -> tuple[bytes, bytes, Headers]:
        """Key, value and headers as they are on Kafka."""
        return self.key.encode(), self.value.encode(), [(name, text.encode()) for name, text in self.headers.items()]


def golden_record(type_: str) -> GoldenRecord:
    """The record of one event type. Raises FileNotFoundError for a type without one."""
    return GoldenRecord(**json.loads((GOLDEN / f"{type_}.json").read_text(encoding="utf-8")))
