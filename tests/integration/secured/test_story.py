"""The whole story over TLS, with logins, and with nothing but the rights of deploy/rights.yaml."""

import json
from pathlib import Path

from deploy.local.demo import play
from tests.support.secured.backends import Secured
from tests.support.secured.stack import stack


async def test_the_story_comes_true_with_least_rights(backends: Secured, folder: Path) -> None:
    async with stack(folder / "story", backends) as running:
        assert await play(running.record) == []
    for name, log in running.logs().items():
        lines = [json.loads(line) for line in log.splitlines()]
        assert lines[-1]["event"] == "stopped", name
        assert [line for line in lines if line["level"] not in ("debug", "info")] == [], name
