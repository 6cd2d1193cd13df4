"""Retry: how often and how long a handler that fails is tried again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Times are seconds. The pause before a new try doubles from `first` to `longest`, with jitter.

    After `attempts` tries an event is given up if another event of the same handler has succeeded meanwhile; while
    none does, the fault is more likely the handler's or a backend's, so it is tried on for `patience` since its first
    failure.
    """

    attempts: int = 6
    first: float = 0.2
    longest: float = 30.0
    patience: float = 900.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or not 0 <= self.first <= self.longest or self.patience < 0:
            raise ValueError(f"no retry policy: {self}")

    def pause(self, tries: int) -> float:
        """How long to wait after so many tries."""
        ceiling: float = min(self.first * 2 ** min(tries - 1, 32), self.longest)
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret

    def spent(self, tries: int, *, failing_for: float, others_succeed: bool) -> bool:
        """Whether the event is given up now."""
        return tries >= self.attempts and (others_succeed or failing_for >= self.patience)
