"""Logs and metrics of a runner: what they tell, in a form that others read, and what they never do."""

import io
import json
import logging
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from device_events.handlers.logs import _Console, _Json, correlated
from device_events.handlers.metrics import Histogram, Page

SECRET = "jane@example"


def logged(formatter: logging.Formatter, **extra: Any) -> str:
    """A failure of a handler, as the formatter writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    log = logging.Logger("shop", logging.DEBUG)
    log.addHandler(handler)
    with correlated("c-1"):
        try:
            try:
                raise LookupError(SECRET)
            except LookupError as error:
                raise ValueError(SECRET) from error
        except ValueError:
            log.exception("event_failed", extra=extra)
    return written.getvalue()


def test_a_line_is_json_with_the_fields_of_the_call() -> None:
    line = json.loads(logged(_Json("shop"), handler="coupon", tries=2))
    assert (line["service"], line["event"], line["level"], line["logger"]) == ("shop", "event_failed", "error", "shop")
    assert (line["handler"], line["tries"], line["correlation_id"]) == ("coupon", 2, "c-1")
    assert [error["exc_type"] for error in line["exception"]] == ["ValueError", "LookupError"]
    assert line["exception"][0]["frames"][0]["name"] == "logged"


@pytest.mark.parametrize("formatter", [_Json("shop"), _Console()])
def test_no_line_has_the_text_of_an_exception(formatter: logging.Formatter) -> None:
    written = logged(formatter)
    assert "event_failed" in written
    assert "ValueError" in written
    assert SECRET not in written


def test_the_page_of_metrics_is_what_prometheus_reads() -> None:
    page, histogram = Page(), Histogram()
    for seconds in (0.02, 0.3, 100.0):
        histogram.observe(seconds)
    page.counter("handler_tries", "Tries.", [({"handler": 'a"b\\c\nd', "result": "done"}, 3)])
    page.gauge("consumer_lag_records", "Lag.", [({}, 0)])
    page.histogram("handler_duration_seconds", "Time.", [({"handler": "h"}, histogram)])
    families = {family.name: family for family in text_string_to_metric_families(page.render().decode())}
    (tries,) = families["handler_tries"].samples
    assert (tries.name, tries.labels["handler"], tries.value) == ("handler_tries_total", 'a"b\\c\nd', 3.0)
    assert families["consumer_lag_records"].samples[0].value == 0.0
    durations = families["handler_duration_seconds"]
    buckets = {one.labels["le"]: one.value for one in durations.samples if one.name.endswith("_bucket")}
    assert durations.type == "histogram"
    assert (buckets["0.01"], buckets["0.05"], buckets["0.5"], buckets["30.0"], buckets["+Inf"]) == (0, 1, 2, 2, 3)
    assert {one.name: one.value for one in durations.samples}["handler_duration_seconds_count"] == 3.0
