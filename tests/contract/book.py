"""The ledgers: what each vendor's document states, and which of its lines say so. Mistakes are listed."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "ledger"
DOCUMENTS = ROOT.parent / "shared" / "seeds"
PREFIXES = {"push-registry": "push", "device-admin": "admin", "contacts": "contacts", "mobile-platform": "mobile"}
_ID = re.compile(r"[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)+")
_RANGE = re.compile(r"(?P<first>[1-9][0-9]*)(?:\s*-\s*(?P<last>[1-9][0-9]*))?")
_TOP, _DOCUMENT, _ENTRY = (
    {"document", "narrative", "entries"},
    {"name", "sha256", "lines"},
    {"id", "statement", "lines"},
)
COPIED_FROM = 40  # characters: a shorter statement may happen to stand in the document too


class LedgerError(ValueError):
    """A ledger is missing, or is not in the form that all ledgers have."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Line numbers as ranges, each with its first and last line."""

    ranges: tuple[tuple[int, int], ...]

    @property
    def ends(self) -> set[int]:
        """The lines that are named; a range may run over blank lines between them."""
        return {end for one in self.ranges for end in one}

    @property
    def all(self) -> set[int]:
        """Every line, blank ones in between too."""
        return {line for first, last in self.ranges for line in range(first, last + 1)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One checkable statement, in our words."""

    id: str
    statement: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Ledger:
    """One service's document: `written` are its lines that are not blank."""

    service: str
    document: str
    sha256: str
    written: frozenset[int]
    narrative: Lines
    entries: tuple[Entry, ...]


def read(service: str, folder: Path = FOLDER) -> Ledger:
    """A service's ledger. Raises LedgerError."""
    path = folder / f"{service}.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LedgerError(f"the ledger {path.name} is missing") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path.name} is no YAML: {error}") from error
    top = _mapping(data, _TOP, path.name)
    document = _mapping(top["document"], _DOCUMENT, f"{path.name}: document")
    if not isinstance(top["entries"], list):
        _wrong(f"{path.name}: entries", "must be a list")
    return Ledger(
        service,
        str(document["name"]),
        str(document["sha256"]),
        frozenset(_lines(document["lines"], f"{path.name}: document: lines").all),
        _lines(top["narrative"], f"{path.name}: narrative"),
        tuple(_entry(one, f"{path.name}: entry {number}") for number, one in enumerate(top["entries"], start=1)),
    )


def read_all(folder: Path = FOLDER) -> list[Ledger]:
    """The ledgers that can be read; what is wrong with the others, a test of each says."""
    ledgers = []
    for service in PREFIXES:
        try:
            ledgers.append(read(service, folder))
        except LedgerError:
            continue
    return ledgers


def mistakes(ledger: Ledger) -> list[str]:
    """What is wrong with a ledger by itself: ids, lines that nobody claims, lines that cannot be claimed."""
    found = []
    prefix = PREFIXES[ledger.service] + "."
    for entry in ledger.entries:
        if not _ID.fullmatch(entry.id) or not entry.id.startswith(prefix):
            found.append(f"{entry.id!r}: an id begins with {prefix!r} and has small letters, digits, hyphens and dots")
        found += [f"{entry.id}: line {line} is blank or not in the document" for line in _strays(entry.lines, ledger)]
    found += [f"narrative: line {line} is blank or not in the document" for line in _strays(ledger.narrative, ledger)]
    claimed = {line for entry in ledger.entries for line in entry.lines.all}
    found += [f"line {line} is both claimed and narrative" for line in _known(claimed & ledger.narrative.all, ledger)]
    unclaimed = ledger.written - claimed - ledger.narrative.all
    return found + [f"line {line} is neither claimed nor narrative" for line in sorted(unclaimed)]


def repeated_ids(ledgers: Iterable[Ledger]) -> list[str]:
    """Ids that two entries have, in one ledger or in two."""
    counted = Counter(entry.id for ledger in ledgers for entry in ledger.entries)
    return sorted(id for id, times in counted.items() if times > 1)


def differences(ledger: Ledger, document: bytes) -> list[str]:
    """What a ledger says of its document that is not so, and statements that are the vendor's words."""
    text = document.decode("utf-8")
    written = {number for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    found = []
    if hashlib.sha256(document).hexdigest() != ledger.sha256:
        found.append(f"{ledger.document} has another sha256: {hashlib.sha256(document).hexdigest()}")
    found += [f"line {line} is not blank, but not among the ledger's" for line in sorted(written - ledger.written)]
    found += [f"line {line} is blank or not in the document" for line in sorted(ledger.written - written)]
    plain = _plain(text)
    copied = [one.id for one in ledger.entries if len(one.statement) >= COPIED_FROM and _plain(one.statement) in plain]
    return found + [f"{id}: the statement is copied from the document" for id in copied]


def unknown_marks(ledgers: Sequence[Ledger], marked: Mapping[str, Iterable[str]]) -> list[str]:
    """Marks that name no entry, as `test: id`. `marked` has the ids of each test.

    A mark of a ledger that cannot be read is passed over: that ledger has a failing test of its own.
    """
    known = {entry.id for ledger in ledgers for entry in ledger.entries}
    unread = tuple(f"{PREFIXES[service]}." for service in PREFIXES.keys() - {ledger.service for ledger in ledgers})
    wrong = ((test, id) for test, ids in marked.items() for id in ids if id not in known and not id.startswith(unread))
    return [f"{test}: {id}" for test, id in wrong]


def _strays(lines: Lines, ledger: Ledger) -> list[int]:
    return sorted(lines.ends - ledger.written)


def _known(lines: set[int], ledger: Ledger) -> list[int]:
    return sorted(lines & ledger.written)


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".")


def _entry(data: object, where: str) -> Entry:
    entry = _mapping(data, _ENTRY, where)
    if not isinstance(entry["statement"], str) or not entry["statement"].strip():
        _wrong(where, "statement must be a text")
    lines = _lines(entry["lines"], f"{where} ({entry['id']}): lines")
    if not lines.ranges:
        _wrong(where, "lines must name at least one line")
    return Entry(str(entry["id"]), " ".join(entry["statement"].split()), lines)


def _lines(value: object, where: str) -> Lines:
    parts = [part for one in (value if isinstance(value, list) else [value]) for part in str(one).split(",")]
    ranges = []
    for part in parts if value not in (None, "") else ():
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            _wrong(where, f"{part!r} is no line and no range of lines")
        first = int(match["first"])
        last = int(match["last"] or first)
        if last < first:
            _wrong(where, f"{part!r} runs backwards")
        ranges.append((first, last))
    return Lines(tuple(ranges))


def _mapping(value: object, names: set[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _wrong(where, "must be a mapping")
    if set(value) != names:
        _wrong(where, f"must have {', '.join(sorted(names))}, and has {', '.join(sorted(map(str, value)))}")
    return value


def _wrong(where: str, problem: str) -> NoReturn:
    raise LedgerError(f"{where}: {problem}")
