"""Handlers: which function handles which custom events, with what limits. Nothing is global: a module makes its own."""

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload

from device_events.handlers.event import CustomEvent
from device_events.handlers.retry import Retry

S = TypeVar("S")
Function = Callable[[CustomEvent], Awaitable[None]]
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler(Generic[S]):
    """One function and its limits; calling it calls the function, without them.

    `name` is part of what is remembered and of dead letters: whoever changes it starts anew.
    """

    name: str
    custom_events: Sequence[str]
    function: Function = field(repr=False)
    owner: "Handlers[S]" = field(repr=False)
    retry: Retry
    timeout_of: float | Callable[[S], float]
    concurrency_of: int | Callable[[S], int]

    async def __call__(self, event: CustomEvent) -> None:
        await self.function(event)

    @property
    def timeout(self) -> float:
        """Seconds that one try may take. Raises RuntimeError if it follows from settings that are not there."""
        given = self.timeout_of
        return given(self.owner.settings) if callable(given) else given

    @property
    def concurrency(self) -> int:
        """How many events of it may be under way at once in one runner. Raises as `timeout` does."""
        given = self.concurrency_of
        return given(self.owner.settings) if callable(given) else given


class Handlers(Generic[S]):
    """The handlers of one runner, and the settings they share.

    `settings` is a frozen dataclass that the runner fills from the environment (see `setting`), from the variables of
    its fields' names in capitals, behind `prefix`. `records` names the collection of MongoDB in which outcomes are
    kept; without one they are kept in memory, for one process and its life.
    """

    @overload
    def __init__(self: "Handlers[None]", *, records: str | None = None) -> None: ...
    @overload
    def __init__(self, settings: type[S], *, prefix: str = "", records: str | None = None) -> None: ...
    def __init__(self, settings: Any = None, *, prefix: str = "", records: str | None = None) -> None:
        self.kind: type[S] | None = settings
        self.prefix = prefix
        self.records = records
        self.all: list[Handler[S]] = []
        self._settings: S | None = None

    @property
    def settings(self) -> S:
        """What the environment said. Raises RuntimeError before the runner has read it; a test sets it itself."""
        if self._settings is None:
            raise RuntimeError("the settings are not there: the runner reads them, and a test sets `settings`")
        return self._settings

    @settings.setter
    def settings(self, settings: S) -> None:
        self._settings = settings

    def on(
        self,
        *custom_events: str,
        name: str | None = None,
        timeout: float | Callable[[S], float] = 15.0,
        retry: Retry | None = None,
        concurrency: int | Callable[[S], int] = 32,
    ) -> Callable[[Function], Handler[S]]:
        """Have an async function run for each of these custom events. Its `name` is the function's if none is given.

        `timeout` is how many seconds one try may take before it is cancelled, which counts as failing; `concurrency`
        how many may be under way at once. Either may be a function of the settings. Raises ValueError or TypeError for
        what cannot work.
        """
        if not custom_events or not all(custom_events):
            raise ValueError("name the custom events that it handles")

        def register(function: Function) -> Handler[S]:
            if not inspect.iscoroutinefunction(function):
                raise TypeError(f"{function!r} is not async")
            own = name or function.__name__
            if not _NAME.fullmatch(own):
                raise ValueError(f"{own!r} is no name: 1 to 64 letters, digits, '_', '.' or '-'")
            if any(known.name == own for known in self.all):
                raise ValueError(f"there are two handlers called {own!r}: give one another name")
            for limit, given in (("timeout", timeout), ("concurrency", concurrency)):
                if not callable(given) and given <= 0:
                    raise ValueError(f"the {limit} of {own!r} must be more than 0")
            handler = Handler(
                name=own,
                custom_events=custom_events,
                function=function,
                owner=self,
                retry=retry or Retry(),
                timeout_of=timeout,
                concurrency_of=concurrency,
            )
            self.all.append(handler)
            return handler

        return register
