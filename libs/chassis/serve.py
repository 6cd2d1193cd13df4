"""Serving: one process, one application, a stop that loses nothing.

On SIGTERM readiness says 503 while the listener still accepts, so that balancers turn away first; then requests in
hand finish, the consumer leaves its group, and what was committed is published.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from typing import TypeVar

import structlog
import uvloop
from aiohttp import web

from chassis import logs
from chassis.health import HEALTH
from chassis.protocol import ServiceRunner
from chassis.settings import ChassisSettings, SettingsError

log = structlog.get_logger()
C = TypeVar("C", bound=ChassisSettings)


def main(read: Callable[[], C], create_app: Callable[[C], web.Application]) -> None:
    """Run a service until SIGTERM or SIGINT. Exits with 2 and the list of mistakes if the settings are wrong."""
    try:
        settings = read()
    except SettingsError as error:
        print(f"The settings cannot be used:\n{error}", file=sys.stderr)
        sys.exit(2)
    service = create_app.__module__.partition(".")[0].replace("_", "-")
    logs.configure(settings.log_level, service=service, console=settings.log_format == "console")
    app = create_app(settings)
    # What is loaded by now stays; looking through it again and again is most of what collecting garbage costs.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    uvloop.run(serve(app, settings))


async def serve(app: web.Application, settings: ChassisSettings) -> None:
    """Serve until a signal comes, then stop gracefully."""
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
        app[HEALTH].draining = True
        await asyncio.sleep(settings.drain_delay)
    finally:
        await runner.cleanup()
    log.info("stopped")
