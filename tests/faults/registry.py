"""The faults, by name: a module of tests.faults.rows registers its own with `@row`."""

import importlib
import pkgutil
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.faults import rows
from tests.faults.figures import Figures
from tests.faults.world import World

Run = Callable[[World, int, random.Random], Awaitable[Figures]]


@dataclass(frozen=True)
class Fault:
    """A fault and how it is measured. `rounds` is how often it is brought about when nobody says otherwise."""

    name: str
    group: str
    rounds: int
    run: Run


FAULTS: dict[str, Fault] = {}


def row(name: str, *, group: str, rounds: int = 2) -> Callable[[Run], Run]:
    """Register a function as the measurement of the fault of this name. Names are unique."""

    def register(run: Run) -> Run:
        if name in FAULTS:
            raise ValueError(f"two faults are called {name!r}")
        FAULTS[name] = Fault(name, group, rounds, run)
        return run

    return register


def load() -> None:
    """Import every module of tests.faults.rows, in alphabetical order."""
    for module in sorted(found.name for found in pkgutil.iter_modules(rows.__path__)):
        importlib.import_module(f"{rows.__name__}.{module}")


def chosen(only: Sequence[str]) -> list[Fault]:
    """The faults whose name or group is, or contains, one of these texts; all if there is none.

    Raises LookupError naming a text that fits no fault.
    """
    if unknown := [text for text in only if not any(_fits(fault, text) for fault in FAULTS.values())]:
        raise LookupError(f"no fault is called {', '.join(unknown)}")
    return [fault for fault in FAULTS.values() if not only or any(_fits(fault, text) for text in only)]


def _fits(fault: Fault, text: str) -> bool:
    return text.strip().casefold() in f"{fault.group}\n{fault.name}".casefold()
