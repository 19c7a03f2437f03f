"""Keep the translations up to date: `python -m tests.tools.update_translations` adds and compiles texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo

from xds_tui import __version__

PACKAGE = Path(__file__).parents[2] / "xds_tui"
LOCALES = PACKAGE / "locales"
MARKS = {"_": 1, "N_": 1, "ngettext": 2}
"""The functions that mark texts, with the number of texts that each takes: one, or singular and plural."""


def texts_in_source() -> Catalog:
    """Return all texts that are marked for translation."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for path in sorted(PACKAGE.rglob("*.py")):
        for texts in marked(path.read_text(encoding="utf-8")):
            found.add(texts if len(texts) > 1 else texts[0])
    return found


def marked(source: str) -> Iterator[tuple[str, ...]]:
    """Return the marked texts of a module, by its syntax tree: Babel finds none in f-strings before Python 3.12."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKS:
            given = call.args[: MARKS[call.func.id]]
            texts = tuple(arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
            if len(texts) == MARKS[call.func.id]:
                yield texts


def po_file(language: str) -> Path:
    """Return the path of the translations of a language."""
    return LOCALES / language / "LC_MESSAGES" / "xds_tui.po"


def translations(language: str) -> Catalog:
    """Return the path of the template."""
    with po_file(language).open("rb") as file:
        return pofile.read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """Return the compiled form of a catalog."""
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update(language: str) -> list[str]:
    """Update the files of a language, and return the texts without a translation."""
    path = po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = translations(language) if path.exists() else _new(language)
    catalog.update(texts_in_source(), no_fuzzy_matching=True, update_creation_date=False)
    _sign(catalog, language)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        pofile.write_po(file, catalog, sort_output=True, omit_header=False, no_location=True, width=120)
    path.with_suffix(".mo").write_bytes(compiled(catalog))
    return [str(message.id) for message in catalog if message.id and not is_translated(message)]


def is_translated(message: Message) -> bool:
    """Return whether every form is translated and none is marked as fuzzy, which would not be compiled."""
    return not message.fuzzy and all(forms(message.string))


def forms(value: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the forms of a text: one, or those of the plural. A missing translation is one empty form."""
    if value is None:
        return ("",)
    return (value,) if isinstance(value, str) else tuple(value)


def _new(language: str) -> Catalog:
    return Catalog(locale=language, charset="utf-8", fuzzy=False, revision_date=datetime.now(UTC))


def _sign(catalog: Catalog, language: str) -> None:
    """Set the project's name and address in the header in place of Babel's defaults."""
    catalog.header_comment = (
        f"# The texts of xds-tui in {language}; kept up to date by `python -m tests.tools.update_translations`.\n#"
    )
    catalog.project, catalog.version = "xds-tui", __version__
    catalog.msgid_bugs_address = ""
    catalog.last_translator = catalog.language_team = "The xds-tui team"


if __name__ == "__main__":
    for text in update("zh_CN"):
        print("to translate:", text)
