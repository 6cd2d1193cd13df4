"""Apache Kafka from Maven Central, fetched once and kept in a cache folder."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.backends import maven
from deploy.local.backends.server import BackendError

KAFKA_VERSION = "4.3.1"
NEEDS_JAVA = 17
HERE = Path(__file__).parent


def jars_folder() -> Path:
    """The folder of the jars of this version; it exists only once it is complete."""
    return maven.cache_folder() / f"kafka-{KAFKA_VERSION}"


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
    return maven.jars_of("Apache Kafka", HERE / "kafka-pom.xml", jars_folder(), **{"kafka.version": KAFKA_VERSION})
