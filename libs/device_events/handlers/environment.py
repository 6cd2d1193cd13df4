"""Settings from the environment: a dataclass is filled, a variable a field, and every mistake is reported at once.

Any variable may be given as `NAME_FILE`, naming a file that holds the value: that is how secrets come in.
"""

import dataclasses
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from marshmallow import ValidationError, fields
from marshmallow.fields import Field

from device_events.variables import file_problem, slips

S = TypeVar("S")
Validator = Callable[[Any], Any]
_FIELDS: Mapping[type, Callable[..., Field[Any]]] = {
    str: fields.String,
    int: fields.Integer,
    float: fields.Float,
    bool: fields.Boolean,
}


class SettingsError(Exception):
    """The environment cannot be used; the text lists every mistake, one a line."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = list(mistakes)


def setting(default: Any = MISSING, *, about: str = "", validate: Validator | None = None, secret: bool = False) -> Any:
    """A field of a settings dataclass: required without a default; `validate` raises marshmallow's ValidationError.

    `about` is a word on it for people. A secret is left out of the object's text.
    """
    told = {"about": about, "validate": validate, "secret": secret}
    return dataclasses.field(default=default, repr=not secret, metadata=told)


class Environment:
    """Reads dataclasses and collects what is wrong; `seal` raises it."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._mistakes: list[str] = []
        self._asked: list[str] = []
        self._families: list[str] = []

    def read(self, kind: type[S], *, prefix: str = "", checks: Mapping[str, Validator] | None = None) -> S | None:
        """The dataclass, each field from the variable of its name in capitals, behind the prefix; None if any is wrong.

        Fields are str, int, float, bool, one of them or None, or a sequence of str, separated by commas. An empty
        variable counts as none. A method `mistakes()` of the dataclass may say, by field, what cannot be right
        together. `checks` are validators for fields that have none of their own.
        """
        values, before, hints = {}, len(self._mistakes), get_type_hints(kind)
        if prefix:
            self._families.append(prefix)
        for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # the caller's is one
            name = f"{prefix}{field.name}".upper()
            self._asked.append(name)
            validate = field.metadata.get("validate") or (checks or {}).get(field.name)
            text = self._text(name)
            if text:
                values[field.name] = self._parsed(name, text, hints[field.name], validate)
            elif text is not None and field.default is MISSING and field.default_factory is MISSING:
                self.mistake(name, "Missing data for required field.")
        if len(self._mistakes) > before:
            return None
        made = kind(**values)
        for attribute, problem in getattr(made, "mistakes", dict)().items():
            self.mistake(f"{prefix}{attribute}".upper(), problem)
        return made if len(self._mistakes) == before else None

    def mistake(self, name: str, problem: str) -> None:
        """Report a variable that cannot be right."""
        self._mistakes.append(f"{name}: {problem}")

    def refuse_unknown(self, ignored: Collection[str]) -> None:
        """Report what looks like one of the settings read so far and is none, unless it is to be ignored."""
        for name, problem in slips(self._variables, self._asked, ignored=ignored, families=tuple(self._families)):
            self.mistake(name, problem)

    def seal(self) -> None:
        """Raises SettingsError if anything was wrong."""
        if self._mistakes:
            raise SettingsError(sorted(self._mistakes))

    def _text(self, name: str) -> str | None:
        """What is given; "" if nothing is, None if it cannot be read."""
        if problem := file_problem(self._variables, name):
            self.mistake(name, problem)
            return None
        if path := self._variables.get(f"{name}_FILE"):
            return Path(path).read_text(encoding="utf-8").strip()
        return self._variables.get(name, "")

    def _parsed(self, name: str, text: str, hint: Any, validate: Validator | None) -> Any:
        kinds = [one for one in get_args(hint) if one not in (NoneType, Ellipsis)] or [hint]
        parser = _FIELDS[kinds[0]](validate=validate)
        try:
            if kinds[0] is str and hint is not str and NoneType not in get_args(hint):
                return tuple(parser.deserialize(part.strip()) for part in text.split(",") if part.strip())
            return parser.deserialize(text)
        except ValidationError as error:
            self.mistake(name, " ".join(map(str, error.messages)))
            return None
