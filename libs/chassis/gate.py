"""The gate: a process takes in so many requests at once, and the rest is told at once to come again.

A service that takes in more than it can do answers nobody in time; one that refuses the rest goes on serving.
"""

import time

import structlog
from aiohttp import web

from chassis.errors import Overloaded
from chassis.limits import HttpLimits

log = structlog.get_logger()
# Orchestrators and those who have to find out what is wrong are answered however busy the process is.
EXEMPT = frozenset({"/health/live", "/health/ready", "/metrics"})
SURPLUS = web.RequestKey("surplus", bool)  # set on a request that came over a connection too many
LOG_EVERY = 10.0  # seconds; a line for each refusal would be load of its own


class Gate:
    """Counts the requests in hand. `refused` is how many were too many, here or for a queue further in."""

    def __init__(self, places: int) -> None:
        self.in_hand = 0
        self.refused = 0
        self._places = places
        self._logged = float("-inf")

    def enter(self, request: web.Request) -> None:
        """Take a place. Raises Overloaded while there is none, unless the request is exempt."""
        if (self.in_hand >= self._places or SURPLUS in request) and request.path not in EXEMPT:
            raise Overloaded()
        self.in_hand += 1

    def leave(self) -> None:
        """Give the place back."""
        self.in_hand -= 1

    def note(self) -> None:
        """One more was refused."""
        self.refused += 1
        now = time.monotonic()
        if now - self._logged >= LOG_EVERY:
            self._logged = now
            log.warning("overloaded", in_hand=self.in_hand, refused_since_start=self.refused)


LIMITS = web.AppKey("limits", HttpLimits)
GATE = web.AppKey("gate", Gate)
