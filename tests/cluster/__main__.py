"""`python -m tests.cluster` (`make cluster`): deploy/README.md's commands, as they stand there, against a Kubernetes.

The API server, its controllers and its scheduler are Kubernetes' own, built from its sources. Nodes and what runs on
them are pretended, by kwok: pods are created, admitted, scheduled and called ready, and no container starts. MongoDB,
its shell and its tools for copies are real. Not run are the commands that need a registry (1, 3); Strimzi's operators
are played here.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from secrets import token_urlsafe

from deploy.local.backends import BackendError
from tests.cluster import binaries, mongosh
from tests.cluster.control_plane import control_plane
from tests.cluster.database import Database
from tests.cluster.story import Story
from tests.support import mongo_tools
from tests.support.secured.certificates import Authority
from tests.support.secured.mongod import SecuredMongod


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    options.add_argument("--binaries", type=Path, help="a folder that has them already")
    asked = options.parse_args()
    try:
        asyncio.run(_run(asked.binaries or binaries.built(), [mongo_tools.built(), mongosh.folder()]))
    except (BackendError, AssertionError) as error:
        sys.exit(str(error))


async def _run(programs: Path, tools: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        authority = Authority(folder / "authority")
        async with (
            SecuredMongod(folder / "mongod", folder / "logs", authority, token_urlsafe(12)) as mongod,
            control_plane(programs, folder) as kubeconfig,
        ):
            story = Story([programs, *tools], kubeconfig, Database(mongod), folder / "work")
            await asyncio.to_thread(story.play)


if __name__ == "__main__":
    main()
