"""etcd, Kubernetes' API server, controllers and scheduler, and kwok, each a process on the loopback interface."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.local.backends.ports import LOOPBACK, answers, free_port
from deploy.local.backends.server import Server

TOKEN = "administrator"
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: here, user: administrator}}}}]
clusters: [{{name: here, cluster: {{server: "https://{address}", insecure-skip-tls-verify: true}}}}]
users: [{{name: administrator, user: {{token: {token}}}}}]
"""
NODES = """\
{{"apiVersion": "v1", "kind": "List", "items": [{items}]}}
"""
NODE = """\
{{"apiVersion": "v1", "kind": "Node", "metadata": {{"name": "node-{n}",
 "annotations": {{"kwok.x-k8s.io/node": "fake"}},
 "labels": {{"kubernetes.io/hostname": "node-{n}", "topology.kubernetes.io/zone": "zone-{n}"}}}},
 "status": {{"allocatable": {{"cpu": "16", "memory": "64Gi", "pods": "110"}},
             "capacity": {{"cpu": "16", "memory": "64Gi", "pods": "110"}}}}}}
"""


class Program(Server):
    """One of the programs; `arguments` may name {port} and {data}."""

    def __init__(self, name: str, programs: Path, folder: Path, arguments: str) -> None:
        self.name = name
        super().__init__(folder / name, folder / "logs")
        self._program, self._arguments = programs / name, arguments

    def command(self) -> list[str]:
        """The program, with its arguments filled in."""
        words = self._arguments.split()
        return [str(self._program), *(word.format(port=self.port, data=self.data) for word in words)]

    async def ready(self) -> bool:
        """Whether it listens."""
        return await answers(self.port)


class ApiServer(Program):
    """Ready when it says so of all its parts."""

    async def ready(self) -> bool:
        """Its own /readyz."""
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        headers = {"Authorization": f"Bearer {TOKEN}"}
        try:
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.get(f"https://{self.address}/readyz", ssl=unchecked) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


@contextlib.asynccontextmanager
async def control_plane(programs: Path, folder: Path) -> AsyncIterator[Path]:
    """A cluster with three nodes, in three zones; yields the kubeconfig of its administrator. Raises BackendError."""
    key, tokens, kubeconfig = folder / "accounts.key", folder / "tokens.csv", folder / "kubeconfig"
    key.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
    )
    tokens.write_text(f'{TOKEN},administrator,1,"system:masters"\n')
    peer = free_port()
    etcd = Program(
        "etcd",
        programs,
        folder,
        f"--data-dir {{data}} --unsafe-no-fsync --listen-peer-urls http://{LOOPBACK}:{peer} "
        f"--initial-advertise-peer-urls http://{LOOPBACK}:{peer} --initial-cluster default=http://{LOOPBACK}:{peer} "
        f"--listen-client-urls http://{LOOPBACK}:{{port}} --advertise-client-urls http://{LOOPBACK}:{{port}}",
    )
    api = ApiServer(
        "kube-apiserver",
        programs,
        folder,
        f"--etcd-servers http://{etcd.address} --bind-address {LOOPBACK} --secure-port {{port}} --cert-dir {{data}} "
        f"--service-account-issuer https://{LOOPBACK} --service-account-key-file {key} "
        f"--service-account-signing-key-file {key} --service-cluster-ip-range 10.0.0.0/24 --authorization-mode RBAC "
        f"--token-auth-file {tokens} --endpoint-reconciler-type none",
    )
    kubeconfig.write_text(KUBECONFIG.format(address=api.address, token=TOKEN))
    own = f"--kubeconfig {kubeconfig} --leader-elect=false --bind-address {LOOPBACK} --secure-port {{port}} "
    async with etcd, api, contextlib.AsyncExitStack() as stack:
        apply(programs, kubeconfig, NODES.format(items=",".join(NODE.format(n=n) for n in (1, 2, 3))))
        others = (
            Program(
                "kube-controller-manager",
                programs,
                folder,
                own + f"--cert-dir {{data}} --service-account-private-key-file {key} "
                # kwok renews no leases, and pods on nodes that are late with theirs are called not ready.
                "--node-monitor-grace-period 24h",
            ),
            Program("kube-scheduler", programs, folder, own + "--cert-dir {data}"),
            Program(
                "kwok",
                programs,
                folder,
                f"--kubeconfig {kubeconfig} --manage-all-nodes --server-address {LOOPBACK}:{{port}}",
            ),
        )
        await asyncio.gather(*(stack.enter_async_context(one) for one in others))
        yield kubeconfig


def apply(programs: Path, kubeconfig: Path, manifests: str) -> None:
    """Create these."""
    command = [str(programs / "kubectl"), f"--kubeconfig={kubeconfig}", "create", "-f", "-"]
    subprocess.run(command, input=manifests, text=True, capture_output=True, check=True)
