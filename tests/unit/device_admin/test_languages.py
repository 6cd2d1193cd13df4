"""Whose language messages are in, and that everything with words of its own is translated."""

from typing import Any

import pytest
from marshmallow import Schema

from chassis import errors as chassis
from device_admin import errors, schemas
from device_admin.errors import LANGUAGES, STYLE, problems, translator
from device_admin.errors.fields import FIELD_PROBLEMS, worded

ADMIN, TOKEN = "/mfpadmin/management-apis/2.0/runtimes/r/devices", "/myruntime/api/az/v1/token"
MESSAGE = "Authentication is required"
GERMAN, FRENCH = "Eine Anmeldung ist erforderlich", "Une authentification est requise"
FOREIGN = [language for language in LANGUAGES.spoken if language != "en"]


def test_ten_languages_are_spoken() -> None:
    assert {*LANGUAGES.spoken} == {"en", "de", "fr", "es", "it", "pt-BR", "ja", "ko", "zh-CN", "zh-TW"}


@pytest.mark.parametrize(
    ("locale", "accept_language", "said"),
    [
        ("de_DE", "fr", GERMAN),
        (None, "fr;q=0.5, de", GERMAN),
        ("nl", "fr", FRENCH),
        ("nl", "sv", MESSAGE),
        ("en_US", "fr", MESSAGE),
        (None, None, MESSAGE),
    ],
)
def test_the_locale_comes_first_then_accept_language_then_english(
    locale: str | None, accept_language: str | None, said: str
) -> None:
    assert translator(ADMIN, locale=locale, accept_language=accept_language)(MESSAGE) == said


def test_the_token_endpoint_speaks_english() -> None:
    assert translator(TOKEN, locale="de", accept_language="de")(MESSAGE) == MESSAGE


@pytest.mark.parametrize("language", FOREIGN)
@pytest.mark.parametrize("message", [*FIELD_PROBLEMS, *(template.message for template in problems.TEMPLATES)])
def test_what_is_no_refusal_by_itself_is_translated_too(language: str, message: str) -> None:
    assert LANGUAGES.translate(language, message) != message


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        (schemas.STATUS_PAYLOAD, {}),
        (schemas.STATUS_PAYLOAD, {"status": None, "x": 1}),
        (schemas.STATUS_PAYLOAD, {"status": 1}),
        (schemas.STATUS_PAYLOAD, {"status": "GONE"}),
        (schemas.APPLICATION_STATUS_PAYLOAD, {"status": "LOST"}),
        (schemas.CHANGE_QUERY, {"async": "maybe"}),
        (schemas.DEVICES_QUERY, {"pageSize": "x", "query": "\x00", "orderBy": "?", "bookmark": ""}),
        (schemas.TRANSACTIONS_QUERY, {"pageSize": "0", "offset": "-1", "mode": "x", "file": "true"}),
    ],
)
@pytest.mark.parametrize("language", FOREIGN)
def test_whatever_a_schema_finds_wrong_is_said_in_the_language(
    schema: Schema, data: dict[str, Any], language: str
) -> None:
    found = schema.validate(data)
    english = list(worded(found))
    foreign = list(worded(found, translator(ADMIN, locale=language, accept_language=None)))
    assert english
    assert all(said != other for said, other in zip(english, foreign, strict=True))


def test_what_the_chassis_finds_wrong_is_known_too() -> None:
    for problem in ("A JSON object is expected.", "Given more than once."):
        assert problem in FIELD_PROBLEMS


def test_a_problem_nobody_knows_is_said_as_it_stands() -> None:
    german = translator(ADMIN, locale="de", accept_language=None)
    assert list(worded({"a": {"b": ["Something new."]}, "_schema": "else"}, german)) == ["a.b: Something new.", "else"]


def test_a_name_with_braces_is_no_placeholder() -> None:
    refusal = STYLE.translate(chassis.InvalidPayload(errors={"{x}": ["Unknown field."]}))
    assert refusal.text(str) == "The payload is invalid: {x}: Unknown field."
    device = errors.DeviceNotFound(runtime="r", device_id="{runtime}")
    assert device.text(translator(ADMIN, locale="de", accept_language=None)) == (
        "Das Gerät {runtime} gibt es in der Laufzeitumgebung r nicht"
    )


def test_a_problem_of_a_transaction_is_put_into_words() -> None:
    german = translator(ADMIN, locale="de", accept_language=None)
    late = problems.LATE.problem(service="contacts")
    assert problems.said(late, german) == (
        "FWLSE3090E: contacts hat die Änderung nicht rechtzeitig bestätigt; der Status bleibt bestehen"
    )
