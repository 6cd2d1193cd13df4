"""The ledger's side of a test run: collects what the marked tests prove, and fails a whole run that leaves a gap."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.contract import book
from tests.contract.proof import PROVEN, Proof

HERE = Path(__file__).parent
PROOF = pytest.StashKey[Proof]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the place for what is found."""
    config.stash[PROOF] = Proof()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """A run with a choice of tests cannot be asked to prove everything."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.config.stash[PROOF].deselected = True


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which test claims what, and whether every test file here takes part."""
    proof = session.config.stash[PROOF]
    own = [item for item in session.items if item.path.is_relative_to(HERE)]
    for item in own:
        if ids := tuple(str(id) for mark in item.iter_markers("ledger") for id in mark.args):
            proof.marked[item.nodeid] = ids
    proof.complete = set(HERE.rglob("test_*.py")) == {item.path for item in own} and not proof.deselected


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take every outcome. pytest asks a conftest only about the tests of its own folder."""
    report = yield
    if report.when == "call" or not report.passed:
        item.config.stash[PROOF].record(item.nodeid, report.outcome)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of a run on several cores (pytest-xdist) has ended: take over what it found."""
    if found := getattr(node, "workeroutput", {}).get("ledger"):
        node.config.stash[PROOF].take_over(found)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run of everything fails when an entry has no passing test."""
    proof = session.config.stash[PROOF]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["ledger"] = proof.as_plain()
        return
    ran = proof.complete and not session.config.option.collectonly
    if ran and proof.missing(book.read_all()) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table where it is asked for; otherwise only what is missing, and the count."""
    proof, ledgers = config.stash[PROOF], book.read_all()
    if config.getoption("ledger"):
        for ledger in ledgers:
            terminalreporter.section(f"ledger of {ledger.service} ({ledger.document})")
            for line in proof.table(ledger):
                terminalreporter.write_line(line)
    if not proof.complete:
        if config.getoption("ledger"):
            terminalreporter.write_line("ledger: not all of tests/contract was collected, so gaps are not judged")
        return
    missing = proof.missing(ledgers)
    entries = sum(len(ledger.entries) for ledger in ledgers)
    terminalreporter.section("ledger")
    terminalreporter.write_line(f"ledger: {entries} statements, {entries - len(missing)} {PROVEN}")
    for service in book.PREFIXES.keys() - {ledger.service for ledger in ledgers}:
        terminalreporter.write_line(f"ledger: {service} has none that can be read", red=True)
    for line in missing:
        terminalreporter.write_line(line, red=True)
