"""A deployable as its own main module runs it, whose code fails where a test asks for it: `faulty.py push_registry`.

The correlation id of a call says how, and travels on with its events. The failure quotes FAULT_TEXT, as a driver's or a
parser's text quotes what it worked on.
"""

import asyncio
import os
import runpy
import sys
from typing import Any

from pymongo.errors import OperationFailure

from chassis.aggregates import AggregateStore
from chassis.context import correlation_id
from device_events.handlers import CustomEvent

OURS, DRIVERS, UNAWAITED, HANDLERS = "fault-ours", "fault-drivers", "fault-unawaited", "fault-handlers"


def plant(service: str) -> None:
    """Put the faults where every write passes, and where every handler is run."""
    execute = AggregateStore.execute

    async def failing(*args: Any, **options: Any) -> Any:
        text, asked = os.environ["FAULT_TEXT"], correlation_id()
        if asked == OURS:
            raise RuntimeError(text)
        if asked == DRIVERS:
            raise OperationFailure(f"E11000 duplicate key error dup key: {text}", 11000, {"errmsg": text})
        if asked == UNAWAITED:
            asyncio.get_running_loop().create_task(_fail(text))
        return await execute(*args, **options)

    AggregateStore.execute = failing  # type: ignore[method-assign]
    if service == "email_handlers":
        _plant_in_handlers()


def _plant_in_handlers() -> None:
    address = CustomEvent.address

    def failing(self: CustomEvent, value: str) -> str:
        if self.correlation_id == HANDLERS:
            raise RuntimeError(os.environ["FAULT_TEXT"])
        return address(self, value)

    CustomEvent.address = failing  # type: ignore[method-assign]


async def _fail(text: str) -> None:
    raise ValueError(text)


if __name__ == "__main__":
    plant(sys.argv[1])
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
