"""Environment variables as settings: a value in a file, and names that look like a setting and are none."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

ALIKE = 0.85  # how much of a name must be that of a setting to be taken for a slip of it, by difflib's measure
# What Kubernetes tells every container about the Services of its namespace, one named "kafka" among them.
_SERVICE_LINK = re.compile(r"\w+_SERVICE_(HOST|PORT(_\w+)?)|\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?")
_LINK_ADDRESS = re.compile(r"(tcp|udp|sctp)://")  # the value of such a `…_PORT`


def file_problem(variables: Mapping[str, str], name: str) -> str | None:
    """What is wrong with the file that is to hold a variable's value, if one is named. Quotes nothing of it."""
    path = variables.get(f"{name}_FILE")
    if path is None:
        return None
    if variables.get(name):
        return f"given twice, by itself and as {name}_FILE"
    if not path.strip():
        return f"{name}_FILE names no file"
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        return f"cannot read the file that {name}_FILE names: {error.strerror}"
    except UnicodeError:
        return f"the file that {name}_FILE names is no text"
    return None if text.strip() else f"the file that {name}_FILE names is empty"


def slips(
    variables: Mapping[str, str], asked: Collection[str], *, ignored: Collection[str], families: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """What looks like a setting and is none, and why: a slip of one that was asked for, or one of these families.

    `families` are beginnings of names that are ours alone.
    """
    known = [name for one in asked for name in (one, f"{one}_FILE")]
    for name, value in variables.items():
        if name in known or name in ignored or _is_service_link(name, value):
            continue
        near = _closest(name.upper(), known)
        if near or name.startswith(families):
            yield name, f"no such setting; is {near} meant?" if near else "no such setting"


def _closest(name: str, known: Sequence[str]) -> str | None:
    """The setting of which this name is most likely a slip, if of any. What both end with says nothing."""
    stem, suffix = (name.removesuffix("_FILE"), "_FILE") if name.endswith("_FILE") else (name, "")
    stems = [one.removesuffix(suffix) for one in known if one.endswith(suffix)]
    near = difflib.get_close_matches(stem, stems, n=1, cutoff=ALIKE)
    return f"{near[0]}{suffix}" if near else None


def _is_service_link(name: str, value: str) -> bool:
    if _SERVICE_LINK.fullmatch(name):
        return True
    return name.endswith("_PORT") and _LINK_ADDRESS.match(value) is not None
