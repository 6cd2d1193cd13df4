"""A service that can be told to die: `python -m tests.faults.victim SERVICE [--kill-at POINT --after N] [...]`.

It places an action at a named point (device_events.points) and runs the service's own main. Further orders are lines
in the pipe of `--orders`: `POINT kill N` dies by SIGKILL as the point is reached the N-th time from then on, `POINT
raise N` raises there once, `POINT hang N` makes the whole process stand still there once. `--with MODULE:FUNCTION`
calls that function first, for whatever else a fault needs in the process.
"""

import argparse
import importlib
import os
import runpy
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from device_events.points import POINTS, Point, place


def kill() -> None:
    """Die as by a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


def fail() -> None:
    """Fail as nothing of ours does."""
    raise RuntimeError("a fault test wants this to fail")


def hang() -> None:
    """Stand still until somebody sends SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)


ACTIONS: dict[str, Callable[[], None]] = {"kill": kill, "raise": fail, "hang": hang}


def arm(point: Point, action: Callable[[], None], after: int) -> None:
    """Have the action happen once, as the point is reached the `after`-th time from now on."""
    left = after

    def count() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            place(point, None)
            action()

    place(point, count)


def follow(order: str) -> None:
    """Carry out one line of orders. Raises ValueError if it is none."""
    name, action, after = order.split()
    point = next((point for point in POINTS if point == name), None)
    if point is None or action not in ACTIONS:
        raise ValueError(f"no order: {order!r}")
    arm(point, ACTIONS[action], int(after))


def listen(pipe: Path) -> None:
    """Take orders for ever."""
    # Open for writing too, so that it does not end with the one who gave an order.
    with os.fdopen(os.open(pipe, os.O_RDWR)) as orders:
        for order in orders:
            follow(order)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m tests.faults.victim", description="Run a service that can die.")
    options.add_argument("service", help="as in push-registry")
    options.add_argument("--kill-at", choices=POINTS, metavar="POINT", help=", ".join(POINTS))
    options.add_argument("--after", type=int, default=1, metavar="N", help="at the N-th time (1)")
    options.add_argument("--orders", type=Path, metavar="PIPE", help="a named pipe to take orders from")
    options.add_argument("--with", action="append", default=[], dest="prepared", metavar="MODULE:FUNCTION")
    asked = options.parse_args()
    for prepared in asked.prepared:
        module, _, function = prepared.partition(":")
        getattr(importlib.import_module(module), function)()
    if asked.kill_at:
        arm(asked.kill_at, kill, asked.after)
    if asked.orders:
        threading.Thread(target=listen, args=(asked.orders,), daemon=True, name="orders").start()
    runpy.run_module(asked.service.replace("-", "_"), run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
