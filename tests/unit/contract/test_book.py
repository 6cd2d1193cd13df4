"""Each mistake that a ledger can have is seen, and named."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract import book
from tests.contract.book import LedgerError

# Lines 1, 3, 4, 6 and 7 are written; 2 and 5 are blank.
DOCUMENT = b"Title\n\nAn unknown thing answers 404, whatever else is wrong with the call.\nSecond\n\nThird\nFourth"
ENTRY = {"id": "push.update.unknown", "statement": "No such thing: 404", "lines": "3-4"}
LEDGER = {
    "document": {"name": "made-up.txt", "sha256": hashlib.sha256(DOCUMENT).hexdigest(), "lines": "1,3-4,6-7"},
    "narrative": ["1", "6-7"],
    "entries": [ENTRY],
}


def written(folder: Path, changes: dict[str, Any], *, service: str = "push-registry") -> book.Ledger:
    """The ledger above with changes, as it is read from its file."""
    (folder / f"{service}.yaml").write_text(yaml.safe_dump({**LEDGER, **changes}))
    return book.read(service, folder)


def test_nothing_is_wrong_with_a_right_ledger(tmp_path: Path) -> None:
    ledger = written(tmp_path, {})
    assert book.mistakes(ledger) == []
    assert book.differences(ledger, DOCUMENT) == []


def test_a_range_may_run_over_blank_lines_and_lists_may_be_written_in_several_ways(tmp_path: Path) -> None:
    ledger = written(tmp_path, {"narrative": "1, 4-6", "entries": [{**ENTRY, "lines": [3, "7"]}]})
    assert book.mistakes(ledger) == []


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"entries": []}, "line 3 is neither claimed nor narrative"),
        ({"narrative": ["1", "6"]}, "line 7 is neither claimed nor narrative"),
        ({"narrative": None}, "line 1 is neither claimed nor narrative"),
        ({"narrative": ["1", "4-7"]}, "line 4 is both claimed and narrative"),
        ({"narrative": ["1-2", "6-7"]}, "narrative: line 2 is blank or not in the document"),
        ({"narrative": ["1", "6-8"]}, "narrative: line 8 is blank or not in the document"),
        ({"entries": [{**ENTRY, "lines": "2-4"}]}, "push.update.unknown: line 2 is blank or not in the document"),
        ({"entries": [{**ENTRY, "lines": "3-99"}]}, "push.update.unknown: line 99 is blank or not in the document"),
        ({"entries": [{**ENTRY, "id": "admin.update"}]}, "'admin.update': an id begins with 'push.'"),
        ({"entries": [{**ENTRY, "id": "push.Update"}]}, "'push.Update': an id begins with 'push.'"),
    ],
)
def test_a_wrong_ledger_is_seen(tmp_path: Path, changes: dict[str, Any], mistake: str) -> None:
    assert any(found.startswith(mistake) for found in book.mistakes(written(tmp_path, changes)))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"entries": {}}, "entries: must be a list"),
        ({"entries": ["push.update"]}, "entry 1: must be a mapping"),
        ({"entries": [{**ENTRY, "line": "3"}]}, "entry 1: must have id, lines, statement"),
        ({"entries": [{**ENTRY, "statement": " "}]}, "statement must be a text"),
        ({"entries": [{**ENTRY, "statement": ["a"]}]}, "statement must be a text"),
        ({"entries": [{**ENTRY, "lines": ""}]}, "lines must name at least one line"),
        ({"entries": [{**ENTRY, "lines": "4-3"}]}, "'4-3' runs backwards"),
        ({"entries": [{**ENTRY, "lines": "three"}]}, "'three' is no line and no range of lines"),
        ({"entries": [{**ENTRY, "lines": "0"}]}, "'0' is no line and no range of lines"),
        ({"document": {"name": "made-up.txt"}}, "document: must have lines, name, sha256"),
        ({"more": 1}, "must have document, entries, narrative"),
    ],
)
def test_a_ledger_of_another_form_is_refused(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(LedgerError, match=problem):
        written(tmp_path, changes)


def test_a_missing_ledger_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"the ledger contacts\.yaml is missing"):
        book.read("contacts", tmp_path)
    assert book.read_all(tmp_path) == []


def test_a_ledger_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "contacts.yaml").write_text("entries: [")
    with pytest.raises(LedgerError, match=r"contacts\.yaml is no YAML"):
        book.read("contacts", tmp_path)


def test_an_id_that_two_entries_have_is_seen(tmp_path: Path) -> None:
    one = written(tmp_path, {"entries": [ENTRY, {**ENTRY, "lines": "3"}]})
    assert book.repeated_ids([one]) == ["push.update.unknown"]
    assert book.repeated_ids([written(tmp_path, {}), written(tmp_path, {}, service="contacts")]) == [ENTRY["id"]]


@pytest.mark.parametrize(
    ("document", "difference"),
    [
        (DOCUMENT + b"\nFifth", "line 8 is not blank, but not among the ledger's"),
        (DOCUMENT.replace(b"Second", b" "), "line 4 is blank or not in the document"),
        (DOCUMENT.replace(b"Second", b"second"), "made-up.txt has another sha256"),
    ],
)
def test_another_document_is_seen(tmp_path: Path, document: bytes, difference: str) -> None:
    found = book.differences(written(tmp_path, {}), document)
    assert any(one.startswith(difference) for one in found)


def test_the_vendors_own_words_are_seen(tmp_path: Path) -> None:
    copied = "an unknown thing answers 404, whatever else is wrong with the call"
    ledger = written(tmp_path, {"entries": [{**ENTRY, "statement": copied}]})
    assert book.differences(ledger, DOCUMENT) == ["push.update.unknown: the statement is copied from the document"]


def test_a_mark_that_names_no_entry_is_seen(tmp_path: Path) -> None:
    marked = {"test_a": ("push.update.unknown", "push.updat"), "test_b": ("admin.unread",)}
    assert book.unknown_marks([written(tmp_path, {})], marked) == ["test_a: push.updat"]
    assert book.unknown_marks([written(tmp_path, {})], {"test_c": ("no.such-service",)}) == ["test_c: no.such-service"]
