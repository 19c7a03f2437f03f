"""Translation of texts with gettext: English in the source, complete translation into zh_CN.

The lower layers mark texts with `N_`; `text`, `tui` and `cli` translate them with `_` when they show them.
"""

from __future__ import annotations

import gettext
import locale
import os
from typing import Final

LANGUAGES: Final = ("en", "zh_CN")
"""The available languages; the first is that of the source."""

_translations: gettext.NullTranslations = gettext.NullTranslations()
_language: str = LANGUAGES[0]


def N_(text: str) -> str:  # noqa: N802 - gettext's conventional name
    """Mark `text` for translation without translating it."""
    return text


def _(text: str) -> str:
    """Translate `text` into the chosen language."""
    return _translations.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate `one` or `many`, depending on `count`."""
    return _translations.ngettext(one, many, count)


def from_environment() -> str:
    """Return the language of the user's locale, or `en` if it is not available."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            name = locale.normalize(value.split(":")[0]).partition(".")[0]
            return "zh_CN" if name.startswith("zh") else "en"
    return "en"


def chosen() -> str:
    """Return the current language, one of `LANGUAGES`."""
    return _language


def choose(language: str) -> None:
    """Set the current language, one of `LANGUAGES`.

    Raises:
        ValueError: for any other language.

    """
    global _translations, _language  # noqa: PLW0603 - a process has one language, like its locale
    if language not in LANGUAGES:
        raise ValueError(language)
    _language = language
    if language == LANGUAGES[0]:
        _translations = gettext.NullTranslations()
    else:
        from pathlib import Path  # imported here because it takes a tenth of the time of `--version`

        locales = Path(__file__).parent / "locales"
        _translations = gettext.translation("xds_tui", locales, languages=[language])
