"""`locale` chooses the language of messages, with regions and with Accept-Language to fall back on."""

import pytest

from tests.contract.device_admin.calls import put, root_of
from tests.integration.device_admin.admin import BASE, Admin
from tests.support.services import basic

pytestmark = pytest.mark.ledger("admin.query.locale")
SAID = {
    "en": "The runtime nowhere does not exist",
    "de": "Die Laufzeitumgebung nowhere gibt es nicht",
    "fr": "L'environnement d'exécution nowhere n'existe pas",
    "es": "El entorno de ejecución nowhere no existe",
    "it": "L'ambiente di runtime nowhere non esiste",
    "pt-BR": "O ambiente de execução nowhere não existe",
    "ja": "ランタイム nowhere は存在しません",
    "ko": "런타임 nowhere이(가) 존재하지 않습니다",
    "zh-CN": "运行时 nowhere 不存在",
    "zh-TW": "執行環境 nowhere 不存在",
}


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        *((language, language) for language in SAID),
        ("de_DE", "de"),
        ("de_AT", "de"),
        ("DE-ch", "de"),
        ("pt", "pt-BR"),
        ("pt_BR", "pt-BR"),
        ("zh", "zh-CN"),
        ("zh_HK", "zh-TW"),
        ("zh_Hant_TW", "zh-TW"),
        ("en_GB", "en"),
        ("nl_NL", "en"),
        ("no locale", "en"),
        ("../../etc", "en"),
        ("x" * 5_000, "en"),
        ("", "en"),
    ],
)
async def test_messages_come_in_the_language_of_the_locale(admin: Admin, locale: str, language: str) -> None:
    status, body, _ = await put(admin, "nowhere", "d", locale=locale)
    assert (status, body["message"]) == (404, SAID[language])


@pytest.mark.parametrize(
    ("locale", "accept_language", "language"),
    [
        ("fr_FR", "de", "fr"),
        (None, "de", "de"),
        (None, "nl, fr;q=0.4, ja;q=0.8", "ja"),
        ("nl_NL", "de", "de"),
        ("nl_NL", "sv", "en"),
        (None, None, "en"),
        (None, "de;q=0, *", "en"),
    ],
)
async def test_locale_comes_before_accept_language(
    admin: Admin, locale: str | None, accept_language: str | None, language: str
) -> None:
    params = {} if locale is None else {"locale": locale}
    headers = {} if accept_language is None else {"Accept-Language": accept_language}
    _, body, _ = await put(admin, "nowhere", "d", headers=headers, **params)
    assert body["message"] == SAID[language]


async def test_a_missing_password_is_asked_for_in_the_language_too(admin: Admin) -> None:
    status, body, _ = await admin.service.request("GET", f"{BASE}/nowhere/devices?locale=it_IT")
    assert (status, body["message"]) == (401, "È richiesta l'autenticazione")


async def test_what_is_wrong_with_a_field_is_said_in_the_language_too(admin: Admin, runtime: str) -> None:
    _, body, _ = await put(admin, runtime, "d", '{"status": "GONE", "x": 1}', locale="de_DE")
    assert body["message"] == (
        "Die Nutzdaten sind ungültig: status: Erlaubt ist einer dieser Werte: ACTIVE, LOST, STOLEN, EXPIRED, DISABLED.;"
        " x: Das Feld ist unbekannt."
    )


async def test_a_translated_message_is_written_as_xml_too(admin: Admin) -> None:
    _, text, _ = await put(admin, "nowhere", "d", headers={"Accept": "text/xml"}, locale="ja_JP")
    assert root_of(text).get("message") == SAID["ja"]


async def test_a_locale_given_twice_is_refused_in_english_or_the_first_of_them(admin: Admin, runtime: str) -> None:
    path = admin.exactly(f"{BASE}/{runtime}/devices?locale=de_DE&locale=fr_FR")
    status, body, _ = await admin.service.request("GET", path, headers=basic("monitor"))
    assert (status, body["message"]) == (400, "Die Parameter sind ungültig: locale: Mehr als einmal angegeben.")
