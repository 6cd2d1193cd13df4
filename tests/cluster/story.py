"""From nothing to a release, an upgrade and back, and a restore's commands, as deploy/README.md has them."""

import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.local.service import REPOSITORY
from tests.cluster.database import PEOPLE, Database
from tests.cluster.mongosh import at_a_terminal
from tests.integration.deploy.test_guide import block
from tests.support.chart import schemas, strimzi

NAMESPACE = "rollcall"
DEPLOYABLES = ("push-registry", "device-admin", "contacts", "mobile-platform", "email-handlers")
WITHIN, SETTLES_WITHIN = 150, 90  # seconds: for one command, and until what it asked for is there


class Story:
    """`play()` raises AssertionError at the first command that does not do what the guide says."""

    def __init__(self, programs: Sequence[Path], kubeconfig: Path, database: Database, folder: Path) -> None:
        self._folder = folder
        self._database = database
        self._variables = {
            **os.environ,
            "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
            "KUBECONFIG": str(kubeconfig),
            "HELM_CACHE_HOME": str(folder / "helm"),
            "ADMIN_URI": database.uri,
            "BACKUP_URI": database.uri_of("backup"),
        }
        folder.mkdir()
        for name in ("deploy", "libs", "services", ".venv"):
            (folder / name).symlink_to(REPOSITORY / name)
        for name, language, holding in (
            ("kafka.yaml", "yaml", "KafkaNodePool"),
            ("values.yaml", "yaml", "trustedProxies"),
            ("rights.js", "js", "createRole"),
        ):
            (folder / name).write_text(block(language, holding))

    def play(self) -> None:
        """Everything, one after the other."""
        steps = _steps()
        self._define()
        self._run(steps[2])
        beside = threading.Thread(target=self._call_kafka_ready)
        beside.start()
        self._run(steps[4])
        beside.join()
        self._make_people(steps[5])
        self._run(steps[6])
        self._run(steps[7])
        self._write_uris()
        self._run(steps[8])
        self._be_the_user_operator()
        said = self._run(steps[9])
        assert "Warning" not in said, said
        self._run(steps[10])
        self._require_pods(dict.fromkeys(DEPLOYABLES, 2), "1.0.0")
        self._require_spread()
        self._require_admitted_as_restricted()
        upgrade, back = [line.partition("  #")[0] for line in block("sh", "helm upgrade").splitlines() if line]
        self._run(upgrade)
        self._require_pods(dict.fromkeys(DEPLOYABLES, 2), "1.1.0")
        self._run(back)
        self._require_pods(dict.fromkeys(DEPLOYABLES, 2), "1.0.0")
        self._restore()
        print("\nthe guide was followed to its end", flush=True)

    def _define(self) -> None:
        """The kinds that are not Kubernetes' own, by their projects' definitions."""
        for kind in strimzi.MODELS:
            self._create(strimzi.definition(kind))
        for kind in schemas.PUBLISHED:
            self._create(schemas.published(kind))

    def _call_kafka_ready(self) -> None:
        """As Strimzi's operator does, once the cluster is there."""
        ready = json.dumps({"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
        kubectl = f"kubectl patch -n {NAMESPACE} kafka/rollcall --subresource=status --type=merge -p '{ready}'"
        self._bash(f"until {kubectl}; do sleep 0.2; done")

    def _be_the_user_operator(self) -> None:
        """The Secrets of the users and of the cluster's authority."""
        for name in (*DEPLOYABLES, "operator"):
            self._create(_secret(f"rollcall-{name}", {"password": secrets.token_hex(8)}))
        self._create(_secret("rollcall-cluster-ca-cert", {"ca.crt": "a certificate"}))
        self._create(_secret("mongodb-ca", {"ca.crt": "a certificate"}))

    def _make_people(self, command: str) -> None:
        """MongoDB's roles and users, whose passwords somebody types."""
        print(f"$ {command}", flush=True)
        passwords = [self._database.passwords[name] for name in PEOPLE]
        at_a_terminal(
            command, place=self._folder, variables=self._variables, prompt="Enter password", answers=passwords
        )
        self._database.require_rights()
        print(f"    {', '.join(PEOPLE)} may do what deploy/rights.yaml says", flush=True)

    def _write_uris(self) -> None:
        folder = self._folder / "secrets" / "mongodb"
        folder.mkdir(parents=True)
        for name in (*DEPLOYABLES, "operator"):
            (folder / name).write_text(self._database.uri_of(name))

    def _require_pods(self, wanted: Mapping[str, int], tag: str) -> None:
        """So many ready pods each, of this image, and no others of Rollcall's; an autoscaler looks every 15 s."""
        self._eventually(lambda: self._ready(tag) == wanted, lambda: f"{self._ready(tag)} pods are ready, not {wanted}")
        print(f"    ready pods of {tag}: {wanted}", flush=True)

    def _ready(self, tag: str) -> dict[str, int]:
        ready: dict[str, int] = {}
        for pod in self._list("pods", "-l app.kubernetes.io/part-of=rollcall"):
            conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", ())}
            images = {one["image"] for one in pod["spec"]["containers"]}
            if "deletionTimestamp" not in pod["metadata"] and conditions.get("Ready") == "True":
                name = pod["metadata"]["labels"]["app.kubernetes.io/name"]
                name += "" if images == {f"registry.example.com/rollcall:{tag}"} else f" of {images}"
                ready[name] = ready.get(name, 0) + 1
        return ready

    def _require_spread(self) -> None:
        """No two pods of one service on one node."""
        nodes = [
            (pod["metadata"]["labels"]["app.kubernetes.io/name"], pod["spec"]["nodeName"])
            for pod in self._list("pods", "-l app.kubernetes.io/part-of=rollcall")
        ]
        assert len(set(nodes)) == len(nodes), nodes

    def _require_admitted_as_restricted(self) -> None:
        """Whether the API server would let all of it into a namespace that enforces the restricted profile."""
        label = f"kubectl label --dry-run=server --overwrite namespace {NAMESPACE}"
        said = self._run(f"{label} pod-security.kubernetes.io/enforce=restricted 2>&1")
        assert "violate" not in said, said

    def _restore(self) -> None:
        """A copy; then everything down, the copy back, the operator's Job twice, up again."""
        self._database.fill()
        self._run(block("sh", "mongodump"))
        (copy,) = self._folder.glob("rollcall-*.gz")
        lines = [line.partition("   #")[0].strip() for line in block("sh", "mongorestore").splitlines()]
        lines = [line for line in lines if line and not line.startswith("#") and "scaledobject" not in line]
        down, restore, define, *commands, up = lines
        self._run(down)
        self._require_pods({}, "1.0.0")
        self._database.spoil()
        (archive,) = re.findall(r"--archive=(\S+)", restore)
        copy.rename(self._folder / archive)
        self._run(restore)
        self._database.require_filled()
        for command in commands:
            self._run(f"{define}\n{command}")
        ran = sorted(job["spec"]["template"]["spec"]["containers"][0]["args"] for job in self._list("jobs", ""))
        assert ran == [["rollcall", "reconcile"], ["rollcall", "reconcile", "--dry-run", "--json"]], ran
        self._run(up)
        self._run(f"kubectl rollout status -n {NAMESPACE} deploy --timeout=120s")
        self._require_pods({**dict.fromkeys(DEPLOYABLES, 2), **self._operators()}, "1.0.0")

    def _operators(self) -> Mapping[str, int]:
        """Pods of the Jobs: kwok has them run for ever."""
        pods = self._list("pods", "-l app.kubernetes.io/name=operator")
        return {"operator": len(pods)} if pods else {}

    def _create(self, manifest: Mapping[str, Any]) -> None:
        subprocess.run(
            ["kubectl", "create", "-n", NAMESPACE, "-f", "-"],
            env=self._variables,
            input=yaml.safe_dump(dict(manifest)),
            text=True,
            capture_output=True,
            check=True,
        )

    def _list(self, kind: str, selector: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._bash(f"kubectl get {kind} -n {NAMESPACE} {selector} -o json"))[
            "items"
        ]
        return sorted(found, key=lambda one: str(one["metadata"]["creationTimestamp"]))

    def _run(self, command: str) -> str:
        print(f"$ {command}", flush=True)
        said = self._bash(command)
        print("".join(f"    {line}\n" for line in said.splitlines()), end="", flush=True)
        return said

    def _bash(self, command: str) -> str:
        ran = subprocess.run(
            [shutil.which("bash") or "sh", "-euc", command],
            cwd=self._folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert ran.returncode == 0, f"$ {command}\n{ran.stdout}"
        return ran.stdout

    @staticmethod
    def _eventually(check: Callable[[], bool], problem: Callable[[], str]) -> None:
        deadline = time.monotonic() + SETTLES_WITHIN
        while not check():
            assert time.monotonic() < deadline, f"not within {SETTLES_WITHIN} s: {problem()}"
            time.sleep(0.5)  # each look is a process of kubectl's


def _steps() -> Mapping[int, str]:
    """The ten commands by their numbers."""
    found = re.findall(r"^# (\d+) .*\n(.*)$", block("sh", "kubectl create namespace"), re.MULTILINE)
    return {int(number): command for number, command in found}


def _secret(name: str, values: Mapping[str, str]) -> dict[str, Any]:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
