"""The translations' one command: `python -m tests.words` takes new texts into the .po files and compiles them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo

PACKAGE = Path(__file__).parent.parent / "xds_tui"
LOCALES = PACKAGE / "locales"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def texts_in_source() -> Catalog:
    """Every text that is marked for translation, with the modules it stands in."""
    found = Catalog(project="xds-tui", charset="utf-8", fuzzy=False)
    for name, _line, message, _comments, context in extract_from_dir(PACKAGE, keywords=KEYWORDS, comment_tags=()):
        found.add(message, None, [(f"xds_tui/{name}", 0)], context=context)
    return found


def po_file(language: str) -> Path:
    """Where the translations of a language are written."""
    return LOCALES / language / "LC_MESSAGES" / "xds_tui.po"


def translations(language: str) -> Catalog:
    """What is translated."""
    with po_file(language).open("rb") as file:
        return pofile.read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """The .mo file of a catalog."""

    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update(language: str) -> list[str]:
    """Bring a language's files up to date, and return the texts that still want a translation."""
    path = po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = translations(language) if path.exists() else Catalog(locale=language, charset="utf-8", fuzzy=False)
    catalog.update(texts_in_source(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        pofile.write_po(file, catalog, sort_output=True, omit_header=False, no_location=True, width=120)
    path.with_suffix(".mo").write_bytes(compiled(catalog))
    return [str(message.id) for message in catalog if message.id and not all(_strings(message.string))]


def _strings(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


if __name__ == "__main__":
    for text in update("zh_CN"):
        print("to translate:", text)
