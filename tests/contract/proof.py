"""What a run proves: for each entry of the ledgers the tests marked with it, and how they came out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.contract.book import Entry, Ledger

PROVEN, FAILED, UNPROVEN, NO_TEST = "proven", "FAILED", "UNPROVEN", "NO TEST"


@dataclass
class Proof:
    """Collected over a session. `complete` says that all of tests/contract was collected, so nothing may be missing."""

    marked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    deselected: bool = False
    complete: bool = False

    def record(self, test: str, outcome: str) -> None:
        """Take the outcome of a test's setup, call or teardown: one failure is a failure whatever else came."""
        if self.outcomes.get(test) != "failed":
            self.outcomes[test] = outcome

    def as_plain(self) -> dict[str, Any]:
        """What `take_over` takes, from a worker that has seen only its share of the tests."""
        return asdict(self)

    def take_over(self, found: Mapping[str, Any]) -> None:
        """Every worker collects all tests and runs some."""
        self.marked |= {test: tuple(ids) for test, ids in found["marked"].items()}
        self.complete = found["complete"]
        for test, outcome in found["outcomes"].items():
            self.record(test, outcome)

    def tests_of(self, id: str) -> list[str]:
        """The tests marked with an entry."""
        return [test for test, ids in self.marked.items() if id in ids]

    def result(self, id: str) -> str:
        """How an entry stands: it is proven when a test of it passed and none failed."""
        tests = self.tests_of(id)
        outcomes = {self.outcomes.get(test) for test in tests}
        if not tests:
            return NO_TEST
        if "failed" in outcomes:
            return FAILED
        return PROVEN if "passed" in outcomes else UNPROVEN

    def missing(self, ledgers: Sequence[Ledger]) -> list[str]:
        """The entries that are not proven, with the reason."""
        results = ((entry.id, self.result(entry.id)) for ledger in ledgers for entry in ledger.entries)
        return [f"{id}: {result}" for id, result in results if result != PROVEN]

    def table(self, ledger: Ledger) -> Iterator[str]:
        """A line for each entry: result, id, statement, where it is proven."""
        for entry in ledger.entries:
            result = self.result(entry.id)
            yield f"{result:<8} | {entry.id} | {entry.statement} | {self._where(entry)}"

    def _where(self, entry: Entry) -> str:
        """The functions that prove it, each named once however many parameters it has."""
        functions = dict.fromkeys(test.partition("[")[0] for test in self.tests_of(entry.id))
        return ", ".join(one.removeprefix("tests/contract/") for one in functions) or "nowhere"
