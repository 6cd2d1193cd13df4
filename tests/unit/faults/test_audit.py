"""The auditor finds each thing that can be wrong, and nothing in books that balance."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.audit.losses import ADMIN, CONTACTS, MOBILE, PUSH
from tests.faults.journal import Acknowledged
from tests.unit.faults.books import CLIENT, CONTACT, DEVICE, Books, counts


async def test_balanced_books_are_good(tmp_path: Path) -> None:
    figures = await Books().balance(tmp_path)
    assert (counts(figures), figures.acknowledged, figures.good) == ({}, 4, True), figures.evidence


def lose_an_event(books: Books) -> None:
    books.events.remove(books.find(CONTACTS, DEVICE, 1))


def lose_an_acknowledged_write(books: Books) -> None:
    books.journal.acknowledged.append(Acknowledged(PUSH, ("rollcall.push.updated.v1",), "c9"))


def lose_a_trigger(books: Books) -> None:
    books.journal.acknowledged.append(
        Acknowledged(CONTACTS, ("rollcall.contact.created.v1",), "c3", triggers=("SendWelcomeEmail",))
    )


def lose_a_transaction(books: Books) -> None:
    books.journal.acknowledged.append(Acknowledged(ADMIN, (), "c9", transaction=8, promised=True))


def lose_a_state(books: Books) -> None:
    books.documents[PUSH, DEVICE]["state"]["registrations"][0]["user_id"] = "u0"


def lose_a_client_state(books: Books) -> None:
    books.again(books.find(MOBILE, CLIENT, 1), sequence=3, id="registered-again")
    books.documents[MOBILE, CLIENT]["sequence"] = 3


def lose_a_name(books: Books) -> None:
    books.documents[CONTACTS, CONTACT]["state"]["values"][1]["v"] = '"n0"'


def lose_a_mail(books: Books) -> None:
    books.mails.clear()


def announce_what_is_not_saved(books: Books) -> None:
    books.documents[MOBILE, DEVICE]["sequence"] = 0


def announce_under_two_ids(books: Books) -> None:
    books.again(books.find(PUSH, DEVICE, 1), id="another")


def announce_what_was_refused(books: Books) -> None:
    books.journal.refused.add("c1")


def announce_under_another_key(books: Books) -> None:
    books.again(books.find(PUSH, DEVICE, 1), key="myruntime/d2")


def mail_what_nobody_triggered(books: Books) -> None:
    books.mails.append("nothing")


def remove_a_token_twice(books: Books) -> None:
    event = books.find(PUSH, DEVICE, 2)
    books.again(event, sequence=4, id="removed-again")
    books.documents[PUSH, DEVICE]["sequence"] = 4


def trigger_twice(books: Books) -> None:
    books.again(books.find(CONTACTS, CONTACT, 2), sequence=3, id="triggered-again")
    books.documents[CONTACTS, CONTACT]["sequence"] = 3
    books.mails.append("triggered-again")


def apply_twice(books: Books) -> None:
    books.again(books.find(MOBILE, DEVICE, 1), sequence=2, id="applied-again")
    books.documents[MOBILE, DEVICE]["sequence"] = 2


def deregister_twice(books: Books) -> None:
    books.again(books.find(MOBILE, CLIENT, 2), sequence=3, id="gone-again")
    books.documents[MOBILE, CLIENT]["sequence"] = 3


def change_twice_for_one_transaction(books: Books) -> None:
    books.again(books.find(ADMIN, DEVICE, 2), sequence=3, id="changed-again")
    books.documents[ADMIN, DEVICE]["sequence"] = 3
    for source, name in ((PUSH, "status_sequence"), (MOBILE, "sequence"), (CONTACTS, "statussequence")):
        books.documents[source, DEVICE]["state"] |= {name: 3}
    for source in (MOBILE, CONTACTS):
        books.documents[source, DEVICE]["state"]["applied"] = 3


def end_the_topic_with_an_older_status(books: Books) -> None:
    books.again(books.find(ADMIN, DEVICE, 1))


def stay_with_an_older_status(books: Books) -> None:
    books.documents[CONTACTS, DEVICE]["state"] |= {"status": "ACTIVE", "statussequence": 1, "applied": 1}


def stay_with_an_older_status_of_a_contacts_device(books: Books) -> None:
    books.documents[CONTACTS, CONTACT]["state"]["devices"][0]["status"] = "ACTIVE"


def never_hear_of_a_status(books: Books) -> None:
    del books.documents[MOBILE, DEVICE]
    books.events.remove(books.find(MOBILE, DEVICE, 1))


def leave_a_token(books: Books) -> None:
    books.documents[PUSH, DEVICE]["state"]["registrations"][0]["token"] = "secret"


def leave_a_client(books: Books) -> None:
    books.documents[MOBILE, CLIENT]["state"]["token"] = "secret"


def leave_an_outbox(books: Books) -> None:
    books.unsettled.append("an outbox that is not empty")


def fall_behind(books: Books) -> None:
    books.lag["contacts"] = 3


def give_up_an_event(books: Books) -> None:
    books.dead_letters.append("contacts.dead-letters: Undecodable")


def fail_a_request(books: Books) -> None:
    books.journal.failed.append("PUT answered 500")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (lose_an_event, {"lost": 1}),
        (lose_an_acknowledged_write, {"lost": 1}),
        (lose_a_trigger, {"lost": 1}),
        (lose_a_transaction, {"lost": 1}),
        (lose_a_state, {"lost": 1}),
        (lose_a_client_state, {"lost": 1}),
        (lose_a_name, {"lost": 1}),
        (lose_a_mail, {"lost": 1}),
        (announce_what_is_not_saved, {"phantom": 1}),
        (announce_under_two_ids, {"phantom": 1}),
        (announce_what_was_refused, {"phantom": 1}),
        (announce_under_another_key, {"phantom": 1, "duplicates": 1}),
        (mail_what_nobody_triggered, {"phantom": 1}),
        (remove_a_token_twice, {"repeated": 1}),
        (trigger_twice, {"repeated": 1}),
        (apply_twice, {"repeated": 1}),
        (deregister_twice, {"repeated": 1}),
        (change_twice_for_one_transaction, {"repeated": 1}),
        (end_the_topic_with_an_older_status, {"out_of_order": 1, "duplicates": 1}),
        (stay_with_an_older_status, {"out_of_order": 1}),
        (stay_with_an_older_status_of_a_contacts_device, {"out_of_order": 1}),
        (never_hear_of_a_status, {"out_of_order": 1}),
        (leave_a_token, {"readable": 1}),
        (leave_a_client, {"readable": 1}),
        (leave_an_outbox, {"stuck": 1}),
        (fall_behind, {"stuck": 1}),
        (give_up_an_event, {"stuck": 1}),
        (fail_a_request, {"failed": 1}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_what_is_wrong_is_found(tmp_path: Path, wrong: Callable[[Books], None], expected: dict[str, int]) -> None:
    books = Books()
    wrong(books)
    figures = await books.balance(tmp_path)
    assert counts(figures) == expected, figures.evidence
    assert not figures.good


async def test_a_second_delivery_is_counted_and_good(tmp_path: Path) -> None:
    books = Books()
    books.again(books.find(PUSH, DEVICE, 3))
    figures = await books.balance(tmp_path)
    assert (counts(figures), figures.good) == ({"duplicates": 1}, True)


async def test_a_mail_that_comes_again_is_good_only_as_far_as_it_is_excused(tmp_path: Path) -> None:
    books = Books()
    books.mails *= 2
    figures = await books.balance(tmp_path)
    assert (counts(figures), figures.mails_again, figures.good) == ({}, 1, False)
    figures.mails_excused = 1
    assert figures.good


async def test_an_asynchronous_change_that_a_later_one_overtook_is_not_lost(tmp_path: Path) -> None:
    books = Books()
    lose_a_transaction(books)
    canceled = {"kind": "transaction", "status": "CANCELED"}
    books.documents[ADMIN, "transaction:8"] = {"_id": "transaction:8", "sequence": 0, "state": canceled}
    assert (await books.balance(tmp_path)).good


async def test_dead_letters_that_are_expected_and_do_not_come_are_missed(tmp_path: Path) -> None:
    assert counts(await Books().balance(tmp_path, dead_letters=1)) == {"stuck": 1}
