"""What the pods are told is what the services take, and nothing secret stands in a manifest."""

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.helm import secrets
from deploy.local.roster import FILES
from device_events.handlers.settings import read_settings
from email_handlers.handlers import handlers
from tests.integration.deploy.test_workloads import deployments, of_kind, variables
from tests.integration.deploy.value_sets import SETS
from tests.support.chart.renderer import CHART, Manifests
from tests.support.chart.restricted import pod_of
from tests.support.secured.certificates import Authority

DEPLOYABLES = yaml.safe_load((CHART / "files" / "deployables.yaml").read_text())
EACH_SET = pytest.mark.parametrize("name", SETS)


@pytest.fixture(scope="session")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The Secrets' keys and values, as deploy/README.md has them made."""
    folder = tmp_path_factory.mktemp("secret")
    authority = Authority(folder / "authority")
    certificate, key = authority.issue("client")
    pem = {"ca.crt": authority.file, "user.crt": certificate, "user.key": key}
    folder /= "files"
    secrets.write(folder, {"alice": "mfpadmin"}, {"app": "devices.read,push.application.myapp"})
    written = {path.name: path.read_text() for path in folder.iterdir()}
    uris = dict.fromkeys(DEPLOYABLES, "mongodb://someone:password@mongodb:27017/?replicaSet=rs0")
    catalogue = yaml.safe_load((CHART / "values.yaml").read_text())["catalogue"]
    texts = {"password": "a password", "smtp-password": "another", "catalogue.yaml": yaml.safe_dump(catalogue)}
    return {**written, **uris, **texts, **{name: path.read_text() for name, path in pem.items()}}


def mounted(pod: Mapping[str, Any], secret: Mapping[str, str], manifests: Manifests, folder: Path) -> None:
    """Lay the pod's volumes into a folder, as the kubelet would; a key that does not exist fails."""
    places = {mount["name"]: folder / mount["mountPath"][1:] for mount in pod["containers"][0]["volumeMounts"]}
    for volume in pod["volumes"]:
        place = places[volume["name"]]
        place.mkdir(parents=True, exist_ok=True)
        if "configMap" in volume:
            maps = {one["metadata"]["name"]: one["data"] for one in of_kind(manifests, "ConfigMap")}
            for key, text in maps[volume["configMap"]["name"]].items():
                (place / key).write_text(text)
        given = [source["secret"] for source in volume.get("projected", {}).get("sources", ())]
        for item in (item for one in [*given, volume.get("secret", {})] for item in one.get("items", ())):
            (place / item["path"]).write_text(secret[item["key"]])


@EACH_SET
def test_each_service_accepts_what_it_is_told(
    rendered: Mapping[str, Manifests],
    name: str,
    secret: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in os.environ:
        monkeypatch.delenv(variable)
    for deployment, pod, container in deployments(rendered[name]):
        folder = tmp_path / deployment["metadata"]["name"]
        folder.mkdir()
        mounted(pod, secret, rendered[name], folder)
        (module,) = container["args"]
        with monkeypatch.context() as environment:
            for variable, value in variables(container).items():
                if value is not None:
                    environment.setenv(variable, value.replace("/run/rollcall", f"{folder}/run/rollcall"))
            if module == "email_handlers":
                settings = read_settings(handlers).runner
            else:
                settings = importlib.import_module(f"{module}.settings").Settings.from_env()
        assert settings.port == container["ports"][0]["containerPort"]


@EACH_SET
def test_nothing_secret_stands_in_a_manifest(rendered: Mapping[str, Manifests], name: str) -> None:
    assert of_kind(rendered[name], "Secret") == []
    for manifest in rendered[name]:
        for container in (pod_of(manifest) or {"containers": []})["containers"]:
            told = variables(container)
            for secret_one in ("MONGODB_URI", "PASSWORD", "_KEY", "KEYS", "USERS", "CLIENTS"):
                named = [variable for variable in told if secret_one in variable]
                assert all(variable.endswith("_FILE") for variable in named)
                assert all(str(told[variable]).startswith("/run/rollcall/secrets/") for variable in named)


def test_nobody_is_handed_a_secret_that_it_has_no_use_for() -> None:
    for name, files in FILES.items():
        of_secrets = [variable for variable in files if variable != "CATALOGUE_FILE"]
        assert sorted(DEPLOYABLES[name]["files"]) == sorted(of_secrets)
        assert DEPLOYABLES[name]["catalogue"] is True
    assert DEPLOYABLES["email-handlers"]["files"] == []
