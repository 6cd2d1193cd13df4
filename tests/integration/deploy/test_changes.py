"""What a change of values does, and which values are refused."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deploy.test_workloads import deployments, of_kind
from tests.integration.deploy.value_sets import CATALOGUE, MAIL, SETS
from tests.support.chart.api_server import api_server
from tests.support.chart.renderer import CHART, ChartError, Manifests, command_line, render, rendered_by_command


def annotations(manifests: Manifests) -> dict[str, Mapping[str, str]]:
    return {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"].get("annotations", {})
        for one, _, _ in deployments(manifests)
    }


def both(*sets: Mapping[str, Any]) -> list[Manifests]:
    answers = render(*sets)
    return [answer for answer in answers if not isinstance(answer, ChartError)]


def test_another_catalogue_rolls_the_pods_that_read_it_and_no_others() -> None:
    before, after = (annotations(one) for one in both(MAIL, {**MAIL, "catalogue": CATALOGUE}))
    rolled = {name for name in before if before[name] != after[name]}
    assert rolled == {f"rollcall-{name}" for name in ("push-registry", "device-admin", "contacts", "mobile-platform")}


def test_another_revision_of_the_secrets_rolls_all_pods() -> None:
    before, after = (annotations(one) for one in both(MAIL, {**MAIL, "secrets": {"revision": "2"}}))
    assert [name for name in before if before[name] == after[name]] == []


def test_a_changed_secret_rolls_the_pods_that_have_it() -> None:
    names = ("rollcall", "rollcall-mongodb", "rollcall-cluster-ca-cert", "rollcall-contacts")
    secrets = {name: {"name": name, "uid": name, "resourceVersion": "1"} for name in names}
    seen = []
    with api_server(secrets) as kubeconfig:
        for changed in ("", "", "rollcall-contacts", "rollcall-cluster-ca-cert"):
            if changed:
                secrets[changed]["resourceVersion"] = "2"
            (manifests,) = render(MAIL, kubeconfig=kubeconfig)
            assert not isinstance(manifests, ChartError)
            seen.append(annotations(manifests))
    first, same, of_one, of_all = seen
    assert first == same
    assert [name for name in first if of_one[name] != same[name]] == ["rollcall-contacts"]
    assert [name for name in first if of_all[name] == of_one[name]] == []


def test_another_version_of_the_chart_alone_rolls_nothing(tmp_path: Path) -> None:
    newer = tmp_path / "rollcall"
    shutil.copytree(CHART, newer)
    about = (newer / "Chart.yaml").read_text()
    (newer / "Chart.yaml").write_text(about.replace("\nversion: 1.0.0", "\nversion: 1.0.1"))
    pods = []
    for chart in (CHART, newer):
        (manifests,) = render(MAIL, chart=chart)
        assert not isinstance(manifests, ChartError)
        pods.append({one["metadata"]["name"]: one["spec"]["template"] for one in of_kind(manifests, "Deployment")})
    assert pods[0] == pods[1]


IMAGES: Mapping[str, Mapping[str, str]] = {
    "rollcall:1.0.0": {},
    "r.example.com/rollcall:1.2": {"repository": "r.example.com/rollcall", "tag": "1.2"},
    f"rollcall@sha256:{'a' * 64}": {"tag": "1.2", "digest": f"sha256:{'a' * 64}"},
}


def test_the_image() -> None:
    for named, manifests in zip(IMAGES, both(*({**MAIL, "image": image} for image in IMAGES.values())), strict=True):
        assert {container["image"] for _, _, container in deployments(manifests)} == {named}


def test_the_ingress_has_the_vendors_paths_and_nothing_else(rendered: Mapping[str, Manifests]) -> None:
    (ingress,) = of_kind(rendered["ingress"], "Ingress")
    (rule,) = ingress["spec"]["rules"]
    paths = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert paths == {
        "/imfpush/v1": "rollcall-push-registry",
        "/mfpadmin/management-apis/2.0": "rollcall-device-admin",
        "/myruntime/api/az/v1": "rollcall-device-admin",
        "/other/api/az/v1": "rollcall-device-admin",
        "/contactLists": "rollcall-contacts",
        "/mobile/platform": "rollcall-mobile-platform",
    }
    assert rule["host"] == "devices.example.com"


def service(**values: Any) -> dict[str, Any]:
    return {**MAIL, "services": {"contacts": values}}


REFUSED = {
    "a key that is not meant": {**MAIL, "imagee": {}},
    "a key that is not meant, deeper": service(replica=3),
    "a service that does not exist": {**MAIL, "services": {"contact": {}}},
    "a wrong type": service(replicas="3"),
    "two scalers at once": service(autoscaling={"kind": "both"}),
    "a digest that is none": {**MAIL, "image": {"digest": "latest"}},
    "a port that needs root": service(port=80),
    "a password among the variables": service(env={"KAFKA_PASSWORD": "secret"}),
    "an unknown protocol": {**MAIL, "kafka": {"securityProtocol": "TLS"}},
    "no runtime": {**MAIL, "catalogue": {"runtimes": []}},
    "an unknown alert": {**MAIL, "monitoring": {"disabledAlerts": ["Nothing"]}},
    "no mail server": {},
    "no pod may come or go": service(rollingUpdate={"maxSurge": 0}),
    "less time than a stop may take": service(terminationGracePeriodSeconds=39),
}


def test_wrong_values_are_refused() -> None:
    answers = dict(zip(REFUSED, render(*REFUSED.values()), strict=True))
    assert [what for what, answer in answers.items() if not isinstance(answer, ChartError)] == []
    assert "smtp.host" in str(answers["no mail server"])
    assert "no pod can ever be replaced" in str(answers["no pod may come or go"])
    assert "40 seconds" in str(answers["less time than a stop may take"])


@pytest.mark.parametrize("name", SETS)
def test_the_command_renders_the_same(rendered: Mapping[str, Manifests], name: str, tmp_path: Path) -> None:
    helm = command_line()
    if helm is None:
        pytest.skip("no helm on the PATH: rendered by its code alone")
    assert rendered_by_command(helm, SETS[name], tmp_path) == rendered[name]
