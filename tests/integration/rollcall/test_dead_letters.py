"""Dead letters: listed, shown, handed to their own group again and to no other, or let be; every command repeatable."""

import asyncio

from chassis.records import header, reading
from device_events import Event, KafkaConnection, Rejected, Subscriber, catalog
from device_events.publisher import OutgoingRecord, Publisher
from rollcall.letters import letters_in
from tests.integration.device_events.members import event, outgoing, publish
from tests.integration.rollcall.letters import GROUP, OTHER, listed, member
from tests.integration.rollcall.site import Site
from tests.support.announced import records
from tests.support.polling import eventually


async def test_a_letter_is_handed_again_as_it_came_and_to_its_own_group_alone(quiet_site: Site) -> None:
    kafka, poison = quiet_site.kafka, event("poison", 1)
    async with member(kafka, GROUP, poison.id) as one, member(kafka, OTHER) as other:
        await publish(kafka, [poison, event("a", 1)])
        await eventually(lambda: other.ids == ["poison-1", "a-1"] or other.ids == ["a-1", "poison-1"], within=30)
        (letter,) = await listed(quiet_site, 1)
        assert letter["topic"] == kafka.name(catalog.PUSH_TOPIC)
        assert (letter["type"], letter["eventId"]) == (catalog.PUSH_UPDATED, poison.id)
        assert letter["reason"] == "Rejected: not this one"
        one.refused.clear()
        answer = await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--id", letter["id"], "--json")
        assert (answer.exit, answer.data["replayed"]) == (0, [letter["id"]]), answer.err
        await eventually(lambda: sorted(one.ids) == ["a-1", "poison-1"], within=30)
        assert next(held for held in one.handled if held.id == poison.id) == poison
        # Once more: there is nothing left, and saying it by name is no mistake.
        again = await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all", "--json")
        assert (again.exit, again.data["replayed"]) == (0, [])
        named = await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--id", poison.id, "--json")
        assert (named.exit, named.data["replayed"], named.data["settledBefore"]) == (0, [], [letter["id"]])
        await publish(kafka, [event("last", 1)])
        await eventually(lambda: "last-1" in one.ids and "last-1" in other.ids, within=30)
        assert sorted(one.ids) == ["a-1", "last-1", "poison-1"]
        assert sorted(other.ids) == ["a-1", "last-1", "poison-1"]
    assert await listed(quiet_site, 0) == []
    (settled,) = await listed(quiet_site, 1, "--settled")
    assert settled["settled"] == "replayed"
    (retry,) = await records(kafka, [kafka.name(catalog.retry_topic(GROUP))])
    sent = outgoing(poison)
    assert (retry.key, retry.value) == (sent.key, sent.value)
    assert [one for one in retry.headers if one[0] != "retried-from"] == sent.headers


async def test_a_replayed_letter_that_fails_again_is_a_new_letter_that_knows_where_it_came_from(
    quiet_site: Site,
) -> None:
    poison = event("poison", 1)
    async with member(quiet_site.kafka, GROUP, poison.id):
        await publish(quiet_site.kafka, [poison])
        (first,) = await listed(quiet_site, 1)
        await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all")

        async def failed_again() -> dict[str, str] | None:
            (letter,) = await listed(quiet_site, 1)
            return letter if letter["id"] != first["id"] else None

        second = await eventually(failed_again, within=30)
        assert second["id"].startswith(f"{quiet_site.kafka.name(GROUP)}.retries:0:")
        assert (second["topic"], second["firstId"]) == (first["topic"], first["id"])
        await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all")
        third = await eventually(lambda: _other_than(quiet_site, second["id"]), within=30)
        assert third["firstId"] == first["id"]


async def _other_than(site: Site, id: str) -> dict[str, str] | None:
    letters = await listed(site, 1)
    return letters[0] if letters[0]["id"] != id else None


async def test_a_discarded_letter_is_settled_and_can_still_be_replayed_by_name(quiet_site: Site) -> None:
    kafka, bad = quiet_site.kafka, [event("bad", number) for number in (1, 2)]
    async with member(kafka, GROUP, *(one.id for one in bad)) as one:
        await publish(kafka, bad)
        letters = await listed(quiet_site, 2)
        for _ in range(2):
            answer = await quiet_site.rollcall("dead-letters", "discard", "--group", GROUP, "--id", "bad-1", "--json")
            assert answer.exit == 0, answer.err
        assert answer.data["settledBefore"] == [letters[0]["id"]]
        (left,) = await listed(quiet_site, 1)
        assert left["eventId"] == "bad-2"
        one.refused.clear()
        await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all")
        await eventually(lambda: one.ids == ["bad-2"], within=30)
        await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--id", letters[0]["id"])
        await eventually(lambda: one.ids == ["bad-2", "bad-1"], within=30)
    assert [letter["settled"] for letter in await listed(quiet_site, 2, "--settled")] == ["replayed", "replayed"]


