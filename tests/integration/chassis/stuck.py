"""A process whose stop never ends: `python -m tests.integration.chassis.stuck PORT SECONDS`."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chassis import serve
from chassis.health import HEALTH, Health
from chassis.limits import HttpLimits
from chassis.web import create_web_app
from tests.integration.chassis.greeter import Plain


@dataclass
class Told:
    """What `serve` asks of settings."""

    port: int
    host: str = "127.0.0.1"
    log_level: str = "INFO"
    log_format: str = "json"
    drain_delay: float = 0.2
    shutdown_timeout: float = 0.3
    http: HttpLimits = HttpLimits()  # noqa: RUF009 - it is frozen


def create(_settings: Any) -> web.Application:
    """An application with a part that hangs at its end, and does not even let itself be cancelled."""
    app = create_web_app(style=Plain(), max_body=1_000)

    async def answers() -> bool:
        return True

    async def hang(_app: web.Application) -> None:
        while True:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                continue

    app[HEALTH] = Health(answers, dict)
    app.on_cleanup.append(hang)
    return app


if __name__ == "__main__":
    serve.LEAVE_WITHIN = float(sys.argv[2])
    told: Any = Told(port=int(sys.argv[1]))
    serve.main(lambda: told, create)
