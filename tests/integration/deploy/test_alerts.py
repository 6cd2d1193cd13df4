"""Alerts ask for metrics that exist, and each has its runbook in deploy/README.md."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from chassis import service
from chassis.metrics import METRICS, Metrics
from tests.integration.deploy.test_workloads import of_kind
from tests.support.chart.renderer import Manifests

ROOT = Path(__file__).parents[3]
# Of kube-state-metrics, the node exporter and Prometheus itself.
OTHERS = {
    "kube_deployment_status_replicas_ready",
    "kube_deployment_status_replicas_unavailable",
    "node_timex_offset_seconds",
    "node_timex_sync_status",
    "up",
}
SOURCES = {"store": "chassis/aggregates.py", "relay": "chassis/relay.py", "settlement": "device_events/settlement.py"}


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
    return named - {"#"} | {"comparison_behind_kafka", "logins_failed_total", "logins_throttled_total"}


def rules(rendered: Mapping[str, Manifests]) -> list[Mapping[str, Any]]:
    (resource,) = of_kind(rendered["monitoring"], "PrometheusRule")
    found: list[Mapping[str, Any]] = resource["spec"]["groups"][0]["rules"]
    return found


def metrics_of(expression: str) -> set[str]:
    """The names that stand before a selector, a range or a comparison."""
    bare = re.sub(r"\b(by|on|without|ignoring) \([^)]*\)", "", re.sub(r"\{[^}]*\}", "{}", expression))
    words = re.findall(r"[a-z_]\w*(?=\s*\{|\s*\)|\s+[=<>])", bare)
    return {word for word in words if "_" in word or word == "up"}


def test_every_metric_of_an_alert_exists(rendered: Mapping[str, Manifests]) -> None:
    named = {name for rule in rules(rendered) for name in metrics_of(rule["expr"])}
    assert named - exported() - OTHERS == set()
    assert {"consumer_lag_records", "comparison_behind_kafka", "outbox_backlog_documents"} <= named
    # The pattern has found the metrics of each: none has passed for want of a name.
    assert all(metrics_of(rule["expr"]) for rule in rules(rendered))


def test_every_expression_selects_this_release(rendered: Mapping[str, Manifests]) -> None:
    for rule in rules(rendered):
        if "node_timex" not in rule["expr"]:
            selectors = re.findall(r"\{[^}]*\}", rule["expr"])
            assert selectors
            assert all('namespace="devices"' in one and "rollcall-.+" in one for one in selectors)
        assert [rule["expr"].count(one) for one in "([{"] == [rule["expr"].count(one) for one in ")]}"]


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
