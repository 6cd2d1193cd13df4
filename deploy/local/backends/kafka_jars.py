"""Apache Kafka from Maven Central, fetched once and kept in a cache folder."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.local.backends.server import BackendError

KAFKA_VERSION = "4.3.1"
NEEDS_JAVA = 17
FETCHED_WITHIN = 300
HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]


def cache_folder() -> Path:
    """Where what was fetched is kept: ROLLCALL_CACHE, so that checkouts can share it, else inside the repository."""
    return Path(os.environ.get("ROLLCALL_CACHE") or REPOSITORY / ".rollcall" / "cache")


def jars_folder() -> Path:
    """The folder of the jars of this version; it exists only once it is complete."""
    return cache_folder() / f"kafka-{KAFKA_VERSION}"


def java() -> str:
    """The Java to start the broker with; raises where there is none, or only one too old."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else None
    found = found or shutil.which("java")
    if not found:
        raise BackendError(f"Apache Kafka needs Java {NEEDS_JAVA} or newer, and there is no java on the PATH.")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    number = re.search(r'version "(\d+)', told)
    if not number or int(number[1]) < NEEDS_JAVA:
        raise BackendError(f"Apache Kafka needs Java {NEEDS_JAVA} or newer; this one says: {told.strip()[:80]}")
    return found


def fetched() -> bool:
    """Whether the broker can start without asking Maven Central."""
    return jars_folder().is_dir()


def fetch() -> Path:
    """The jars, from the cache or by Maven: renamed into place at the end, so half a download never counts."""
    return jars_of("Apache Kafka", HERE / "kafka-pom.xml", jars_folder(), **{"kafka.version": KAFKA_VERSION})


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
