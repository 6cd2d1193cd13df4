"""The command itself: its help, its exit statuses, and what it says when it cannot begin."""

import pytest

from tests.integration.rollcall.site import RUNTIME, Site
from tests.support.operator import command

COMMANDS = (
    ("events", "tail"),
    ("device", "show"),
    ("status", "set"),
    ("replay",),
    ("dead-letters", "list"),
    ("dead-letters", "show"),
    ("dead-letters", "replay"),
    ("dead-letters", "discard"),
    ("outbox",),
    ("indexes",),
    ("reconcile",),
    ("erase", "device"),
    ("erase", "contact"),
)
ARGUMENTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("dead-letters", "list"): ("--group", "push-registry"),
    ("dead-letters", "show"): ("--group", "push-registry"),
    ("dead-letters", "replay"): ("--group", "push-registry", "--all"),
    ("dead-letters", "discard"): ("--group", "push-registry", "--all"),
    ("device", "show"): (RUNTIME, "d"),
    ("status", "set"): (RUNTIME, "d", "LOST"),
    ("replay",): ("--topic", "rollcall.contacts", "--from", "beginning", "--group", "device-admin"),
    ("erase", "device"): (RUNTIME, "d"),
    ("erase", "contact"): ("3", "00"),
}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_help_has_examples_and_missing_settings_are_named(words: tuple[str, ...]) -> None:
    helped = await command({}, *words, "--help")
    assert helped.exit == 0
    assert f"rollcall {' '.join(words)}" in helped.out.partition("examples:")[2]
    unset = await command({}, *words, *ARGUMENTS.get(words, ()))
    assert (unset.exit, unset.out) == (2, "")
    assert ("DEVICE_ADMIN_PASSWORD" if words == ("status", "set") else "KAFKA_BOOTSTRAP_SERVERS") in unset.err


async def test_wrong_usage_is_told_apart_from_what_cannot_be_done(quiet_site: Site) -> None:
    assert (await quiet_site.rollcall()).exit == 2
    assert (await quiet_site.rollcall("nothing")).exit == 2
    assert (await quiet_site.rollcall("outbox", "--older-than", "soon")).exit == 2
    unknown = await quiet_site.rollcall("dead-letters", "list", "--group", "nobody")
    assert (unknown.exit, "is the group's name right?" in unknown.err) == (2, True)


# All but the last have no use for Kafka; that one waits for it.
ELSEWHERE = (("outbox",), ("indexes",), ("status", "set"), ("events", "tail"))


@pytest.mark.parametrize("words", [one for one in COMMANDS if one not in ELSEWHERE], ids=" ".join)
async def test_without_kafka_nothing_is_done_and_the_status_says_try_again(
    quiet_site: Site, words: tuple[str, ...]
) -> None:
    away = {**quiet_site.four.variables, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    answer = await command(away, *words, *ARGUMENTS.get(words, ()))
    assert (answer.exit, answer.out) == (3, "")
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "words",
    [("outbox",), ("indexes",), ("reconcile",), ("device", "show"), ("erase", "device"), ("erase", "contact")],
    ids=" ".join,
)
async def test_without_mongodb_the_status_says_try_again(quiet_site: Site, words: tuple[str, ...]) -> None:
    away = {**quiet_site.four.variables, "MONGODB_URI": "mongodb://127.0.0.1:1/?replicaSet=rs0"}
    answer = await command(away, *words, *ARGUMENTS.get(words, ()))
    assert (answer.exit, answer.out) == (3, "")
    assert "Traceback" not in answer.err
