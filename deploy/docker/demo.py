"""`python -m deploy.docker.demo`: docker-compose.yml's system comes up, the demo's story is played on it, it goes."""

import argparse
import asyncio
import signal
import sys
from typing import Any, NoReturn

from deploy.docker import engine
from deploy.docker.compose import Compose
from deploy.local import people, secrets
from deploy.local.backends import BackendError
from deploy.local.demo import play
from deploy.local.options import FIRST_PORT, NAMES
from deploy.local.progress import Progress
from deploy.local.service import REPOSITORY

PROJECT = "rollcall-demo"  # not the one of `docker compose up`, whose data stay
MOST_REPLICAS = 10  # as many as balancer.cfg has places for
BALANCER_PORT, MAILPIT_PORT = 8080, 8025


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m deploy.docker.demo", description=__doc__)
    options.add_argument("--replicas", type=int, default=1, metavar="N", help=f"of push-registry, 1 to {MOST_REPLICAS}")
    options.add_argument("--project", default=PROJECT, help="name of its containers, volumes and network (%(default)s)")
    asked = options.parse_args()
    if not 1 <= asked.replicas <= MOST_REPLICAS:
        options.error(f"--replicas must be 1 to {MOST_REPLICAS}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(1 if demo(Compose(asked.project, replicas=asked.replicas)) else 0)
    except BackendError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def demo(compose: Compose) -> list[str]:
    """Returns what was to be seen and was not. Raises BackendError; nothing is left behind either way."""
    progress = Progress()
    compose.require()
    progress.say(f"building the image {engine.IMAGE}; the first time takes a minute")
    engine.build()
    secrets.write(REPOSITORY / secrets.FOR_COMPOSE, shared=True)
    progress.say("starting")
    try:
        compose.up()
        record = describe(compose)
        progress.say(
            "everything is healthy" + (f", push-registry {compose.replicas} times" if compose.replicas > 1 else "")
        )
        missing = asyncio.run(play(record))
        if missing:
            print(f"\n{compose.last_words()}", file=sys.stderr)
    finally:
        progress.say("stopping")
        compose.down()
        progress.say("stopped; no container, volume or network is left")
    return missing


def describe(compose: Compose) -> dict[str, Any]:
    """What the story needs to know, in the words of stack.json."""
    services = {name: (name, FIRST_PORT + n) for n, name in enumerate(NAMES)}
    if compose.replicas > 1:
        services["push-registry"] = ("balancer", BALANCER_PORT)
    return {
        "services": {name: compose.url(*published) for name, published in services.items()},
        "credentials": people.credentials(),
        "smtp": {"mailpit": compose.url("mailpit", MAILPIT_PORT)},
    }


def _interrupt(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
