"""Serving: one process, one application, a stop that loses nothing and has an end.

On SIGTERM readiness says 503 while the listener still accepts, so that balancers turn away first, and every answer ends
its connection; then the listener closes, requests in hand finish, the consumer leaves its group, and what was committed
is published. Another signal changes nothing of that. What a backend that hangs keeps from ending is left as a crash
would leave it, which loses nothing either: the process ends `LEAVE_WITHIN` seconds after requests had their time.
"""

import asyncio
import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
import uvloop
from aiohttp import web

from chassis import logs
from chassis.health import HEALTH
from chassis.protocol import ServiceRunner
from chassis.settings import ChassisSettings, SettingsError

log = structlog.get_logger()
LEAVE_WITHIN = 20.0  # seconds
CUT_SHORT = 4  # exit status
OTHER_FILES = 200  # file descriptors besides those of HTTP: backends, logs, the program's own
C = TypeVar("C", bound=ChassisSettings)


def main(read: Callable[[], C], create_app: Callable[[C], web.Application]) -> None:
    """Run a service until SIGTERM or SIGINT. Exits with 2 and the list of mistakes if the settings are wrong."""
    try:
        settings = read()
    except SettingsError as error:
        print(f"The settings cannot be used:\n{error}", file=sys.stderr)
        sys.exit(2)
    if not _enough_files(settings.http.connections + settings.http.surplus + OTHER_FILES):
        print("MAX_CONNECTIONS: more than the limit of open files of this process allows", file=sys.stderr)
        sys.exit(2)
    service = create_app.__module__.partition(".")[0].replace("_", "-")
    logs.configure(settings.log_level, service=service, console=settings.log_format == "console")
    app = create_app(settings)
    # What is loaded by now stays; looking through it again and again is most of what collecting garbage costs.
    gc.collect()
    gc.freeze()
    # 10,000 waiting status changes took 5 % less CPU than with 20,000, no less with 200,000, and no more memory.
    gc.set_threshold(100_000, 20, 20)
    try:
        uvloop.run(serve(app, settings))
    except Exception:
        # Python's own traceback would print the exception's text, which may quote what a log never says.
        log.exception("crashed")
        sys.exit(1)


async def serve(app: web.Application, settings: ChassisSettings) -> None:
    """Serve until a signal comes, then stop gracefully."""
    asyncio.get_running_loop().set_exception_handler(_log_unhandled)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = ServiceRunner(app, shutdown_timeout=settings.shutdown_timeout)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, backlog=1_024)
        try:
            await site.start()
        except OSError as error:
            print(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
            sys.exit(3)
        log.info("serving", port=settings.port)
        await stop.wait()
        log.info("stopping")
        _end_within(settings.drain_delay + settings.shutdown_timeout + LEAVE_WITHIN)
        app[HEALTH].draining = True
        runner.drain()
        await asyncio.sleep(settings.drain_delay)
    finally:
        await runner.cleanup()
    log.info("stopped")


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """As our log says things: asyncio itself would print the exception's text."""
    log.error("unhandled", problem=context.get("message"), exc_info=context.get("exception"))


def _enough_files(needed: int) -> bool:
    """Whether this process may open so many, having asked for it if it has to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        return False
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return True


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
