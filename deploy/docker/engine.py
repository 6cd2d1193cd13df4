"""The docker command: our image built by it, and what it says when something goes wrong."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.backends import BackendError
from deploy.local.service import REPOSITORY

IMAGE = "rollcall"
DOCKERFILE = "deploy/docker/Dockerfile"
PIPS_OWN = "/etc/pip.conf"
LAST_LINES = 30


def docker(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What it prints. Raises BackendError with the end of what it said if it fails, or is not there."""
    try:
        ran = subprocess.run(
            ["docker", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise BackendError("docker is missing: install Docker Engine with Docker Compose v2.") from None
    if ran.returncode:
        said = "\n".join(ran.stderr.splitlines()[-LAST_LINES:])
        raise BackendError(f"docker {' '.join(arguments)} ended with {ran.returncode}:\n{said}")
    return ran.stdout.strip()


def build(tag: str = IMAGE, *options: str) -> None:
    """Build the image from what lies here. Raises BackendError."""
    arguments = ["build", "--file", DOCKERFILE, "--tag", tag, *_secrets(), *options, "."]
    docker(*arguments, env={"DOCKER_BUILDKIT": "1"})


def _secrets() -> Sequence[str]:
    """The package index and the authority that pip uses on this machine; neither stays in the image."""
    files = {
        "pip.conf": os.environ.get("PIP_CONFIG_FILE") or PIPS_OWN,
        "ca.pem": os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or "",
    }
    return [
        word for name, file in files.items() if Path(file).is_file() for word in ("--secret", f"id={name},src={file}")
    ]
