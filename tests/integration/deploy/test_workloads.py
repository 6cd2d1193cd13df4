"""What every Deployment has around it, in every set of values."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chassis.serve import LEAVE_WITHIN
from device_events.handlers import runner
from tests.integration.deploy.value_sets import SETS
from tests.support.chart.renderer import Manifests
from tests.support.chart.restricted import pod_of

Manifest = Mapping[str, Any]
EACH_SET = pytest.mark.parametrize("name", SETS)


def of_kind(manifests: Manifests, *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def deployments(manifests: Manifests) -> Iterator[tuple[Manifest, Manifest, Manifest]]:
    """Each Deployment, its pods' spec and their container."""
    for deployment in of_kind(manifests, "Deployment"):
        pod = pod_of(deployment)
        assert pod
        (container,) = pod["containers"]
        yield deployment, pod, container


def variables(container: Manifest) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in container["env"]}


def selects(selector: Manifest, deployment: Manifest) -> bool:
    return bool(selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items())


@EACH_SET
def test_each_deployment_has_its_own_of_everything(rendered: Mapping[str, Manifests], name: str) -> None:
    for deployment, pod, _ in deployments(rendered[name]):
        own = {
            kind: [
                one
                for one in of_kind(rendered[name], kind)
                if one["metadata"]["name"] == deployment["metadata"]["name"]
            ]
            for kind in ("Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy")
        }
        assert {kind: len(found) for kind, found in own.items()} == dict.fromkeys(own, 1)
        assert own["ServiceAccount"][0]["automountServiceAccountToken"] is False
        assert pod["automountServiceAccountToken"] is False
        assert pod["serviceAccountName"] == own["ServiceAccount"][0]["metadata"]["name"]
        assert own["PodDisruptionBudget"][0]["spec"]["maxUnavailable"] == 1
        for kind, path in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
            assert selects(own[kind][0]["spec"][path]["matchLabels"], deployment)
        assert selects(own["Service"][0]["spec"]["selector"], deployment)
        assert {one["topologyKey"] for one in pod["topologySpreadConstraints"]} == {
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
        }


@EACH_SET
def test_selectors_tell_deployments_apart(rendered: Mapping[str, Manifests], name: str) -> None:
    for deployment, _, _ in deployments(rendered[name]):
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert [other for other, _, _ in deployments(rendered[name]) if selects(selector, other)] == [deployment]


@EACH_SET
def test_one_thing_scales_a_workload(rendered: Mapping[str, Manifests], name: str) -> None:
    scalers = of_kind(rendered[name], "HorizontalPodAutoscaler", "ScaledObject")
    scaled = [one["spec"]["scaleTargetRef"]["name"] for one in scalers]
    assert len(scaled) == len(set(scaled))
    for deployment, _, _ in deployments(rendered[name]):
        # Where something scales, a number here would be set again by every upgrade.
        assert (deployment["metadata"]["name"] in scaled) is ("replicas" not in deployment["spec"])


@EACH_SET
def test_a_stop_has_the_time_it_may_take(rendered: Mapping[str, Manifests], name: str) -> None:
    for _, pod, container in deployments(rendered[name]):
        told = variables(container)
        sleeps = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        taken = (
            sleeps
            + float(told.get("DRAIN_DELAY", 0))
            + float(told["SHUTDOWN_TIMEOUT"])
            + max(LEAVE_WITHIN, runner.LEAVE_WITHIN)
        )
        assert pod["terminationGracePeriodSeconds"] >= taken


@EACH_SET
def test_probes_ask_what_is_there(rendered: Mapping[str, Manifests], name: str) -> None:
    for _, _, container in deployments(rendered[name]):
        asked = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")}
        assert {get["port"] for get in asked.values()} == {"http"}
        # A backend that is away must not have pods killed.
        assert {probe: get["path"] for probe, get in asked.items()} == {
            "startup": "/health/live",
            "liveness": "/health/live",
            "readiness": "/health/ready",
        }
        assert container["readinessProbe"]["timeoutSeconds"] > 2
        assert variables(container)["PORT"] == str(container["ports"][0]["containerPort"])
        assert {"requests", "limits"} <= set(container["resources"])
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


