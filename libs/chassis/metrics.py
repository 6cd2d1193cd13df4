"""Metrics in Prometheus' format: requests by route template, and what the store, relay and consumer count."""

from collections.abc import Callable, Iterable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Reading = Callable[[], Mapping[str, float]]


class Metrics:
    """One registry an application; nothing is global."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "http_server_request_duration_seconds",
            "Time to answer, by route template.",
            ["method", "route", "status"],
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
        )
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Record one answered request."""
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._seconds.labels(method, route, str(status))
        child.observe(seconds)

    def add(self, prefix: str, *, counters: Reading | None = None, gauges: Reading | None = None) -> None:
        """Report numbers that a part keeps itself, read when they are asked for."""
        self.registry.register(_Readings(prefix, counters, gauges))

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


class _Readings(Collector):
    def __init__(self, prefix: str, counters: Reading | None, gauges: Reading | None) -> None:
        self._prefix = prefix
        self._counters = counters
        self._gauges = gauges

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        for name, value in (self._counters() if self._counters else {}).items():
            yield CounterMetricFamily(f"{self._prefix}_{name}", f"Count of {name}.", value=value)
        for name, value in (self._gauges() if self._gauges else {}).items():
            yield GaugeMetricFamily(f"{self._prefix}_{name}", f"Current {name}.", value=value)


METRICS = web.AppKey("metrics", Metrics)


async def show_metrics(request: web.Request) -> web.Response:
    """GET /metrics."""
    body = request.app[METRICS].render()
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
