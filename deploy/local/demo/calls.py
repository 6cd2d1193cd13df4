"""HTTP as the demo's people speak it."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what the JSON body holds."""

    status: int
    data: Any

    def require(self, *statuses: int) -> "Answer":
        """This answer, if it has one of these statuses. Raises Surprise."""
        if self.status not in statuses:
            raise Surprise(f"answered {self.status} instead of {' or '.join(map(str, statuses))}: {self.data}")
        return self


class Surprise(Exception):
    """A service answered what the story does not foresee."""


class Calls:
    """Calls services by their name in stack.json, as one of the people named there."""

    def __init__(self, record: Mapping[str, Any], session: aiohttp.ClientSession) -> None:
        """`record` is what stack.json holds."""
        self._services: Mapping[str, str] = record["services"]
        self._credentials: Mapping[str, list[str]] = record["credentials"]
        self._session = session

    def basic(self, who: str) -> str:
        """The Authorization header of a person in stack.json."""
        return f"Basic {b64encode(':'.join(self._credentials[who]).encode()).decode()}"

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        authorization: str,
        *,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request. Raises Surprise if the service cannot be spoken with."""
        try:
            async with self._session.request(
                method,
                self._services[service] + path,
                headers={"Authorization": authorization, **(headers or {})},
                data=form,
                json=body,
            ) as answer:
                return Answer(answer.status, await answer.json(content_type=None) if await answer.read() else None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Surprise(f"{service} cannot be spoken with: {error!r}") from error
