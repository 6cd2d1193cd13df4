"""What the environment may say about a local stack: where it keeps its files, its ports, servers to use instead."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.backends import BackendError

NAMES = ("push-registry", "device-admin", "contacts", "mobile-platform")
FIRST_PORT = 8081


@dataclass(frozen=True, slots=True)
class Options:
    """`mongodb_uri` and `kafka` name servers that run already; without one the stack starts its own."""

    home: Path
    ports: Mapping[str, int]
    mongodb_uri: str | None
    kafka: str | None

    @classmethod
    def from_environment(cls) -> "Options":
        """Raises BackendError with the variable's name if a value cannot be used."""
        text = os.environ.get("ROLLCALL_FIRST_PORT") or str(FIRST_PORT)
        if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 65_536 - len(NAMES):
            raise BackendError(f"ROLLCALL_FIRST_PORT must be a port that {len(NAMES) - 1} others follow, not {text!r}.")
        return cls(
            home=Path(os.environ.get("ROLLCALL_HOME") or ".rollcall").absolute(),
            ports={name: int(text) + n for n, name in enumerate(NAMES)},
            mongodb_uri=os.environ.get("MONGODB_URI") or None,
            kafka=os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
        )
