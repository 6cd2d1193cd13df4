"""What a run proves, and that a run which leaves a gap fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import proof
from tests.contract.book import Entry, Ledger, Lines
from tests.contract.proof import Proof

ROOT = Path(__file__).parents[3]
ONE, TWO = Entry("push.one", "The first thing", Lines(((1, 1),))), Entry("push.two", "The second", Lines(((2, 2),)))
LEDGER = Ledger("push-registry", "made-up.txt", "", frozenset({1, 2}), Lines(()), (ONE, TWO))


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        ({}, proof.UNPROVEN),
        ({"a": ["passed"]}, proof.PROVEN),
        ({"a": ["passed"], "b": ["skipped"]}, proof.PROVEN),
        ({"a": ["skipped"], "b": ["skipped"]}, proof.UNPROVEN),
        ({"a": ["passed"], "b": ["failed"]}, proof.FAILED),
        ({"a": ["passed", "failed"]}, proof.FAILED),
        ({"a": ["failed", "passed"]}, proof.FAILED),
    ],
)
def test_an_entry_is_proven_when_a_test_of_it_passed_and_none_failed(
    outcomes: dict[str, list[str]], result: str
) -> None:
    run = Proof(marked={"a": ("push.one",), "b": ("push.one", "push.two")})
    for test, found in outcomes.items():
        for outcome in found:
            run.record(test, outcome)
    assert run.result("push.one") == result


def test_an_entry_without_a_test_is_missing_and_the_table_says_so() -> None:
    file = "tests/contract/push_registry/test_one.py"
    run = Proof(marked={f"{file}::test_a[1]": ("push.one",), f"{file}::test_a[2]": ("push.one",)})
    for test in run.marked:
        run.record(test, "passed")
    assert run.missing([LEDGER]) == ["push.two: NO TEST"]
    assert list(run.table(LEDGER)) == [
        "proven   | push.one | The first thing | push_registry/test_one.py::test_a",
        "NO TEST  | push.two | The second | nowhere",
    ]


LEDGER_FILE = """
document: {name: made-up-%(prefix)s.txt, sha256: "", lines: 1-2}
narrative: []
entries:
  - {id: %(prefix)s.one, statement: The first thing, lines: 1}
  - {id: %(prefix)s.two, statement: The second, lines: 2}
"""
TESTS = """
import pytest

@pytest.mark.ledger("push.one", "admin.one", "contacts.one", "mobile.one")
def test_one(): pass

@pytest.mark.parametrize("id", [pytest.param(1, marks=pytest.mark.ledger("push.two", "admin.two", "contacts.two"))])
def test_two(id): pass

@pytest.mark.ledger("mobile.two")
def test_three(): %s
"""
CONFTEST = """
def pytest_addoption(parser): parser.addoption("--ledger", action="store_true")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout with the framework, four ledgers and nothing else."""
    contract = tmp_path / "rollcall" / "tests" / "contract"
    (contract / "ledger").mkdir(parents=True)
    for name in ("book.py", "proof.py", "conftest.py", "test_ledger.py"):
        shutil.copy(ROOT / "tests" / "contract" / name, contract)
    (contract.parent / "conftest.py").write_text(CONFTEST)
    for service, prefix in (
        ("push-registry", "push"),
        ("device-admin", "admin"),
        ("contacts", "contacts"),
        ("mobile-platform", "mobile"),
    ):
        (contract / "ledger" / f"{service}.yaml").write_text(LEDGER_FILE % {"prefix": prefix})
    (tmp_path / "rollcall" / "pytest.ini").write_text(
        "[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\npythonpath = .\ntestpaths = tests\n"
        "markers =\n    ledger(*ids)\n"
    )
    return tmp_path / "rollcall"


def run(checkout: Path, tests: str, *arguments: str) -> tuple[int, str]:
    (checkout / "tests" / "contract" / "test_made_up.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        # Plugins would only make it slow, and none of the outer run's settings are meant for it.
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("tests/contract", "--ledger"), ("--ledger",)])
def test_a_run_that_proves_all_passes_and_prints_the_table(checkout: Path, arguments: tuple[str, ...]) -> None:
    code, output = run(checkout, TESTS % "pass", *arguments)
    assert code == 0, output
    assert "ledger: 8 statements, 8 proven" in output
    assert "proven   | mobile.two | The second | test_made_up.py::test_three" in output


def test_a_run_fails_when_the_only_test_of_an_entry_was_skipped(checkout: Path) -> None:
    code, output = run(checkout, TESTS % "pytest.skip('not now')")
    assert code == 1, output
    assert "mobile.two: UNPROVEN" in output


def test_a_run_of_some_tests_need_not_prove_all(checkout: Path) -> None:
    code, output = run(checkout, TESTS % "pytest.skip('not now')", "-k", "three or mark")
    assert code == 0, output
    code, output = run(checkout, TESTS % "pytest.skip('not now')", "tests/contract/test_made_up.py")
    assert code == 0, output


def test_workers_prove_together_what_each_has_a_share_of(checkout: Path) -> None:
    workers = ("tests/contract", "-p", "xdist", "-n", "2")
    code, output = run(checkout, TESTS % "pass", *workers, "--ledger")
    assert code == 0, output
    assert "ledger: 8 statements, 8 proven" in output
    code, output = run(checkout, TESTS % "pytest.skip('not now')", *workers)
    assert code == 1, output
    assert "mobile.two: UNPROVEN" in output


def test_an_entry_without_a_test_fails_a_test(checkout: Path) -> None:
    code, output = run(checkout, TESTS.replace('"mobile.two"', "") % "pass")
    assert code == 1
    assert "FAILED tests/contract/test_ledger.py::test_every_entry_has_a_test[mobile-platform]" in output
    assert "mobile.two: NO TEST" in output


def test_a_mark_that_names_no_entry_fails_a_test(checkout: Path) -> None:
    code, output = run(checkout, TESTS.replace('"mobile.two"', '"mobile.two", "mobile.three"') % "pass")
    assert code == 1
    assert "FAILED tests/contract/test_ledger.py::test_every_mark_names_an_entry" in output


def test_a_missing_ledger_fails_a_test(checkout: Path) -> None:
    (checkout / "tests" / "contract" / "ledger" / "contacts.yaml").unlink()
    code, output = run(checkout, TESTS % "pass")
    assert code == 1
    assert "the ledger contacts.yaml is missing" in output
    assert "test_every_mark_names_an_entry" not in output
