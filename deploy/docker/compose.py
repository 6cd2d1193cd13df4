"""docker-compose.yml as a system of its own: under its own project name, on ports that nobody uses, gone at the end."""

import os
import subprocess
from collections.abc import Sequence

from deploy.docker.engine import docker
from deploy.local.backends import BackendError
from deploy.local.options import NAMES
from deploy.local.service import REPOSITORY

HEALTHY_WITHIN = 600
LAST_LINES = 15
# Published on any free port, so that neither `make run` nor another compose system is in the way.
ANY_PORT = {f"{name.upper().replace('-', '_')}_PORT": "" for name in (*NAMES, "mailpit", "balancer")}
# Whatever bears the project's name, and how it is listed.
KINDS = {
    "container": ("ps", "--all", "--format", "{{.Names}}"),
    "volume": ("volume", "ls", "--format", "{{.Name}}"),
    "network": ("network", "ls", "--format", "{{.Name}}"),
}


class Compose:
    """One project. Its methods raise BackendError with what docker said."""

    def __init__(self, project: str, *, replicas: int = 1) -> None:
        """`replicas` of push-registry, behind the balancer if they are several."""
        self._command = ["compose", "--project-name", project]
        self._project = project
        self.replicas = replicas
        if replicas > 1:
            self._command += ["--profile", "scale-out"]

    def require(self) -> None:
        """Raises BackendError if this machine cannot run it, or if the project is there already."""
        docker("version", "--format", "{{.Server.Version}}")
        try:
            docker("compose", "version")
        except BackendError:
            raise BackendError("Docker Compose v2 is missing: `docker compose version` must answer.") from None
        if there := self.left():
            raise BackendError(
                f"{self._project} is there already: {', '.join(there)}. Perhaps another demo runs. If none does: "
                f"docker compose -p {self._project} --profile '*' down --volumes"
            )

    def up(self) -> None:
        """Start everything and wait until it is healthy; docker shows how far it is."""
        arguments = ("up", "--detach", "--no-build", "--wait", "--wait-timeout", str(HEALTHY_WITHIN), "--scale")
        ran = subprocess.run(
            ["docker", *self._command, *arguments, f"push-registry={self.replicas}"],
            cwd=REPOSITORY,
            env={**os.environ, **ANY_PORT},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if ran.returncode:
            raise BackendError(f"docker compose up ended with {ran.returncode}.\n{self.last_words()}")

    def url(self, service: str, port: int) -> str:
        """Where this port of a service is published, on the loopback interface."""
        return f"http://{self._compose('port', service, str(port))}"

    def last_words(self) -> str:
        """The end of each container's log, for whoever wants to know what happened."""
        return self._compose("logs", "--no-color", "--tail", str(LAST_LINES))

    def down(self) -> None:
        """Take it down with its data. Raises BackendError naming whatever is left."""
        self._compose("down", "--volumes", "--remove-orphans")
        if left := self.left():
            raise BackendError(f"docker compose down left behind: {', '.join(left)}")

    def left(self) -> Sequence[str]:
        """The containers, volumes and networks that there are of it."""
        label = f"label=com.docker.compose.project={self._project}"
        return [
            f"{kind} {name}"
            for kind, listed in KINDS.items()
            for name in docker(*listed, "--filter", label).splitlines()
        ]

    def _compose(self, *arguments: str) -> str:
        return docker(*self._command, *arguments, env=ANY_PORT)
