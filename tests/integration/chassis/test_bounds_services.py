"""What is too much for a service is refused in the shape of its own contract, and says when to come again."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from lxml import etree

from chassis.protocol import ServiceRunner
from tests.contract.openapi.four import Four, variables
from tests.integration.chassis.small import calling
from tests.support.polling import eventually

PATHS = {
    "push-registry": "/imfpush/v1/apps/myapp/devices",
    "device-admin": "/mfpadmin/management-apis/2.0/runtimes/myruntime/devices",
    "contacts": "/contactLists/3/registerDevice",
    "mobile-platform": "/mobile/platform/devices/register",
}
# What the documents of each say that an error has.
SHAPES: dict[str, dict[str, Any]] = {
    "push-registry": {"code": "FPWSE0025E"},
    "device-admin": {"errorCode": "FWLSE3010E"},
    "contacts": {"Code": "overloaded"},
    "mobile-platform": {"status": 503, "o:errorCode": "MOBILE-95301"},
}
XML = ("device-admin", "contacts")


@contextlib.asynccontextmanager
async def crowded(name: str, folder: Path) -> Any:
    """The service as its settings make it, its only connection taken."""
    app: web.Application = Four(variables(folder, MAX_CONNECTIONS="1", DRAIN_DELAY="0")).application(name)
    runner = ServiceRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = runner.addresses[0]
        async with calling(address) as first:
            await eventually(lambda: runner.server is not None and len(runner.server.connections) == 1)
            yield address, first
    finally:
        await asyncio.wait_for(runner.cleanup(), 60)


@pytest.mark.parametrize(
    ("name", "accept"), [*((n, "application/json") for n in PATHS), *((n, "application/xml") for n in XML)]
)
async def test_a_service_that_is_full_says_so_in_its_own_words(name: str, accept: str, tmp_path: Path) -> None:
    async with crowded(name, tmp_path) as (address, first), calling(address) as second:
        await second.say(f"GET {PATHS[name]} HTTP/1.1", "Host: x", f"Accept: {accept}")
        answer = await second.answer()
        assert answer is not None
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["connection"] == "close"
        assert answer.headers["content-type"].startswith(accept)
        if accept == "application/json":
            said = json.loads(answer.body)
            assert SHAPES[name].items() <= said.items()
            assert answer.headers["x-correlation-id"] in answer.body.decode()
        else:
            etree.fromstring(answer.body)
        await first.get("/health/live")
        answer = await first.answer()
        assert answer is not None
        assert answer.status == 200
