"""Every manifest is what the API server of each version takes, and fits the restricted Pod Security Standard."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.integration.deploy.value_sets import SETS
from tests.support.chart.renderer import Manifests
from tests.support.chart.restricted import findings, pod_of
from tests.support.chart.schemas import PUBLISHED, VERSIONS, mistakes


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SETS)
def test_every_manifest_is_valid(rendered: Mapping[str, Manifests], name: str, version: str) -> None:
    assert [mistake for manifest in rendered[name] for mistake in mistakes(manifest, version)] == []


@pytest.mark.parametrize("name", SETS)
def test_every_pod_fits_the_restricted_profile(rendered: Mapping[str, Manifests], name: str) -> None:
    pods = [pod for manifest in rendered[name] if (pod := pod_of(manifest))]
    assert pods
    assert [finding for pod in pods for finding in findings(pod)] == []


def test_the_sets_bring_out_every_kind(rendered: Mapping[str, Manifests]) -> None:
    kinds = {manifest["kind"] for manifests in rendered.values() for manifest in manifests}
    own = {"ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy", "Service"}
    assert kinds == {*own, "PodDisruptionBudget", "ServiceAccount", "KafkaTopic", "KafkaUser", *PUBLISHED}


def _mutations(manifest: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    unknown, wrong, nowhere = (copy.deepcopy(manifest) for _ in range(3))
    unknown.get("spec", unknown)["misspelt"] = True
    yield "an unknown key", unknown
    wrong["metadata" if "spec" not in wrong else "spec"] = "text"
    yield "a wrong type", wrong
    nowhere["kind"] += "s"
    yield "an unknown kind", nowhere
    nowhere = copy.deepcopy(manifest)
    nowhere["apiVersion"] = nowhere["apiVersion"].replace("v1", "v0").replace("v2", "v1beta9")
    yield "an unknown version", nowhere


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_wrong_is_found_in_every_kind(rendered: Mapping[str, Manifests], version: str) -> None:
    kinds = {manifest["kind"]: manifest for manifests in rendered.values() for manifest in manifests}
    for kind, manifest in kinds.items():
        assert mistakes(manifest, version) == []
        for what, mutated in _mutations(manifest):
            assert mistakes(mutated, version), f"{kind}: {what}"
