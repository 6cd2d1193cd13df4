"""The demo finds its mails in a folder of files and in Mailpit's list alike."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.local.demo.calls import Surprise
from deploy.local.demo.mailbox import Mailbox, mailbox

ADA, BOB = "ada@example.com", "bob@example.com"
MAILS = [(ADA, "Welcome"), (BOB, "Welcome, Bob"), (ADA, "Welcome again")]


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest_asyncio.fixture(params=["folder", "mailpit"])
async def mails(
    request: pytest.FixtureRequest, session: aiohttp.ClientSession, tmp_path: Path
) -> AsyncIterator[Mailbox]:
    if request.param == "folder":
        for number, (to, subject) in enumerate(MAILS):
            (tmp_path / f"{number}.eml").write_text(f"To: {to}\nSubject: {subject}\n\nHello\n")
        yield mailbox({"mailbox": str(tmp_path)}, session)
        return
    async with TestServer(mailpit(MAILS)) as server:
        yield mailbox({"mailpit": str(server.make_url("")).rstrip("/")}, session)


def mailpit(mails: list[tuple[str, str]]) -> web.Application:
    """What is used of Mailpit's answer to GET /api/v1/messages."""

    async def listed(_: web.Request) -> web.Response:
        messages: list[dict[str, Any]] = [
            {"ID": str(number), "To": [{"Name": "", "Address": to}], "Subject": subject}
            for number, (to, subject) in enumerate(mails)
        ]
        return web.json_response({"total": len(messages), "messages": messages[::-1]})

    app = web.Application()
    app.router.add_get("/api/v1/messages", listed)
    return app


async def test_the_newest_mail_about_something_is_found(mails: Mailbox) -> None:
    assert await mails.subject(ADA, "welcome") == "Welcome again"
    assert await mails.subject(BOB, "welcome") == "Welcome, Bob"


async def test_no_mail_to_another_and_none_about_something_else(mails: Mailbox) -> None:
    assert await mails.subject("eve@example.com", "welcome") is None
    assert await mails.subject(ADA, "lost") is None


async def test_a_mail_catcher_that_does_not_answer_is_a_surprise(session: aiohttp.ClientSession) -> None:
    async with TestServer(web.Application()) as server:
        with pytest.raises(Surprise, match="Mailpit"):
            await mailbox({"mailpit": str(server.make_url("")).rstrip("/")}, session).subject(ADA, "welcome")
