"""Runner: one process that runs the handlers of one module as a member of their consumer group.

On SIGTERM or SIGINT readiness says 503, handlers in hand finish, offsets are committed and the group is left; what was
not begun is the next member's. Whatever hangs, the process ends `LEAVE_WITHIN` seconds after handlers had their time.
"""

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import sys
import threading
from typing import Any, NoReturn

from device_events.catalog import CUSTOM_EVENTS_TOPIC, dead_letter_topic, retry_topic
from device_events.connection import KafkaConnection
from device_events.handlers import logs
from device_events.handlers.dispatch import Dispatch
from device_events.handlers.endpoint import Endpoint
from device_events.handlers.environment import SettingsError
from device_events.handlers.health import Health
from device_events.handlers.records import MemoryRecords, Records
from device_events.handlers.registry import Handlers
from device_events.handlers.report import report
from device_events.handlers.settings import RunnerSettings, Told, read_settings
from device_events.handlers.startup import check_topics, create_topics, prepare, watch
from device_events.handlers.worker import Worker
from device_events.publisher import Publisher
from device_events.settlement import SubscriberLimits
from device_events.subscriber import Subscriber
from device_events.tasks import end

log = logging.getLogger(__name__)
LEAVE_WITHIN = 20.0  # seconds
MISTAKEN, NO_PORT, CUT_SHORT = 2, 3, 4  # exit statuses


class NoHandlers(Exception):
    """The module cannot be run; the text says why."""


def run(module: str, *, group: str | None = None, make_topics: bool = False) -> NoReturn:
    """Run the module's handlers until SIGTERM or SIGINT, and exit.

    `group` is the consumer group, by default the name of the module's outermost package with dashes. `make_topics`
    creates the group's own topics first. Exits with 2 and what is wrong if module or settings cannot be used.
    """
    try:
        handlers = find(module)
        told = read_settings(handlers)
    except NoHandlers as error:
        print(error, file=sys.stderr)
        sys.exit(MISTAKEN)
    except SettingsError as error:
        print(f"The settings cannot be used:\n{error}", file=sys.stderr)
        sys.exit(MISTAKEN)
    own = group or module.partition(".")[0].replace("_", "-")
    logs.configure(told.runner.log_level, service=own, console=told.runner.log_format == "console")
    try:
        asyncio.run(_serve(handlers, told, own, make_topics=make_topics))
    except Exception:
        # Python's own traceback would print the exception's text, which may quote what a log never says.
        log.exception("crashed")
        sys.exit(1)
    sys.exit(0)


def find(module: str) -> Handlers[Any]:
    """The handlers that the module has. Raises NoHandlers: no such module, none or several in it."""
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise NoHandlers(f"There is no module {error.name!r} on the path.") from None
    found = list({id(one): one for one in vars(loaded).values() if isinstance(one, Handlers)}.values())
    if len(found) != 1:
        raise NoHandlers(f"{module} must have one Handlers object, and has {len(found)}.")
    if not found[0].all:
        raise NoHandlers(f"{module} has no handler: decorate a function with @handlers.on(...).")
    return found[0]


class Runner:
    """The parts, put together and not started. It needs the running loop. Use one instance once."""

    def __init__(self, handlers: Handlers[Any], told: Told, group: str) -> None:
        """Raises RuntimeError if the handlers' settings are not there."""
        self.group = group
        self.kafka: KafkaConnection = told.kafka
        topics = [CUSTOM_EVENTS_TOPIC, retry_topic(group)]
        self.needed_topics = [*topics, dead_letter_topic(group)]
        self.records = _records(handlers, told, group)
        self.workers = [Worker(handler, self.records) for handler in handlers.all]
        self.publisher = Publisher(told.kafka)
        limits = SubscriberLimits(stop=told.runner.shutdown_timeout)
        self.subscriber = Subscriber(told.kafka, group=group, topics=topics, handlers={}, limits=limits)
        retries = told.kafka.name(retry_topic(group))
        self.dispatch = Dispatch(group, retries, self.workers, self.publisher, limits)
        self.subscriber.settlement = self.dispatch
        self.health = Health(self.records, self.subscriber)
        self.endpoint = Endpoint(
            {
                "/health/live": self.health.show_live,
                "/health/ready": self.health.show_ready,
                "/metrics": lambda: report(self.health, self.dispatch, self.workers),
            }
        )

    async def work(self) -> None:
        """Handle events until `stop()`."""
        await prepare(self.health)
        # Only now: no handler may run before its record can be claimed.
        async with asyncio.TaskGroup() as beside:
            tasks = [
                beside.create_task(watch(self.health), name="watch"),
                beside.create_task(check_topics(self.health, self.kafka, self.needed_topics), name="topics"),
            ]
            await self.subscriber.run()
            await end(*tasks)

    async def stop(self, working: "asyncio.Task[None]") -> None:
        """Let the handlers in hand finish, and leave the group."""
        self.health.draining = True
        self.subscriber.stop()
        if "records" in self.health.blockers:
            await end(working)  # it has not come to consuming
        else:
            await working

    async def close(self) -> None:
        """Close the connections."""
        await self.publisher.stop()
        await self.records.stop()
        await self.endpoint.stop()


async def _serve(handlers: Handlers[Any], told: Told, group: str, *, make_topics: bool) -> None:
    runner, settings = Runner(handlers, told, group), told.runner
    asyncio.get_running_loop().set_exception_handler(_log_unhandled)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        if make_topics:
            await create_topics(runner.kafka, runner.group)
        port = await _listen(runner.endpoint, settings)
        names = {worker.handler.name: list(worker.handler.custom_events) for worker in runner.workers}
        log.info("serving", extra={"port": port, "group": runner.group, "handlers": names})
        working = asyncio.create_task(runner.work(), name="work")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            await working  # it ends by itself only when something of ours is broken
        log.info("stopping")
        _end_within(settings.shutdown_timeout + LEAVE_WITHIN)
        await runner.stop(working)
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN):
                await runner.close()
    log.info("stopped")


async def _listen(endpoint: Endpoint, settings: RunnerSettings) -> int:
    try:
        return await endpoint.start(settings.host, settings.port)
    except OSError as error:
        print(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
        sys.exit(NO_PORT)


def _records(handlers: Handlers[Any], told: Told, group: str) -> Records:
    if handlers.records is None or told.mongodb is None:
        return MemoryRecords()
    from device_events.handlers.mongodb import MongoRecords

    return MongoRecords(told.mongodb, handlers.records, application=group)


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """As our log says things: asyncio itself would print the exception's text."""
    log.error("unhandled", exc_info=context.get("exception"), extra={"problem": context.get("message")})


def _end_within(seconds: float) -> None:
    """End the process by then, whatever hangs: a thread of its own waits for it."""
    timer = threading.Timer(seconds, _cut_short)
    timer.daemon = True
    timer.start()


def _cut_short() -> None:
    log.error("stop_cut_short")
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(CUT_SHORT)
