"""Reading what the mail catcher has: the local stack's keeps files, Mailpit answers by HTTP."""

from collections.abc import Mapping
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from deploy.local.demo.calls import Surprise


class Mailbox(Protocol):
    """Where the mails to everybody are."""

    async def subject(self, to: str, about: str) -> str | None:
        """The subject of the newest mail to this address whose subject says what it is about. Raises Surprise."""


class Folder:
    """The local stack's: one file a mail, its name beginning with its time."""

    def __init__(self, path: Path) -> None:
        """The folder need not have any."""
        self._path = path

    async def subject(self, to: str, about: str) -> str | None:
        """As in Mailbox."""
        for path in sorted(self._path.glob("*.eml"), reverse=True):
            mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes(), headersonly=True)
            if mail["To"] == to and about in str(mail["Subject"]).lower():
                return str(mail["Subject"])
        return None


class Mailpit:
    """The compose system's."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        """`url` is that of its page."""
        self._list = f"{url}/api/v1/messages"
        self._session = session

    async def subject(self, to: str, about: str) -> str | None:
        """As in Mailbox; Mailpit lists the newest first."""
        try:
            async with self._session.get(self._list) as answer:
                listed = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Surprise(f"Mailpit cannot be asked: {error!r}") from error
        for mail in listed["messages"]:
            if to in (receiver["Address"] for receiver in mail["To"]) and about in mail["Subject"].lower():
                return str(mail["Subject"])
        return None


def mailbox(smtp: Mapping[str, Any], session: aiohttp.ClientSession) -> Mailbox:
    """The one that stack.json describes under `smtp`."""
    return Mailpit(smtp["mailpit"], session) if "mailpit" in smtp else Folder(Path(smtp["mailbox"]))
