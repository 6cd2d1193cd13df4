"""A server does not outlive its starter, even one that had no time to tidy up."""

import asyncio
import sys
from pathlib import Path

import pytest

from deploy.local.backends.maven import REPOSITORY
from tests.support.polling import eventually
from tests.support.processes import is_running

STARTER = """
import asyncio, pathlib, sys
from deploy.local.backends import Mongod, Tansu
async def main(folder):
    for kind in (Mongod, Tansu):
        server = await kind(folder / kind.name, folder / "logs").start()
        print(server.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
async def test_killing_the_starter_ends_its_servers(tmp_path: Path) -> None:
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, str(tmp_path), cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout
    pids = [int(await asyncio.wait_for(starter.stdout.readline(), 30)) for _ in range(2)]
    assert all(is_running(pid) for pid in pids)
    starter.kill()
    await starter.wait()
    await eventually(lambda: not any(is_running(pid) for pid in pids))
