"""The guide for authors: its files are written as they are printed, its commands run, its answers compared."""

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path

from deploy.local.backends.ports import free_port
from deploy.local.service import IMPORTED_FROM, REPOSITORY
from device_events import KafkaConnection
from tests.integration.handlers.test_runner import told
from tests.support.polling import eventually
from tests.support.runners import a_trigger, trigger
from tests.support.topics import delete_topics

GUIDE = (REPOSITORY / "libs/device_events/handlers/README.md").read_text()
FILES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", GUIDE, re.DOTALL))
RUN, ASK = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
(ANSWER,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
OWN = ["welcome.dead-letters", "welcome.retries"]


def write_files(folder: Path) -> None:
    for name, text in FILES.items():
        (folder / name).write_text(text)


async def shell(command: str, folder: Path, **variables: str) -> asyncio.subprocess.Process:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return await asyncio.create_subprocess_exec(
        *("bash", "-euc", command),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": IMPORTED_FROM, **variables, "PATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def test_every_block_is_one_that_is_run_here() -> None:
    assert len(FILES) == len(re.findall(r"```python", GUIDE)) == 3
    assert len(re.findall(r"^```\w", GUIDE, re.MULTILINE)) == len(FILES) + 3


async def test_the_first_handler_runs_as_the_guide_says(
    kafka: KafkaConnection, kafka_bootstrap: str, tmp_path: Path
) -> None:
    write_files(tmp_path)
    port = free_port()
    (bootstrap,) = kafka.bootstrap_servers
    # `exec`, so that the signal at the end comes to the runner and not to its shell.
    command = RUN.replace("127.0.0.1:9092", bootstrap).replace("\npython ", "\nexec python ")
    assert command.count("exec") == 1
    runner = await shell(command, tmp_path, **told(kafka, PORT=str(port)))

    async def ready() -> bool:
        asked = await shell(ASK.replace("8080", str(port)), tmp_path)
        printed, _ = await asyncio.wait_for(asked.communicate(), 10)
        return bool(json.loads(printed) == json.loads(ANSWER))

    try:
        await eventually(ready, within=40, every=0.2)
        await trigger(kafka, a_trigger("SendWelcomeEmail"), a_trigger("SendSomethingElse"))
        await eventually(lambda: (tmp_path / "welcomed.txt").read_text() == "Hello Jane, list 3\n", within=30)
        runner.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(runner.wait(), 30) == 0
    finally:
        if runner.returncode is None:
            runner.kill()
            await runner.communicate()
        await delete_topics(kafka_bootstrap, [kafka.name(name) for name in OWN])


async def test_the_tests_of_the_guide_pass(tmp_path: Path) -> None:
    write_files(tmp_path)
    running = await shell("python -m pytest -q -p no:cacheprovider test_shop.py", tmp_path)
    printed, _ = await asyncio.wait_for(running.communicate(), 60)
    assert running.returncode == 0, printed.decode()
    assert b"3 passed" in printed
