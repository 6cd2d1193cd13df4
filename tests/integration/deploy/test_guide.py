"""What deploy/README.md shows is what the chart and the backends take."""

import re
from pathlib import Path
from typing import Any

import yaml

from tests.integration.deploy.test_alerts import exported
from tests.integration.deploy.test_workloads import deployments, of_kind
from tests.support.chart.renderer import CHART, ChartError, render
from tests.support.chart.schemas import VERSIONS, mistakes
from tests.support.secured.rights import table

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "deploy" / "README.md").read_text()


def block(language: str, holding: str) -> str:
    """The one example of this language that has this text."""
    (found,) = [one for one in re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL) if holding in one]
    return str(found)


def test_the_values_shown_make_a_whole_release() -> None:
    values: dict[str, Any] = yaml.safe_load(block("yaml", "trustedProxies"))
    (manifests,) = render(values)
    assert not isinstance(manifests, ChartError)
    assert len([*deployments(manifests)]) == 5
    # The Kafka that the guide makes is the one that the chart expects.
    kafka = {one["kind"]: one for one in yaml.safe_load_all(block("yaml", "KafkaNodePool"))}
    assert [mistake for one in kafka.values() for mistake in mistakes(one, VERSIONS[-1])] == []
    (cluster,) = {
        one["metadata"]["labels"]["strimzi.io/cluster"] for one in of_kind(manifests, "KafkaUser", "KafkaTopic")
    }
    assert kafka["Kafka"]["metadata"]["name"] == cluster
    (listener,) = kafka["Kafka"]["spec"]["kafka"]["listeners"]
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())["kafka"]
    assert defaults["bootstrapServers"] == f"{cluster}-kafka-bootstrap:{listener['port']}"
    assert defaults["caSecret"] == f"{cluster}-cluster-ca-cert"


def test_the_rights_shown_are_those_of_the_table() -> None:
    script = block("js", "createRole")
    assert re.findall(r'"([a-z-]+)": "([a-z_]+)"', script) == [*table()["mongodb"]["collections"].items()]
    (actions,) = re.findall(r"const actions = \[(.*)\]", script)
    assert re.findall(r'"(\w+)"', actions) == table()["mongodb"]["actions"]


def test_there_are_ten_commands() -> None:
    steps = block("sh", "kubectl create namespace")
    assert re.findall(r"^# (\d+) ", steps, re.MULTILINE) == [str(number) for number in range(1, 11)]
    assert len([line for line in steps.splitlines() if line and not line.startswith("#")]) == 10


def test_every_metric_that_is_named_exists() -> None:
    table_ = GUIDE.partition("## What to watch")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*`) \|", table_, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    bare = {name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum") for name in exported()}
    assert named <= bare
    # Nothing that a service counts is left out, but for when its series began.
    assert {name for name in bare if not name.endswith("_created")} <= named


def test_every_file_that_is_named_exists() -> None:
    paths = set(re.findall(r"`((?:libs|services|deploy|tests)/[\w./-]+)`", GUIDE)) - {"deploy/scale.md"}
    assert [path for path in paths if not (ROOT / path).exists()] == []
