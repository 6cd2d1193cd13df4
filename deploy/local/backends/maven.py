"""What Maven Central has, fetched once and kept in a cache folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.local.backends.server import BackendError

FETCHED_WITHIN = 300
REPOSITORY = Path(__file__).parents[3]


def cache_folder() -> Path:
    """Where what was fetched is kept: ROLLCALL_CACHE, so that checkouts can share it, else inside the repository."""
    return Path(os.environ.get("ROLLCALL_CACHE") or REPOSITORY / ".rollcall" / "cache")


def jars_of(what: str, pom: Path, jars: Path, **properties: str) -> Path:
    """The jars that a project file needs, in the folder `jars`, fetched if that is not there. Raises BackendError."""
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if not maven:
        raise BackendError(f"{what} is fetched by Maven, and there is no mvn on the PATH.")
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent) as folder:
        coming = Path(folder) / "jars"
        _copy_dependencies(what, maven, Path(shutil.copy(pom, Path(folder) / "pom.xml")), coming, properties)
        try:
            coming.rename(jars)
        except OSError:
            if not jars.is_dir():  # else another run was quicker
                raise
    return jars


def _copy_dependencies(what: str, maven: str, pom: Path, jars: Path, properties: Mapping[str, str]) -> None:
    command = [
        *(maven, "--batch-mode", "--quiet", "--file", str(pom)),
        *(f"-D{name}={value}" for name, value in properties.items()),
        *(f"-DoutputDirectory={jars}", "dependency:copy-dependencies"),
    ]
    try:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=FETCHED_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise BackendError(f"Maven did not fetch {what} within {FETCHED_WITHIN} s.") from None
    if ran.returncode != 0 or not jars.is_dir():
        raise BackendError(f"Maven could not fetch {what}: {(ran.stdout + ran.stderr).strip()[:600]}")
