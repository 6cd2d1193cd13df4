"""Every public name says what it is, and so does everything of it that a user may call."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import device_events


def parts(name: str) -> Iterator[tuple[str, Any]]:
    """The name itself, and what is public in it."""
    thing = getattr(device_events, name)
    yield name, thing
    if inspect.isclass(thing) and thing.__module__.startswith("device_events"):
        for member, value in vars(thing).items():
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                yield f"{name}.{member}", value


@pytest.mark.parametrize("name", [one for one in device_events.__all__ if not one.isupper()])
def test_a_public_name_has_a_docstring(name: str) -> None:
    silent = [what for what, thing in parts(name) if not (inspect.getdoc(thing) or "").strip()]
    generated = [what for what, thing in parts(name) if (inspect.getdoc(thing) or "").startswith(f"{name}(")]
    assert silent + generated == []


def test_all_names_are_there_and_in_order() -> None:
    assert all(hasattr(device_events, name) for name in device_events.__all__)
    constants = [name for name in device_events.__all__ if name.isupper()]
    assert constants == sorted(constants)
