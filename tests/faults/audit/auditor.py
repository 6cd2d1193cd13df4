"""The auditor: balances what callers were told, what MongoDB holds and what Kafka holds, with code of its own.

Nothing under tests/faults/audit imports a package of the product: a mistake there cannot hide itself here.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests.faults.audit import effects, losses, mails, states
from tests.faults.audit.documents import Store
from tests.faults.audit.records import Log, Record
from tests.faults.figures import Figures
from tests.faults.journal import Journal


@dataclass(frozen=True)
class Auditor:
    """One row's."""

    log: Log
    store: Store
    mailbox: Path

    async def unsettled(self) -> list[str]:
        """What is still under way, a line each; empty once two looks in a row find all at rest and nothing moved."""
        found = await self._look()
        return found or await self._look()

    async def events(self) -> list[Record]:
        """Everything announced so far."""
        return await self.log.events()

    async def balance(self, journal: Journal, *, dead_letters: int = 0) -> Figures:
        """The figures as of now. So many `dead_letters` are expected of the row; any other number is stuck."""
        events = await self.log.events()
        documents = await self.store.documents()
        streams = losses.streams_of(events)
        figures = Figures(
            acknowledged=len(journal.acknowledged), duplicates=effects.deliveries_beyond_the_first(events)
        )
        figures.find("lost", *losses.unkept(journal, documents, events))
        figures.find("lost", *losses.unannounced(documents, streams))
        figures.find("lost", *losses.misremembered(journal, documents, streams))
        figures.find("phantom", *losses.uncounted(documents, events))
        figures.find("phantom", *losses.refused_and_announced(journal, events))
        figures.find("repeated", *effects.repeated(events), *effects.ended_twice(streams))
        figures.find("out_of_order", *states.topic_ends_older(events), *states.out_of_order(documents, events))
        figures.find("readable", *states.readable(documents, events))
        figures.find("stuck", *await self._look())
        letters = await self.log.dead_letters()
        if len(letters) != dead_letters:
            figures.find("stuck", *(letters or [f"{dead_letters} dead letters were expected, there is none"]))
        figures.find("failed", *journal.failed)
        await self._mails(figures, events)
        return figures

    async def _mails(self, figures: Figures, events: list[Record]) -> None:
        triggers = mails.wanted(events)
        came = await asyncio.to_thread(mails.delivered, self.mailbox)
        figures.find("lost", *mails.missing(triggers, came))
        figures.find("phantom", *mails.unasked(triggers, came))
        figures.mails_again = mails.again(came)

    async def _look(self) -> list[str]:
        found = await self.store.unsettled()
        return found or [f"{group} is {lag} records behind" for group, lag in (await self.log.lag()).items() if lag]
