"""Kubernetes' own programs, etcd, kwok and helm, built from their sources once and kept in the cache folder."""

import re
import shutil
import tempfile
from pathlib import Path

from deploy.local.backends import maven
from tests.support import golang

KUBERNETES = "1.34.2"
TOOLS = {
    "etcd": ("go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3@v3.6.5"),
    "kwok": ("sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok@v0.7.0"),
    "helm": ("helm.sh/helm/v3/cmd/helm", "helm.sh/helm/v3@v3.19.2"),
}
OWN = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
_STAGED = re.compile(r"(k8s\.io/[a-z-]+) => \./staging/src/k8s\.io/[a-z-]+")


def built() -> Path:
    """The folder of the programs, built if it is not there: a quarter of an hour of two cores, 3 GB of Go's caches.

    Raises BackendError.
    """
    folder = maven.cache_folder() / f"kubernetes-{KUBERNETES}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        coming = Path(place) / "bin"
        for name, (package, module) in TOOLS.items():
            print(f"Building {name} ...", flush=True)
            golang.build(Path(place) / name, package, module, coming / name)
        _build_kubernetes(Path(place) / "kubernetes", coming)
        coming.rename(folder)
    return folder


def _build_kubernetes(place: Path, folder: Path) -> None:
    print("Building Kubernetes ...", flush=True)
    place.mkdir()
    (place / "go.mod").write_text("module fetching\n")
    told = golang.run(["mod", "download", "-json", f"k8s.io/kubernetes@v{KUBERNETES}"], place)
    found = re.search(r'"Dir": "(.*)"', told)
    assert found
    source = place / "source"
    shutil.copytree(found[1], source)
    for path in (source, *source.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    # Its parts are modules of their own, which a module's archive leaves out.
    (source / "go.work").unlink(missing_ok=True)
    staged = f"v0.{KUBERNETES.partition('.')[2]}"
    project = source / "go.mod"
    project.write_text(_STAGED.sub(rf"\1 => \1 {staged}", project.read_text()))
    golang.run(
        ["build", "-trimpath", "-ldflags", _version(), "-o", f"{folder}/", *(f"./cmd/{one}" for one in OWN)], source
    )


def _version() -> str:
    major, minor, _ = KUBERNETES.split(".")
    parts = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s -w", *(f"-X k8s.io/component-base/version.{key}={value}" for key, value in parts.items())])
