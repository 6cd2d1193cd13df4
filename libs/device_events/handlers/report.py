"""Report: what a runner counts, for Prometheus."""

from collections.abc import Sequence

from device_events.handlers.dispatch import Dispatch
from device_events.handlers.endpoint import Answer
from device_events.handlers.health import Health
from device_events.handlers.metrics import CONTENT_TYPE, Page
from device_events.handlers.worker import Worker

_RESULTS = ("done", "rejected", "put_off", "failed")
_CONSUMER = {
    "handled": "Records whose handlers were all done with.",
    "skipped": "Records of other types, and custom events without a handler here.",
    "dead_lettered": "Dead letters written.",
}


async def report(health: Health, dispatch: Dispatch, workers: Sequence[Worker]) -> Answer:
    """GET /metrics."""
    page = Page()
    for name, help in _CONSUMER.items():
        page.counter(f"consumer_{name}", help, [({}, dispatch.counts[name])])
    if health.lag is not None:
        page.gauge("consumer_lag_records", "Records of its partitions not settled yet.", [({}, health.lag)])
    by_handler = [({"handler": worker.handler.name}, worker) for worker in workers]
    tries = [
        ({**labels, "result": result}, float(worker.counts[result]))
        for labels, worker in by_handler
        for result in _RESULTS
    ]
    page.counter("handler_tries", "Tries by their result.", tries)
    for name, help in (("repeated", "Events whose outcome was known already."), ("given_up", "Events given up.")):
        page.counter(f"handler_{name}", help, [(labels, worker.counts[name]) for labels, worker in by_handler])
    page.gauge("handler_in_flight", "Tries under way.", [(labels, worker.in_flight) for labels, worker in by_handler])
    durations = [(labels, worker.seconds) for labels, worker in by_handler]
    page.histogram("handler_duration_seconds", "How long a try took.", durations)
    return Answer(200, page.render(), CONTENT_TYPE)
