"""What keeps a pod out of a namespace that enforces the restricted Pod Security Standard.

Each finding is `where: what`. The rules are the standard's own, those of its baseline included, for pods of Linux.
"""

from collections.abc import Iterator, Mapping
from typing import Any

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
PROFILES = {"RuntimeDefault", "Localhost"}
Manifest = Mapping[str, Any]


def pod_of(manifest: Manifest) -> Manifest | None:
    """The spec of the pods that a resource makes; None if it makes none."""
    spec: Manifest = manifest.get("spec") or {}
    if manifest["kind"] == "Pod":
        return spec
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    found: Manifest | None = (spec.get("template") or {}).get("spec")
    return found if found and "containers" in found else None


def findings(pod: Manifest) -> list[str]:
    """Everything about a pod's spec that the restricted standard does not allow."""
    return [*_of_pod(pod), *(finding for container in _containers(pod) for finding in _of_container(container, pod))]


def _containers(pod: Manifest) -> Iterator[Manifest]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(kind) or ()


def _of_pod(pod: Manifest) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"pod: {name}"
    for volume in pod.get("volumes") or ():
        if kinds := set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']}: {', '.join(sorted(kinds))}"
    context = pod.get("securityContext") or {}
    for sysctl in context.get("sysctls") or ():
        if sysctl["name"] not in SYSCTLS:
            yield f"pod: sysctl {sysctl['name']}"
    yield from _of_either("pod", context)


def _of_either(where: str, context: Manifest) -> Iterator[str]:
    """What neither a pod's security context nor a container's may say."""
    selinux = context.get("seLinuxOptions") or {}
    if selinux.get("type", "") not in SELINUX or selinux.get("user") or selinux.get("role"):
        yield f"{where}: seLinuxOptions"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield f"{where}: hostProcess"
    if (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault") not in PROFILES:
        yield f"{where}: appArmorProfile"
    if context.get("runAsUser") == 0:
        yield f"{where}: runAsUser 0"


def _of_container(container: Manifest, pod: Manifest) -> Iterator[str]:
    where = f"container {container['name']}"
    own, shared = container.get("securityContext") or {}, pod.get("securityContext") or {}
    yield from _of_either(where, own)
    if own.get("privileged"):
        yield f"{where}: privileged"
    if own.get("procMount", "Default") != "Default":
        yield f"{where}: procMount"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{where}: allowPrivilegeEscalation"
    if own.get("runAsNonRoot", shared.get("runAsNonRoot")) is not True:
        yield f"{where}: runAsNonRoot"
    if (own.get("seccompProfile") or shared.get("seccompProfile") or {}).get("type") not in PROFILES:
        yield f"{where}: seccompProfile"
    capabilities = own.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()):
        yield f"{where}: capabilities are not dropped"
    if added := set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield f"{where}: capabilities {', '.join(sorted(added))}"
    if any(port.get("hostPort") for port in container.get("ports") or ()):
        yield f"{where}: hostPort"
    yield from _hosts_asked(where, container)


def _hosts_asked(where: str, container: Manifest) -> Iterator[str]:
    """Probes and hooks that ask another host than their pod."""
    lifecycle = container.get("lifecycle") or {}
    asking = {
        **{name: container.get(name) for name in ("startupProbe", "livenessProbe", "readinessProbe")},
        **{name: lifecycle.get(name) for name in ("postStart", "preStop")},
    }
    for name, handler in asking.items():
        if any((handler or {}).get(how, {}).get("host") for how in ("httpGet", "tcpSocket")):
            yield f"{where}: host in {name}"
