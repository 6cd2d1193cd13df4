"""The table of rights as the README prints it."""

from tests.integration.security.roles import ANY_TOKEN, ANY_USER, NOBODY, RIGHTS, Right


def rows() -> list[str]:
    """One line of Markdown for each row."""
    return [f"| {one.service} | {', '.join(one.operations)} | {', '.join(_who(one))} |" for one in RIGHTS]


def _who(right: Right) -> list[str]:
    if NOBODY in right.others:
        return ["everybody"]
    users = ["any user"] if right.users == ANY_USER else _roles(right.users)
    tokens = ["any token"] if right.tokens == ANY_TOKEN else [f"token {_code(scope)}" for scope in right.tokens]
    return [*users, *tokens, *right.others]


def _roles(roles: tuple[str, ...]) -> list[str]:
    """A role that is there for one runtime too is named once."""
    both = [role for role in roles if f"{role}:<runtime>" in roles]
    alone = [role for role in roles if role.removesuffix(":<runtime>") not in both]
    return [*(f"{_code(role)} (or {_code(':<runtime>')})" for role in both), *map(_code, alone)]


def _code(name: str) -> str:
    """Roles and scopes in code, what is said in words as it is."""
    if name.startswith(("a ", "the ")):
        return name
    return " and ".join(f"`{one}`" for one in name.split())