async def test_filters_choose_and_what_is_not_there_is_said(quiet_site: Site) -> None:
    kafka = quiet_site.kafka
    async with member(kafka, GROUP, "bad-1"):
        await publish(kafka, [event("bad", 1), outgoing(event("worse", 1))._replace(value=b"{\xff no json")])
        await listed(quiet_site, 2)
    (bad,) = await listed(quiet_site, 1, "--id", "bad-1", "--type", catalog.PUSH_UPDATED)
    assert bad["eventId"] == "bad-1"
    assert len(await listed(quiet_site, 2, "--topic", catalog.PUSH_TOPIC)) == 2
    assert await listed(quiet_site, 0, "--topic", catalog.MOBILE_TOPIC) == []
    assert await listed(quiet_site, 0, "--type", catalog.PUSH_SEEN) == []
    for words in ("list", "replay", "discard"):
        answer = await quiet_site.rollcall("dead-letters", words, "--group", GROUP, "--id", "nothing", "--json")
        assert (answer.exit, answer.data["notFound"]) == (1, ["nothing"])
    for words in ("replay", "discard"):
        assert (await quiet_site.rollcall("dead-letters", words, "--group", GROUP)).exit == 2
    shown = await quiet_site.rollcall("dead-letters", "show", "--group", GROUP, "--id", "worse-1", "--json")
    (worse,) = shown.data["letters"]
    assert worse["value"] == {"base64": "e/8gbm8ganNvbg=="}
    assert {"name": "ce_id", "text": "worse-1"} in worse["headers"]
    # A list never shows a payload.
    listing = await quiet_site.rollcall("dead-letters", "list", "--group", GROUP)
    assert "applicationId" not in listing.out


async def test_a_replay_that_died_before_its_mark_hands_the_letter_over_once_more_and_then_never_again(
    quiet_site: Site,
) -> None:
    kafka, poison = quiet_site.kafka, event("poison", 1)
    async with member(kafka, GROUP, poison.id) as one:
        await publish(kafka, [poison])
        await listed(quiet_site, 1)
        one.refused.clear()
        async with reading(kafka) as reader:
            (letter,) = await letters_in(reader.read([catalog.dead_letter_topic(GROUP)]))
        await sent(kafka, letter.retry(GROUP))
        await eventually(lambda: one.ids == ["poison-1"], within=30)
        (still,) = await listed(quiet_site, 1)
        answer = await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all", "--json")
        assert answer.data["replayed"] == [still["id"]]
        await eventually(lambda: one.ids == ["poison-1"] * 2, within=30)
        assert await listed(quiet_site, 0) == []


async def test_two_operators_at_once_leave_every_letter_settled(quiet_site: Site) -> None:
    kafka, bad = quiet_site.kafka, [event(f"bad{number}", 1) for number in range(5)]
    async with member(kafka, GROUP, *(one.id for one in bad)) as one:
        await publish(kafka, bad)
        await listed(quiet_site, 5)
        one.refused.clear()
        words = ("dead-letters", "replay", "--group", GROUP, "--all", "--json")
        answers = await asyncio.gather(quiet_site.rollcall(*words), quiet_site.rollcall(*words))
        assert [answer.exit for answer in answers] == [0, 0]
        await eventually(lambda: set(one.ids) == {two.id for two in bad}, within=30)
        assert await listed(quiet_site, 0) == []


async def test_without_a_topic_of_retries_nothing_is_settled(quiet_site: Site) -> None:
    kafka, poison = quiet_site.kafka, event("poison", 1)
    async with member(kafka, GROUP, poison.id):
        await publish(kafka, [poison])
        await listed(quiet_site, 1)
    admin = kafka.admin()
    await admin.start()
    try:
        await admin.delete_topics([kafka.name(catalog.retry_topic(GROUP))])
    finally:
        await admin.close()

    async def refused() -> bool:
        answer = await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all")
        return answer.exit == 2 and f"python -m chassis.topics {GROUP}" in answer.err

    await eventually(refused, within=30)
    assert len(await listed(quiet_site, 1)) == 1


async def test_a_group_that_does_not_listen_is_handed_nothing(quiet_site: Site) -> None:
    kafka, poison = quiet_site.kafka, event("poison", 1)

    async def refuse(_: Event) -> None:
        raise Rejected("not this one")

    deaf = Subscriber(kafka, group=GROUP, topics=[catalog.PUSH_TOPIC], handlers={catalog.PUSH_UPDATED: refuse})
    running = asyncio.create_task(deaf.run())
    await publish(kafka, [poison])
    await listed(quiet_site, 1)
    answer = await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all")
    assert (answer.exit, "add it to its topics" in answer.err) == (2, True)
    deaf.stop()
    await running
    assert len(await listed(quiet_site, 1)) == 1
    # While nobody of the group is there, nobody can say; what is handed over waits for it.
    assert (await quiet_site.rollcall("dead-letters", "replay", "--group", GROUP, "--all")).exit == 0


async def sent(connection: KafkaConnection, *outgoing: OutgoingRecord) -> None:
    publisher = Publisher(connection)
    assert await publisher.publish(outgoing) == [True] * len(outgoing)
    await publisher.stop()


async def test_a_service_hears_what_it_is_handed_again(site: Site) -> None:
    """The services themselves: what no service can read stays a letter, and only the group that was asked tries it."""
    broken = outgoing(event("x", 1))
    await sent(site.kafka, broken._replace(topic=catalog.DEVICE_STATUS_TOPIC, headers=broken.headers[:1]))
    await listed(site, 1)
    answer = await site.rollcall("dead-letters", "replay", "--group", GROUP, "--all")
    assert answer.exit == 0, answer.err
    again = await eventually(lambda: _other_than(site, ""), within=30)

    async def came_back() -> bool:
        (letter,) = await listed(site, 1)
        return letter["id"].startswith(f"{site.kafka.name(GROUP)}.retries:")

    await eventually(came_back, within=30)
    assert again["topic"] == site.kafka.name(catalog.DEVICE_STATUS_TOPIC)
    for other in ("contacts", "mobile-platform"):
        held = await records(site.kafka, [site.kafka.name(catalog.dead_letter_topic(other))])
        assert [header(one, "dead-letter-topic") for one in held] == [site.kafka.name(catalog.DEVICE_STATUS_TOPIC)]
