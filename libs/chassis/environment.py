"""Environment: reads typed variables, knows what was asked for, and collects every mistake, unknown names among them.

Any variable may be given as `NAME_FILE`, naming a file that holds the value: that is how secrets come in.
"""

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from environs import EnvValidationError, FileAwareEnv, validate
from marshmallow import Schema, ValidationError

from device_events.variables import file_problem, slips


class SettingsError(Exception):
    """The environment cannot be used; the text lists every mistake, one a line."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = list(mistakes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A setting: its name, what it is, and what it is unless said; a `default` of ... has to be said.

    `secret`: to be given as `NAME_FILE` where others could read the environment.
    """

    name: str
    about: str
    default: Any = ...
    secret: bool = False


class Env:
    """Reads variables, each with a word on what it is `about`; a value at fault reads as None.

    `asked` has what was read, by name: the table of settings is made from it.
    """

    def __init__(self) -> None:
        self._env = FileAwareEnv(eager=False, strip_whitespace=True)
        self._mistakes: list[str] = []
        self.asked: dict[str, Variable] = {}
        self.str = self._reader(self._env.str)
        self.int = self._reader(self._env.int)
        self.float = self._reader(self._env.float)
        self.bool = self._reader(self._env.bool)
        self.list = self._reader(self._env.list)

    def one_of(self, name: str, default: str, choices: Sequence[str], *, about: str = "") -> Any:
        """A variable that must be one of the choices; the table of settings names the others by itself."""
        others = "or " + ", ".join(f"`{choice}`" for choice in choices if choice != default)
        about = f"{others}, {about}" if about else others
        return self.str(name, default, validate=validate.OneOf(choices), about=about)

    def secret(self, name: str, *, minimum: int = 32, about: str = "") -> bytes:
        """A base64url key of at least `minimum` bytes."""
        text: Any = self.str(name, about=about, secret=True)
        if text is None:
            return b""
        bare = text.rstrip("=")
        try:
            key = base64.b64decode(bare + "=" * (-len(bare) % 4), b"-_", validate=True)
        except ValueError:
            key = b""
        if len(key) < minimum:
            self.mistake(name, f"must be base64url of at least {minimum} bytes")
        return key

    def yaml(self, name: str, schema: Schema, *, default: Any = ..., about: str = "") -> Any:
        """The YAML (or JSON) file that the variable names, loaded by the schema."""
        path = self.str(name, about=about) if default is ... else self.str(name, "", about=about)
        if not path:
            if default is ... and path is not None:
                self.mistake(name, "names no file")
            return None if default is ... else default
        try:
            return schema.load(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
        except OSError as error:
            self.mistake(name, f"cannot read the file: {error.strerror}")
        except (yaml.YAMLError, UnicodeError) as error:
            self.mistake(name, f"not valid YAML{_place(error)}")
        except ValidationError as error:
            self.mistake(name, str(error.messages))
        return None

    def mistake(self, name: str, problem: str) -> None:
        """Report a variable that reads well but cannot be right."""
        self._mistakes.append(f"{name}: {problem}")

    def refuse_unknown(self, families: tuple[str, ...]) -> None:
        """Report what looks like a setting and is none: a slip of one that was asked for, or one of these families.

        `families` are beginnings of names that are ours alone. What others put there is named by IGNORED_VARIABLES.
        """
        ignored = self.list("IGNORED_VARIABLES", [], about="names that look like settings and are somebody else's")
        for name, problem in slips(os.environ, self.asked, ignored=ignored or (), families=families):
            self.mistake(name, problem)

    def seal(self) -> None:
        """Raises SettingsError if anything was wrong."""
        mistakes = list(self._mistakes)
        try:
            self._env.seal()
        except EnvValidationError as error:
            mistakes += [f"{name}: {' '.join(map(str, texts))}" for name, texts in _by_name(error).items()]
        if mistakes:
            raise SettingsError(sorted(mistakes))

    def _reader(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """The same reader, but a file that cannot hold the value is one mistake among others."""

        def collect(name: str, default: Any = ..., *, about: str = "", secret: bool = False, **checks: Any) -> Any:
            self.asked[name] = Variable(name=name, about=about, default=default, secret=secret)
            if problem := file_problem(os.environ, name):
                self.mistake(name, problem)
                return None
            return read(name, default, **checks)

        return collect


def _place(error: yaml.YAMLError | UnicodeError) -> str:
    """Where the file is wrong. The parser's own text would quote the line, and with it a password's hash or a key."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _by_name(error: EnvValidationError) -> Mapping[str, list[str]]:
    messages = error.error_messages
    return messages if isinstance(messages, Mapping) else {"environment": messages}
