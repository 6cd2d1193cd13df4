"""What a service answers when things go wrong: its own shape, a correlation id, and nothing of the inside."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from device_events import KafkaConnection, catalog
from tests.integration.chassis.greeter import create, is_ready, serving, settings
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.proxy import Proxy, proxied
from tests.support.services import Running

GREETING = "/greetings/anna"
JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture
async def proxy(mongodb_uri: str) -> AsyncIterator[Proxy]:
    async with proxied(mongodb_uri) as one:
        yield one


@pytest_asyncio.fixture
async def service(proxy: Proxy, database_name: str, kafka: KafkaConnection) -> AsyncIterator[Running]:
    async with serving(create(settings(proxy.uri, database_name, kafka))) as one:
        await eventually(lambda: is_ready(one), within=30)
        yield one


@pytest.mark.parametrize(
    ("method", "path", "kwargs", "expected"),
    [
        ("GET", "/nowhere", {}, (404, "route_not_found")),
        ("PUT", "/greetings/a/b", {}, (404, "route_not_found")),
        ("GET", "/%ff%00", {}, (404, "route_not_found")),
        ("DELETE", GREETING, {}, (405, "method_not_allowed")),
        ("PUT", GREETING, {"data": "{}", "headers": {"Content-Type": "text/plain"}}, (415, "unsupported_media_type")),
        ("PUT", GREETING, {"data": b"", "headers": JSON}, (400, "malformed_body")),
        ("PUT", GREETING, {"data": b"{]", "headers": JSON}, (400, "malformed_body")),
        ("PUT", GREETING, {"data": b"\xff", "headers": JSON}, (400, "malformed_body")),
        ("PUT", GREETING, {"data": b"{", "headers": {**JSON, "Content-Encoding": "gzip"}}, (400, "malformed_body")),
        ("PUT", GREETING, {"json": {"number": "1"}}, (400, "invalid_payload")),
        ("PUT", GREETING, {"json": {"number": {"$gt": 0}}}, (400, "invalid_payload")),
        ("PUT", GREETING, {"json": {"number": 2**64}}, (400, "invalid_payload")),
        ("PUT", GREETING, {"json": [1]}, (400, "invalid_payload")),
        ("PUT", GREETING, {"data": b"x" * 1_001, "headers": JSON}, (413, "body_too_large")),
        ("GET", "/broken", {}, (500, "internal_error")),
    ],
)
async def test_a_refusal_has_the_services_shape_and_a_correlation_id(
    service: Running, kafka: KafkaConnection, method: str, path: str, kwargs: Any, expected: tuple[int, str]
) -> None:
    status, body, headers = await service.request(method, path, **kwargs)
    assert (status, body["code"]) == expected
    assert headers["Content-Type"].startswith("application/json")
    assert body["id"] == headers["X-Correlation-ID"]
    assert "secret" not in str(body)
    assert await announced(kafka, catalog.DEVICE_STATUS_TOPIC) == []


async def test_a_callers_correlation_id_is_in_answers_and_events(service: Running, kafka: KafkaConnection) -> None:
    given = {"X-Correlation-ID": "call-1", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    _, body, headers = await service.request("GET", "/nowhere", headers=given)
    assert body["id"] == headers["X-Correlation-ID"] == "call-1"
    status, _, headers = await service.request("PUT", GREETING, json={"number": 1}, headers=given)
    assert (status, headers["X-Correlation-ID"]) == (200, "call-1")
    (event,) = await eventually(lambda: announced(kafka, catalog.DEVICE_STATUS_TOPIC))
    assert event.correlationid == "call-1"
    assert (event.traceparent or "")[:36] == given["traceparent"][:36]


async def test_a_method_that_is_not_allowed_names_those_that_are(service: Running) -> None:
    _, _, headers = await service.request("POST", GREETING)
    assert headers["Allow"] == "PUT"


async def test_while_mongodb_is_away_the_answer_is_try_again_and_nothing_is_acknowledged(
    service: Running, proxy: Proxy, kafka: KafkaConnection
) -> None:
    proxy.cut()
    status, body, headers = await service.request("PUT", GREETING, json={"number": 1})
    assert (status, body["code"]) == (503, "unavailable")
    assert int(headers["Retry-After"]) > 0
    proxy.mend()

    async def written() -> Any:
        status, body, _ = await service.request("PUT", GREETING, json={"number": 2})
        return status == 200 and body

    assert await eventually(written, within=30) == [2]
    events = await eventually(lambda: announced(kafka, catalog.DEVICE_STATUS_TOPIC))
    assert {event.data["transactionId"] for event in events} == {2}


async def test_metrics_tell_of_requests_commits_and_events(service: Running) -> None:
    await service.request("PUT", GREETING, json={"number": 1})
    await service.request("PUT", "/greetings/bert", json={"number": 1})
    await service.request("GET", "/nowhere/1")
    await service.request("GET", "/nowhere/2")

    async def published() -> Any:
        _, text, headers = await service.request("GET", "/metrics")
        assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return "relay_published_total 2.0" in text and text

    text = await eventually(published)
    counted = 'http_server_request_duration_seconds_count{method="%s",route="%s",status="%s"} 2.0'
    assert counted % ("PUT", "/greetings/{name}", 200) in text
    assert counted % ("GET", "unmatched", 404) in text
    assert "aggregate_store_documents_total 2.0" in text
    assert "outbox_backlog_documents 0.0" in text
    assert "consumer_lag_records" in text
    assert "anna" not in text
