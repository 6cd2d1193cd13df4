"""Every message catalogue is complete, keeps the placeholders, and is compiled from the text beside it."""

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from chassis.errors import Refusal

SERVICES = Path(__file__).parents[3] / "services"
LANGUAGES = {"de", "es", "fr", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW"}
FOLDERS = sorted(SERVICES.glob("*/locale"))
CATALOGUES = sorted(SERVICES.glob("*/locale/*/LC_MESSAGES/messages.po"))
each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.parent.name)
each_catalogue = pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: f"{path.parts[-5]}-{path.parts[-3]}")


def read(catalogue: Path) -> Catalog:
    with catalogue.open("rb") as file:
        return read_po(file)


def translations(catalogue: Path) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in read(catalogue) if message.id}


def spoken(service: str) -> set[str]:
    """The messages of a service's refusals, those in a folder of errors too."""
    package = import_module(f"{service}.errors")
    rooms = [package.__name__, *(f"{package.__name__}.{one.name}" for one in _modules(package))]
    kinds = (kind for room in rooms for kind in vars(import_module(room)).values() if isinstance(kind, type))
    return {kind.message for kind in kinds if issubclass(kind, Refusal) and kind.__module__ in rooms and _says(kind)}


def _modules(package: object) -> Iterator[pkgutil.ModuleInfo]:
    return iter(pkgutil.iter_modules(getattr(package, "__path__", [])))


def _says(kind: type[Refusal]) -> bool:
    return hasattr(kind, "message")


def texts(service: str) -> set[str]:
    """Every text that stands in a service's code."""
    nodes = (node for file in (SERVICES / service).rglob("*.py") for node in ast.walk(ast.parse(file.read_text())))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_there_are_catalogues() -> None:
    assert FOLDERS


@each_folder
def test_every_language_is_there(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == LANGUAGES


@each_catalogue
def test_every_message_is_translated_and_no_other(catalogue: Path) -> None:
    service, said = catalogue.parts[-5], translations(catalogue)
    assert spoken(service) - set(said) == set()
    assert set(said) - texts(service) == set()
    assert [message for message, translation in said.items() if not translation.strip()] == []
    assert [message.id for message in read(catalogue) if message.fuzzy] == []


@each_catalogue
def test_a_translation_has_the_placeholders_of_its_message(catalogue: Path) -> None:
    said = translations(catalogue)
    assert {message: placeholders(text) for message, text in said.items()} == {m: placeholders(m) for m in said}


@each_catalogue
def test_the_compiled_catalogue_is_this_one(catalogue: Path) -> None:
    compiled = BytesIO()
    write_mo(compiled, read(catalogue))
    assert catalogue.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make locale`"
