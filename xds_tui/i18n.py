"""The language of what people read: gettext, English in the source, zh_CN complete.

The core marks its texts with `N_` and never translates; `tui/` and `cli.py` call `_`, when they show them.
"""

from __future__ import annotations

import gettext
import locale
import os
from typing import Final

LANGUAGES: Final = ("en", "zh_CN")
"""The languages there are; the first is the one the source is written in."""

_translations: gettext.NullTranslations = gettext.NullTranslations()
_language: str = LANGUAGES[0]


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated later
    """Mark `text` for translation without translating it."""
    return text


def _(text: str) -> str:
    """Translate `text` into the chosen language."""
    return _translations.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate `one` or `many`, whichever suits `count`."""
    return _translations.ngettext(one, many, count)


def from_environment() -> str:
    """Return the language of the user's locale, `en` where there is no other for it."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            name = locale.normalize(value.split(":")[0]).partition(".")[0]
            return "zh_CN" if name.startswith("zh") else "en"
    return "en"


def chosen() -> str:
    """The language that is shown, one of `LANGUAGES`."""
    return _language


def choose(language: str) -> None:
    """Show everything from here on in `language`, one of `LANGUAGES`.

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
        from pathlib import Path  # a tenth of what `--version` takes, and English needs none

        locales = Path(__file__).parent / "locales"
        _translations = gettext.translation("xds_tui", locales, languages=[language])
