"""How many bad requests were sent, and what came of them: printed at the end of a run."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of a session."""

    groups: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    server_errors: int = 0

    def record(self, group: str, *, good: bool, status: int | None) -> None:
        """Take one outcome."""
        self.groups[group] += 1
        self.failures += not good
        self.server_errors += (status or 0) >= 500

    def lines(self) -> Iterator[str]:
        """What to print."""
        for group, number in sorted(self.groups.items()):
            yield f"{number:6} {group}"
        total = sum(self.groups.values())
        yield f"bad input: {total} requests, {self.failures} failures, {self.server_errors} answers of 5xx"
