"""The README's tables of errors are what the code says."""

from pathlib import Path

from aiohttp.web import RouteDef

import device_admin
from chassis.errors import Refusal
from device_admin.api import routes
from device_admin.errors import problems, refusals

README = (Path(device_admin.__file__).parent / "README.md").read_text()


def own_refusals() -> list[type[Refusal]]:
    return [
        kind
        for kind in vars(refusals).values()
        if isinstance(kind, type) and issubclass(kind, Refusal) and "status" in vars(kind)
    ]


def is_for_tokens(kind: type[Refusal]) -> bool:
    return issubclass(kind, refusals.TokenRefusal)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = README.split(f"\n### {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_the_administration_api_lists_every_refusal() -> None:
    told = {(name.strip("`"), int(status), code) for status, code, name, *_ in rows("Of the administration API")}
    assert told == {(kind.__name__, kind.status, kind.code) for kind in own_refusals() if not is_for_tokens(kind)}


def test_the_table_of_the_token_endpoint_lists_every_refusal() -> None:
    table = rows("Of the token endpoint")
    told = {(name.strip("`"), int(status), error.strip("`")) for status, error, name, *_ in table}
    own = (kind for kind in own_refusals() if issubclass(kind, refusals.TokenRefusal))
    assert told == {(kind.__name__, kind.status, kind.error) for kind in own}


def test_the_table_of_transactions_lists_every_problem() -> None:
    told = {code for code, *_ in rows("In a transaction")}
    assert told == {template.code for template in problems.TEMPLATES} | {*problems.NOT_TAKEN.values()}


def test_every_operation_is_in_the_readme() -> None:
    below = "/mfpadmin/management-apis/2.0/runtimes/{runtime}"
    paths = [(route.method, route.path.removeprefix(below)) for route in routes if isinstance(route, RouteDef)]
    assert paths
    assert [f"{method} {path}" for method, path in paths if f"`{method} {path}`" not in README] == []
