"""Alerts ask for metrics that exist, and each has its runbook in deploy/README.md."""

import asyncio
import importlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web

from chassis import service
from chassis.metrics import METRICS, Metrics
from device_events.handlers.health import Health
from device_events.handlers.report import report
from tests.integration.deploy.test_workloads import of_kind
from tests.support.chart.renderer import Manifests, need

ROOT = Path(__file__).parents[3]
# Of kube-state-metrics, the node exporter and Prometheus itself.
OTHERS = {
    "kube_deployment_status_replicas_ready",
    "kube_deployment_status_replicas_unavailable",
    "node_timex_offset_seconds",
    "node_timex_sync_status",
    "up",
}
SOURCES = {"store": "chassis/committer.py", "relay": "chassis/relay.py", "settlement": "device_events/settlement.py"}


def counted(part: str) -> Counter[str]:
    """Every count that a part may ever keep: a service exports one once it is not zero."""
    return Counter(re.findall(r'counts\["(\w+)"\]', (ROOT / "libs" / SOURCES[part]).read_text()))


def exported() -> set[str]:
    """The names of all metrics of a service, as its own wiring reports them."""
    app = web.Application()
    metrics = app[METRICS] = Metrics()
    settlement = SimpleNamespace(counts=counted("settlement"))
    consumer: Any = SimpleNamespace(lag=0, subscriber=SimpleNamespace(settlement=settlement))
    store: Any = SimpleNamespace(counts=counted("store"), waiting=0)
    relay: Any = SimpleNamespace(counts=counted("relay"), waiting=0)
    sweeper: Any = SimpleNamespace(backlog=0)
    service._report(app, store, relay, sweeper, consumer)
    metrics.observe("GET", "/", 200, 0.1)
    wiring = Path(service.__file__).read_text()
    for prefix, name in (("comparison", "behind_kafka"), ("logins", "counts")):
        assert re.search(rf'add\("{prefix}", \w+=lambda: .*{name}', wiring)
    named = {line.partition("{")[0].partition(" ")[0] for line in metrics.render().decode().splitlines()}
    dispatch: Any = SimpleNamespace(counts=Counter())
    page = asyncio.run(report(Health(Mock(), Mock(), lag=0), dispatch, []))
    named |= set(re.findall(r"^# TYPE (\w+)", page.body.decode(), re.MULTILINE))
    return named - {"#"} | {"comparison_behind_kafka", "logins_failed_total", "logins_throttled_total"}


def rules(rendered: Mapping[str, Manifests]) -> list[Mapping[str, Any]]:
    (resource,) = of_kind(rendered["monitoring"], "PrometheusRule")
    found: list[Mapping[str, Any]] = resource["spec"]["groups"][0]["rules"]
    return found


def metrics_of(expression: str) -> set[str]:
    """The metrics that an expression asks for, read by Prometheus' own grammar; a wrong one raises ValueError."""
    need("promql_parser")
    promql = importlib.import_module("promql_parser")
    waiting, found = [promql.parse(expression)], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, promql.VectorSelector):
            found.add(str(node.name))
        parts = [getattr(node, part, None) for part in ("lhs", "rhs", "expr", "vector_selector")]
        waiting += [part for part in (*parts, *getattr(node, "args", ())) if part is not None]
    return found


def test_every_metric_of_an_alert_exists(rendered: Mapping[str, Manifests]) -> None:
    named = {name for rule in rules(rendered) for name in metrics_of(rule["expr"])}
    assert named - exported() - OTHERS == set()
    assert {"consumer_lag_records", "comparison_behind_kafka", "outbox_backlog_documents"} <= named
    assert all(metrics_of(rule["expr"]) for rule in rules(rendered))


def test_a_wrong_expression_is_noticed() -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        metrics_of("sum by (job (up) > 0")
    assert metrics_of('sum(rate(a_total{b="c"}[5m])) / d > 0 unless e offset 5m') == {"a_total", "d", "e"}


def test_every_expression_selects_this_release(rendered: Mapping[str, Manifests]) -> None:
    for rule in rules(rendered):
        if "node_timex" not in rule["expr"]:
            selectors = re.findall(r"\{[^}]*\}", rule["expr"])
            assert selectors
            assert all('namespace="devices"' in one and "rollcall-.+" in one for one in selectors)


def test_every_alert_says_what_is_wrong_and_has_a_runbook(rendered: Mapping[str, Manifests]) -> None:
    guide = (ROOT / "deploy" / "README.md").read_text()
    headings = re.findall(r"^#+ (\w+)$", guide, re.MULTILINE)
    for rule in rules(rendered):
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["runbook_url"].endswith(f"deploy/README.md#{rule['alert'].lower()}")
        assert rule["alert"] in headings
        assert rule["labels"]["severity"] in ("critical", "warning")
    assert {heading for heading in headings if heading.startswith("Rollcall")} == {
        rule["alert"] for rule in rules(rendered)
    }


def test_a_severity_can_be_changed(rendered: Mapping[str, Manifests]) -> None:
    (resource,) = of_kind(rendered["everything"], "PrometheusRule")
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in resource["spec"]["groups"][0]["rules"]}
    assert severities["RollcallDeadLetters"] == "info"
