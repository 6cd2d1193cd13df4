"""The checker of the restricted Pod Security Standard finds each violation, and nothing in a good pod."""

import copy
from typing import Any

import pytest

from tests.support.chart.restricted import findings, pod_of

GOOD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
    "volumes": [{"name": "tmp", "emptyDir": {}}],
    "containers": [
        {
            "name": "one",
            "ports": [{"containerPort": 8080}],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            "livenessProbe": {"httpGet": {"path": "/", "port": 8080}},
        }
    ],
}


def test_a_good_pod_has_no_findings() -> None:
    assert findings(GOOD) == []
    assert findings(GOOD | {"initContainers": GOOD["containers"]}) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"hostNetwork": True}, "pod: hostNetwork"),
        ({"hostPID": True}, "pod: hostPID"),
        ({"hostIPC": True}, "pod: hostIPC"),
        ({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, "volume v: hostPath"),
        ({"volumes": [{"name": "v", "nfs": {}}]}, "volume v: nfs"),
        ({"securityContext": {"runAsNonRoot": True}}, "container one: seccompProfile"),
        ({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}, "container one: runAsNonRoot"),
    ],
)
def test_a_pod(changed: dict[str, Any], found: str) -> None:
    assert findings(GOOD | changed) == [found]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"runAsUser": 0}, "pod: runAsUser 0"),
        ({"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}, "pod: sysctl kernel.msgmax"),
        ({"seLinuxOptions": {"type": "spc_t"}}, "pod: seLinuxOptions"),
        ({"windowsOptions": {"hostProcess": True}}, "pod: hostProcess"),
        ({"appArmorProfile": {"type": "Unconfined"}}, "pod: appArmorProfile"),
        ({"seccompProfile": {"type": "Unconfined"}}, "container one: seccompProfile"),
    ],
)
def test_a_pods_security_context(changed: dict[str, Any], found: str) -> None:
    assert findings(GOOD | {"securityContext": GOOD["securityContext"] | changed}) == [found]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"privileged": True}, "container one: privileged"),
        ({"procMount": "Unmasked"}, "container one: procMount"),
        ({"allowPrivilegeEscalation": True}, "container one: allowPrivilegeEscalation"),
        ({"allowPrivilegeEscalation": None}, "container one: allowPrivilegeEscalation"),
        ({"runAsNonRoot": False}, "container one: runAsNonRoot"),
        ({"runAsUser": 0}, "container one: runAsUser 0"),
        ({"seccompProfile": {"type": "Unconfined"}}, "container one: seccompProfile"),
        ({"capabilities": {}}, "container one: capabilities are not dropped"),
        ({"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}, "container one: capabilities SYS_ADMIN"),
        ({"seLinuxOptions": {"user": "root"}}, "container one: seLinuxOptions"),
    ],
)
@pytest.mark.parametrize("kind", ["containers", "initContainers", "ephemeralContainers"])
def test_a_containers_security_context(kind: str, changed: dict[str, Any], found: str) -> None:
    container = copy.deepcopy(GOOD["containers"][0])
    container["securityContext"] |= changed
    assert findings(GOOD | {kind: [container]}) == [found]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"ports": [{"hostPort": 80}]}, "container one: hostPort"),
        ({"startupProbe": {"tcpSocket": {"host": "h"}}}, "container one: host in startupProbe"),
        ({"lifecycle": {"preStop": {"httpGet": {"host": "h"}}}}, "container one: host in preStop"),
    ],
)
def test_a_container(changed: dict[str, Any], found: str) -> None:
    assert findings(GOOD | {"containers": [GOOD["containers"][0] | changed]}) == [found]


def test_pods_are_found_wherever_they_are_made() -> None:
    template = {"template": {"spec": GOOD}}
    assert pod_of({"kind": "Pod", "spec": GOOD}) == GOOD
    assert pod_of({"kind": "Deployment", "spec": template}) == GOOD
    assert pod_of({"kind": "CronJob", "spec": {"jobTemplate": {"spec": template}}}) == GOOD
    assert pod_of({"kind": "Service", "spec": {}}) is None
    assert pod_of({"kind": "ConfigMap"}) is None
