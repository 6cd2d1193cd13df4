"""Error messages in the language that the caller likes best."""

from typing import NoReturn

import pytest

from push_registry.store import Store
from tests.contract.push_registry.conftest import Push

# One message in every language, so that a catalogue in the wrong folder is seen.
TOO_BIG = {
    "en": "Bad request: size must be a whole number from 1 to 500",
    "de": "Ungültige Anfrage: size muss eine ganze Zahl von 1 bis 500 sein",
    "fr": "Requête incorrecte : size doit être un nombre entier de 1 à 500",
    "es": "Solicitud incorrecta: size debe ser un número entero de 1 a 500",
    "it": "Richiesta errata: size deve essere un numero intero da 1 a 500",
    "pt-BR": "Solicitação inválida: size deve ser um número inteiro de 1 a 500",
    "ja": "不正な要求です: size は 1 から 500 までの整数でなければなりません",
    "ko": "잘못된 요청: size는 1에서 500까지의 정수여야 합니다",
    "zh-CN": "请求错误：size 必须是 1 到 500 之间的整数",  # noqa: RUF001 - its own colon
    "zh-TW": "錯誤的要求：size 必須是 1 到 500 之間的整數",  # noqa: RUF001
}


async def refused(push: Push, accept_language: str | None) -> str:
    headers = {} if accept_language is None else {"Accept-Language": accept_language}
    answer = await push.call("GET", "myapp/devices?size=501", headers=headers)
    assert answer.refusal == (400, "FPWSE1080E")
    return str(answer.body["message"])


@pytest.mark.ledger("push.update.header.accept-language")
@pytest.mark.parametrize("language", TOO_BIG)
async def test_each_language_is_spoken(push: Push, language: str) -> None:
    assert await refused(push, language) == TOO_BIG[language]


@pytest.mark.ledger("push.update.header.accept-language")
@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de, fr", "de"),
        ("de;q=0.3, fr;q=0.8", "fr"),
        ("sv, ja;q=0.1", "ja"),
        ("de;q=0, it;q=0.2", "it"),
        ("de-AT", "de"),
        ("fr-CA;q=0.9, en;q=0.1", "fr"),
        ("DE-de", "de"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh", "zh-CN"),
        ("zh-HK", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("zh-Hans", "zh-CN"),
        ("en-GB, de;q=0.9", "en"),
    ],
)
async def test_the_best_liked_language_counts_and_a_region_falls_back(push: Push, header: str, language: str) -> None:
    assert await refused(push, header) == TOO_BIG[language]


@pytest.mark.ledger("push.update.header.accept-language-default", "push.update.header.optional")
@pytest.mark.parametrize("header", [None, "", "*", "sv", "en-US", "de;q=0", "???", "de;q=2", ",,;", "de" * 400])
async def test_english_is_spoken_where_nothing_better_is_known(push: Push, header: str | None) -> None:
    assert await refused(push, header) == TOO_BIG["en"]


async def test_every_kind_of_refusal_is_translated(push: Push, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    german = {"Accept-Language": "de"}
    nowhere = await push.call("GET", "/nowhere", headers=german)
    assert nowhere.body["message"].startswith("Nicht gefunden: Unter diesem Pfad")
    method = await push.call("PATCH", "myapp/devices", headers=german)
    assert method.body["message"] == "Methode nicht erlaubt"
    unknown = await push.call("GET", f"myapp/devices/{device}", headers=german)
    assert unknown.body["message"] == (
        f"Nicht gefunden: eine Registrierung des Geräts {device}. Prüfen Sie den Parameter deviceId"
    )

    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("inside")

    monkeypatch.setattr(Store, "read", fail)
    failed = await push.call("GET", f"myapp/devices/{device}", headers=german)
    assert failed.body["message"].startswith("Der Dienst ist gescheitert")


async def test_what_the_caller_sent_is_shown_as_it_is(push: Push) -> None:
    answer = await push.call("PUT", "myapp/devices/d", json={"{evil}": 1, "%s": 2}, headers={"Accept-Language": "ja"})
    assert answer.refusal == (400, "FPWSE0006E")
    assert answer.body["message"].endswith("%s, {evil}")
