"""The schemas that manifests are held against: Kubernetes' own by version, and those of custom resources.

A key that a schema does not know is a mistake, and so is a kind for which there is no schema.
"""

import functools
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.support.chart import strimzi
from tests.support.chart.renderer import need

VERSIONS = ("1.34.0", "1.35.0", "1.36.0", "1.37.0")
# Published by their projects as part of Go modules.
KEDA = ("github.com/kedacore/keda/v2@v2.21.0", "config/crd/bases/keda.sh_{}.yaml")
PROMETHEUS = (
    "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    "example/prometheus-operator-crd/monitoring.coreos.com_{}.yaml",
)
PUBLISHED = {
    "ScaledObject": (*KEDA, "scaledobjects"),
    "TriggerAuthentication": (*KEDA, "triggerauthentications"),
    "ServiceMonitor": (*PROMETHEUS, "servicemonitors"),
    "PrometheusRule": (*PROMETHEUS, "prometheusrules"),
}
FETCHED_WITHIN = 120  # seconds
Schema = dict[str, Any]


def mistakes(manifest: Mapping[str, Any], version: str) -> list[str]:
    """Everything that is wrong with a manifest for this version of Kubernetes."""
    validator = _validator(manifest["apiVersion"], manifest["kind"], version)
    if validator is None:
        return [f"no schema for {manifest['apiVersion']} {manifest['kind']}"]
    return [
        f"{manifest['kind']}: {'.'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator.iter_errors(manifest)
    ]


@functools.cache
def _validator(api_version: str, kind: str, version: str) -> Any:
    schema = _custom(api_version, kind) if "." in api_version.partition("/")[0] else None
    schema = schema or _of_kubernetes(api_version, kind, version)
    return jsonschema_rs.validator_for(schema) if schema else None


def _of_kubernetes(api_version: str, kind: str, version: str) -> Schema | None:
    need("kubernetes_validate")
    group, _, number = api_version.rpartition("/")
    name = f"{kind}-{group.partition('.')[0]}-{number}" if group else f"{kind}-{number}"
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}-local-strict"
    file = folder / f"{name.lower()}.json"
    if not file.is_file():
        return None
    schema = _loaded(file)
    return {key: part for key, part in schema.items() if key != "$id"} | {"$defs": _definitions(version)}


@functools.cache
def _definitions(version: str) -> Schema:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}-local-strict"
    definitions: Schema = _loaded(folder / "_definitions.json")["$defs"]
    return definitions


def _loaded(file: Traversable) -> Schema:
    """The file's schema, pointing into itself where it points into that of all definitions."""
    schema: Schema = json.loads(file.read_text().replace('"/api/_definitions.json#/', '"#/'))
    return schema


@functools.cache
def _custom(api_version: str, kind: str) -> Schema | None:
    if kind in PUBLISHED:
        definition = published(kind)
    elif kind in strimzi.MODELS:
        definition = strimzi.definition(kind)
    else:
        return None
    return next(_versions(definition, api_version), None)


def published(kind: str) -> Mapping[str, Any]:
    """The definition of a kind of PUBLISHED, as its project has it."""
    module, path, plural = PUBLISHED[kind]
    definition: Mapping[str, Any] = yaml.safe_load((_module(module) / path.format(plural)).read_text())
    return definition


def _versions(definition: Mapping[str, Any], api_version: str) -> Iterator[Schema]:
    spec = definition["spec"]
    for version in spec["versions"]:
        if version["served"] and f"{spec['group']}/{version['name']}" == api_version:
            schema: Schema = _strict(version["schema"]["openAPIV3Schema"])
            # The API server knows what metadata are, and the definition does not.
            schema["properties"]["metadata"] = {"type": "object"}
            yield schema


def _strict(schema: Any) -> Any:
    """As the API server reads it when it checks fields: no unknown ones, and numbers where texts may be too."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _strict(part) for key, part in schema.items()}
    known = made.get("type") == "object" and isinstance(made.get("properties"), dict)
    if known and not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if made.get("x-kubernetes-int-or-string"):
        made = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    return made


@functools.cache
def _module(module: str) -> Path:
    go = shutil.which("go")
    if go is None:
        need("go, which fetches the definitions of custom resources")
    ran = subprocess.run(
        [str(go), "mod", "download", "-json", module],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FETCHED_WITHIN,
        check=False,
    )
    if ran.returncode:
        pytest.fail(f"{module} cannot be fetched: {ran.stdout}{ran.stderr}")
    return Path(json.loads(ran.stdout)["Dir"])
