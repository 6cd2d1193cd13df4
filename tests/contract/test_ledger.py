"""The ledgers are complete and true of their documents, and tests and ledgers know each other."""

import pytest

from tests.contract import book
from tests.contract.conftest import PROOF
from tests.contract.proof import Proof

SERVICES = pytest.mark.parametrize("service", book.PREFIXES)


@pytest.fixture
def proof(pytestconfig: pytest.Config) -> Proof:
    return pytestconfig.stash[PROOF]


@SERVICES
def test_every_written_line_is_claimed_or_narrative(service: str) -> None:
    assert book.mistakes(book.read(service)) == []


@SERVICES
def test_the_ledger_is_about_the_document_as_it_is(service: str) -> None:
    ledger = book.read(service)
    document = book.DOCUMENTS / ledger.document
    if not document.exists():
        pytest.skip("the vendors' documents are not beside this checkout")
    assert book.differences(ledger, document.read_bytes()) == []


def test_no_two_entries_have_one_id() -> None:
    assert book.repeated_ids(book.read_all()) == []


def test_every_mark_names_an_entry(proof: Proof) -> None:
    assert book.unknown_marks(book.read_all(), proof.marked) == []


@SERVICES
def test_every_entry_has_a_test(proof: Proof, service: str) -> None:
    if not proof.complete:
        pytest.skip("only some of the contract's tests were collected")
    assert [entry.id for entry in book.read(service).entries if not proof.tests_of(entry.id)] == []