@EACH_SET
def test_all_pods_are_shut_off_but_for_what_they_need(rendered: Mapping[str, Manifests], name: str) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(rendered[name], "NetworkPolicy")}
    deny = policies["rollcall-default-deny"]
    assert set(deny) == {"podSelector", "policyTypes"}
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    for deployment, _, _ in deployments(rendered[name]):
        assert selects(deny["podSelector"]["matchLabels"], deployment)
        own = policies[deployment["metadata"]["name"]]
        ports = {port["port"] for rule in own["egress"] for port in rule.get("ports", ())}
        assert {53, 27017} <= ports
        assert ports & {9092, 9093}
        assert (587 in ports) is (deployment["metadata"]["name"] == "rollcall-email-handlers")
        assert all(rule.get("from") for rule in own["ingress"])
        # Only what is called by others than Prometheus lets the ingress controller in.
        assert len(own["ingress"]) >= (1 if deployment["metadata"]["name"] == "rollcall-email-handlers" else 2)


def test_the_issuer_that_is_trusted_can_be_reached(rendered: Mapping[str, Manifests]) -> None:
    manifests = rendered["defaults"]
    (told,) = [
        variables(container) for one, _, container in deployments(manifests) if "push-reg" in one["metadata"]["name"]
    ]
    issuer, audience, address = told["OIDC_ISSUERS"].split("|")
    (admin,) = [
        variables(container) for one, _, container in deployments(manifests) if "admin" in one["metadata"]["name"]
    ]
    assert (issuer, audience) == (admin["TOKEN_ISSUER"], admin["TOKEN_AUDIENCE"])
    assert address == "http://rollcall-device-admin:80/myruntime/api/az/v1/jwks"
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(manifests, "NetworkPolicy")}
    labels = "app.kubernetes.io/name"
    let_in = [
        one for rule in policies["rollcall-device-admin"]["ingress"] for one in rule["from"] if "podSelector" in one
    ]
    assert [one["podSelector"]["matchLabels"][labels] for one in let_in] == ["push-registry"]
    let_out = [one for rule in policies["rollcall-push-registry"]["egress"] for one in rule.get("to", ())]
    assert "device-admin" in [one.get("podSelector", {}).get("matchLabels", {}).get(labels) for one in let_out]


def test_how_a_deployment_rolls_can_be_changed_for_one_service(rendered: Mapping[str, Manifests]) -> None:
    how = {
        one["metadata"]["labels"]["app.kubernetes.io/name"]: (
            one["spec"]["strategy"]["rollingUpdate"],
            one["spec"]["minReadySeconds"],
            one["spec"]["revisionHistoryLimit"],
        )
        for one, _, _ in deployments(rendered["everything"])
    }
    assert how.pop("contacts") == ({"maxUnavailable": "25%", "maxSurge": 0}, 0, 2)
    assert [*how.values()] == [({"maxUnavailable": 0, "maxSurge": 1}, 5, 5)] * 4


def test_the_job_of_the_indexes_is_the_operators_command(rendered: Mapping[str, Manifests]) -> None:
    for name, jobs in (("no operator, a Job, no TLS", 2), ("everything", 3)):
        found = {one["metadata"].get("name", "operator"): one for one in of_kind(rendered[name], "Job")}
        assert len(found) == jobs
        (job,) = [one for title, one in found.items() if "-indexes-" in title]
        pod = pod_of(job)
        assert pod
        assert pod["containers"][0]["args"] == ["rollcall", "indexes"]
        (uri,) = [
            item
            for volume in pod["volumes"]
            for source in volume.get("projected", {}).get("sources", ())
            for item in source["secret"]["items"]
            if item["path"] == "mongodb-uri"
        ]
        assert uri["key"] == "operator"
        policies = [
            one["spec"]["podSelector"]["matchLabels"]
            for one in of_kind(rendered[name], "NetworkPolicy")
            if "matchLabels" in one["spec"]["podSelector"]
        ]
        labels = job["spec"]["template"]["metadata"]["labels"]
        assert sum(one.items() <= labels.items() for one in policies) == 2  # its own, and the denial of all else
