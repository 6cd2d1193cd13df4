"""Counting failures by key, so that whoever fails too often has to wait. Each process counts for itself."""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass

KEYS = 20_000  # of each throttle; beyond that the oldest window is forgotten first


@dataclass(slots=True)
class _Window:
    began: float
    failures: int = 0


class Throttle:
    """At most `limit` failures a key within `window` seconds of its first one; the rest of the window is closed.

    Keys are digests of one size, so the table is bounded in bytes too.
    """

    def __init__(self, *, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._windows: OrderedDict[bytes, _Window] = OrderedDict()  # the oldest first

    def closed_for(self, key: bytes) -> int:
        """Whole seconds until the key may try again; 0 if it may now."""
        window = self._open_window(key)
        if window is None or window.failures < self._limit:
            return 0
        return max(1, math.ceil(window.began + self._window - time.monotonic()))

    def fail(self, key: bytes) -> None:
        """Count a failure."""
        window = self._open_window(key)
        if window is None:
            window = self._windows[key] = _Window(time.monotonic())
            if len(self._windows) > KEYS:
                self._windows.popitem(last=False)
        window.failures += 1

    def forget(self, key: bytes) -> None:
        """The key has succeeded: its failures count no more."""
        self._windows.pop(key, None)

    def _open_window(self, key: bytes) -> _Window | None:
        window = self._windows.get(key)
        if window is not None and time.monotonic() >= window.began + self._window:
            del self._windows[key]
            return None
        return window
