"""Security headers on every answer: of each route, of refusals before routing, and of what is no request at all."""

from collections.abc import Mapping
from typing import Any

import pytest
from yarl import URL

from chassis.headers import SECURITY_HEADERS
from tests.contract.bad_input.wire import exchange
from tests.integration.security.operations import OPERATIONS, Operation
from tests.integration.security.roles import as_user
from tests.integration.security.world import ADMIN, CLIENT, FIRST, SERVICES, World
from tests.support.services import basic

# Where a handler knows better than the default: what may be kept, and what a page may load.
KEPT = {"showKeys": "public, max-age=300"}
PAGES = ("/docs", "/docs/init.js", "/docs/docs.css", "/docs/ui/swagger-ui.css", "/docs/ui/swagger-ui-bundle.js")
PLAIN = ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/asyncapi.json")
NO_REQUESTS = (
    b"hello\r\n\r\n",
    b"GET /\xff HTTP/9.9\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nContent-Length: 0\r\n\r\n",
)
UNROUTED = (
    ("GET", "/"),
    ("GET", "/nothing/here"),
    ("GET", "/docs/ui/nothing"),
    ("GET", "/docs/ui/..%2f..%2fpage.py"),
    ("DELETE", "/health/live"),
    ("OPTIONS", "/health/live"),
    ("BREW", "/health/live"),
    ("TRACE", "/metrics"),
)


def lacking(headers: Mapping[str, str], **kept: str) -> Mapping[str, Any]:
    """Which headers are not what they should be."""
    wanted = {**SECURITY_HEADERS, **{name.replace("_", "-"): value for name, value in kept.items()}}
    small = {name.lower(): value for name, value in headers.items()}
    return {name: small.get(name.lower()) for name, value in wanted.items() if small.get(name.lower()) != value}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.service} {one.id}")
async def test_every_operation_sends_them_with_success_and_with_refusal(world: World, operation: Operation) -> None:
    device = world.new(f"header-{operation.id}")
    if operation.prepare:
        await operation.prepare(world, FIRST, device)
    credentials = world.issuer.headers(FIRST.scope())
    if operation.service == ADMIN:
        credentials = basic(CLIENT) if operation.id == "issueToken" else dict(as_user("mfpadmin"))
    status, body, headers = await operation.send(world, FIRST, credentials, device=device)
    assert status == operation.success, body
    assert lacking(headers, Cache_Control=KEPT.get(operation.id, "no-store")) == {}
    assert "aiohttp" not in str(headers).lower()
    status, _, headers = await operation.send(world, FIRST, {"Authorization": "Basic eA=="})
    assert lacking(headers, Cache_Control=KEPT.get(operation.id, "no-store")) == {}


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_not_an_operation_sends_them_too(world: World, service: str) -> None:
    for path in PLAIN:
        answer = await world.services[service].http.get(path)
        await answer.read()  # else its connection stays open
        assert (answer.status, lacking(answer.headers)) == (200, {}), path
    for method, path in UNROUTED:
        url = URL(world.services[service].url + path, encoded=True)
        status, _, headers = await world.services[service].request(method, url)  # type: ignore[arg-type]  # as it is
        assert status in (400, 404, 405, 417), (method, path)
        assert lacking(headers) == {}, (method, path)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_pages_load_only_their_own_and_stand_in_no_frame(world: World, service: str) -> None:
    for path in PAGES:
        answer = await world.services[service].http.get(path)
        await answer.read()  # else its connection stays open
        policy = answer.headers["Content-Security-Policy"]
        assert (answer.status, lacking(answer.headers, Content_Security_Policy=policy)) == (200, {}), path
        directives = {one.split()[0]: one.split()[1:] for one in policy.split(";")}
        assert (directives["default-src"], directives["frame-ancestors"]) == (["'none'"], ["'none'"])
        assert directives["script-src"] == ["'self'"]


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_no_request_is_answered_with_them(world: World, service: str) -> None:
    url = URL(world.services[service].url)
    for raw in NO_REQUESTS:
        answer = await exchange((str(url.host), int(url.port or 0)), raw)
        assert answer is not None
        assert 400 <= answer.status < 500, raw[:60]
        assert lacking(answer.headers) == {}, raw[:60]


def test_no_header_tells_a_version() -> None:
    assert not any(character.isdigit() for character in SECURITY_HEADERS["Server"])
