"""`python -m tests.cluster` (`make cluster`): deploy/README.md's commands, as they stand there, against a Kubernetes.

The API server, its controllers and its scheduler are Kubernetes' own, built from its sources. Nodes and what runs on
them are pretended, by kwok: pods are created, admitted, scheduled and called ready, and no container starts. Not run
are the commands that need a registry (1, 3), Strimzi's operators (played here) and MongoDB (5, restore).
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from deploy.local.backends import BackendError
from tests.cluster import binaries
from tests.cluster.control_plane import control_plane
from tests.cluster.story import Story


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    options.add_argument("--binaries", type=Path, help="a folder that has them already")
    asked = options.parse_args()
    try:
        programs = asked.binaries or binaries.built()
        asyncio.run(_run(programs))
    except (BackendError, AssertionError) as error:
        sys.exit(str(error))


async def _run(programs: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder:
        async with control_plane(programs, Path(folder)) as kubeconfig:
            await asyncio.to_thread(Story(programs, kubeconfig, Path(folder) / "work").play)


if __name__ == "__main__":
    main()
