"""Messages in the caller's language: gettext catalogues, RFC 9110 preferences, RFC 4647 look-up."""

import gettext
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

SOURCE_LANGUAGE = "en"
PREFERENCES = 20  # of a header are looked at; the rest is noise
_PREFERENCE = re.compile(
    r"\s*(?P<tag>[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*"
    r"(?:;\s*q\s*=\s*(?P<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.IGNORECASE,
)


class Languages:
    """The languages that a service speaks; English is the source and needs no catalogue."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds `<language>/LC_MESSAGES/messages.mo`; a language is written like `pt-BR`."""
        self._catalogues: Mapping[str, gettext.GNUTranslations] = {
            path.parts[-3]: _load(path) for path in sorted(folder.glob("*/LC_MESSAGES/messages.mo"))
        }
        self._by_tag = {language.lower(): language for language in (SOURCE_LANGUAGE, *self._catalogues)}

    @property
    def spoken(self) -> Sequence[str]:
        """Every language, English first."""
        return list(self._by_tag.values())

    def preferred(self, accept_language: str | None) -> str:
        """The language for an Accept-Language header; a malformed part of it is passed over."""
        for tag in _preferences(accept_language or ""):
            if found := self.matching(tag):
                return found
        return SOURCE_LANGUAGE

    def matching(self, tag: str) -> str | None:
        """The language for one tag such as `de-AT` or `de_AT`: itself, or less and less regional."""
        parts = tag.replace("_", "-").lower().split("-")[:8]
        while parts:
            if found := self._by_tag.get("-".join(parts)) or _DEFAULT_REGIONS.get("-".join(parts)):
                return found if found in self._by_tag.values() else None
            parts.pop()
        return None

    def translate(self, language: str, message: str) -> str:
        """The message in that language; unchanged in English, and where there is no translation."""
        catalogue = self._catalogues.get(language)
        return catalogue.gettext(message) if catalogue else message


# A language that is spoken here in one or two regions only, asked for without one (or in another).
_DEFAULT_REGIONS = {
    "pt": "pt-BR",
    "zh": "zh-CN",
    "zh-hans": "zh-CN",
    "zh-sg": "zh-CN",
    "zh-hant": "zh-TW",
    "zh-hk": "zh-TW",
    "zh-mo": "zh-TW",
}


def _load(path: Path) -> gettext.GNUTranslations:
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def _preferences(header: str) -> list[str]:
    """The tags of a header from the most to the least liked; `*` and those of quality 0 left out."""
    liked = []
    for position, part in enumerate(header.split(",")[:PREFERENCES]):
        match = _PREFERENCE.fullmatch(part)
        quality = float(match["q"] or 1) if match else 0.0
        if match and quality > 0 and match["tag"] != "*":
            liked.append((-quality, position, match["tag"]))
    return [tag for _, _, tag in sorted(liked)]
