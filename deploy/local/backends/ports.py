"""Ports on the loopback interface."""

import asyncio
import random
import socket
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST = 10_000
TRIES = 200
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_given: set[int] = set()  # a server that is not up yet has nothing to show that its port is taken
_random = random.SystemRandom()  # a test that seeds `random` must not have every process choose alike


def free_port() -> int:
    """A port that nothing listens on, and that this process has not been given before.

    It lies below the range from which the system takes ports for outgoing connections: one out of that range may be
    the local end of somebody's connection by the time that a slow server wants to listen on it.
    """
    for _ in range(TRIES):
        port = _random.randrange(LOWEST, _first_ephemeral())
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise OSError(f"no free port on {LOOPBACK} found in {TRIES} tries from {LOWEST} on")


def _first_ephemeral() -> int:
    try:
        first = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768  # Linux's own default
    return first if first > LOWEST + 1_000 else 65_536


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


async def answers(port: int) -> bool:
    """Whether somebody listens on this port now."""
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(LOOPBACK, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
