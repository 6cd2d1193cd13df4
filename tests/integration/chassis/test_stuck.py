"""A stop that would never end is cut short, and settings that cannot be kept to end a process at its start."""

import asyncio
import os
import signal
import sys
import time

from chassis.serve import CUT_SHORT
from deploy.local.backends.ports import answers, free_port
from deploy.local.service import IMPORTED_FROM, REPOSITORY
from tests.support.polling import eventually

LEAVE_WITHIN = 1.5  # seconds
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((IMPORTED_FROM, str(REPOSITORY)))}


async def started(port: int, *before: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(*before, sys.executable, "-m", "tests.integration.chassis.stuck", str(port), str(LEAVE_WITHIN)),
        env=ENVIRONMENT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_stop_that_hangs_is_cut_short_at_its_bound() -> None:
    port = free_port()
    process = await started(port)
    try:
        await eventually(lambda: answers(port), within=30)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 20)
        bound = 0.2 + 0.3 + LEAVE_WITHIN
        assert bound - 0.1 <= time.monotonic() - began < bound + 2
        assert process.returncode == CUT_SHORT
        assert b"stop_cut_short" in out + err
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_process_that_may_not_open_that_many_files_says_so_at_its_start() -> None:
    limited = ("bash", "-c", 'ulimit -n 500; exec "$@"', "-")
    process = await started(free_port(), *limited)
    _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert b"MAX_CONNECTIONS" in err
