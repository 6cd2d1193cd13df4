"""What can be wrong with one field of a payload or of a query, in the caller's language."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# marshmallow and the chassis give these already filled in, so they are recognised by their words.
FIELD_PROBLEMS = (
    "Missing data for required field.",
    "Unknown field.",
    "Field may not be null.",
    "Not a valid string.",
    "Not a valid integer.",
    "Must be one of: {choices}.",
    "Must be equal to {other}.",
    "Must be greater than or equal to {min} and less than or equal to {max}.",
    "Length must be between {min} and {max}.",
    "String does not match expected pattern.",
    "A JSON object is expected.",
    "Given more than once.",
)
_TEMPLATES = {
    message: re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(message))) for message in FIELD_PROBLEMS
}


def worded(problems: Any, translate: Callable[[str], str] = str, path: str = "") -> Iterator[str]:
    """marshmallow's nested problems, each with the dotted path of its field."""
    if isinstance(problems, Mapping):
        for name, inner in problems.items():
            yield from worded(inner, translate, ".".join(filter(None, (path, "" if name == "_schema" else str(name)))))
    elif isinstance(problems, list):
        for inner in problems:
            yield from worded(inner, translate, path)
    else:
        said = _translated(str(problems), translate)
        yield f"{path}: {said}" if path else said


def _translated(problem: str, translate: Callable[[str], str]) -> str:
    for message, template in _TEMPLATES.items():
        if match := template.fullmatch(problem):
            return translate(message).format(**match.groupdict())
    return problem
