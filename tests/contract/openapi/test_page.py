"""The page at /docs in a real browser: it shows every operation and event, and asks nobody else for anything."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.openapi.four import NAMES
from tests.support.services import Running

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
    "--virtual-time-budget=20000",
    "--dump-dom",
)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
@pytest.mark.parametrize("name", NAMES)
async def test_the_page_shows_every_operation_and_event(
    served: Mapping[str, Running], documents: Mapping[str, dict[str, Any]], name: str, tmp_path: Path
) -> None:
    browser = await asyncio.create_subprocess_exec(
        *(str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path}", f"{served[name].url}/docs"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    shown, said = await asyncio.wait_for(browser.communicate(), 60)
    page = shown.decode()
    assert documents[name]["info"]["title"] in page
    for methods in documents[name]["paths"].values():
        for operation in methods.values():
            assert operation["operationId"] in page
    _, events, _ = await served[name].request("GET", "/asyncapi.json")
    for channel in events["channels"].values():
        assert f"<code>{channel['address']}</code>" in page
        assert all(f"<summary><code>{type_}</code>" in page for type_ in channel["messages"])
    console = [line for line in said.decode(errors="replace").splitlines() if "CONSOLE" in line]
    assert not console, "nothing was refused by the page's policy"
