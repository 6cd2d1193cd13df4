"""The search for secrets at the end of a run finds them."""

from pathlib import Path

import pytest

from tests.support.leaks import leaks_below, leaks_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("got eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl", "a bearer token"),
        ("hash $argon2id$v=19$m=65536", "a password's hash"),
        ("no answer from mongodb://anna:secret@db/", "a password in an address"),
        ("no such contact: anna@example.com", "a mail address"),
        ("{'Authorization': 'Basic YW5uYTpzZWNyZXQ='}", "credentials"),
    ],
)
def test_each_kind_is_found(text: str, kind: str) -> None:
    assert leaks_in(text) == [kind]


def test_what_services_log_is_no_secret() -> None:
    assert leaks_in('{"event":"waiting_for_mongodb","error":"AuthenticationFailed","logger":"chassis.startup"}') == []


def test_logs_are_found_wherever_a_test_keeps_them(tmp_path: Path) -> None:
    log = tmp_path / "stack" / "logs" / "contacts.log"
    log.parent.mkdir(parents=True)
    log.write_text("anna@example.com")
    (tmp_path / "mongod.log").write_text("anna@example.com")
    found = list(leaks_below(tmp_path))
    log.unlink()  # the run's own search would find it, too
    assert found == [f"a mail address in {log}"]
