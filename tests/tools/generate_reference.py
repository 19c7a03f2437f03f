"""Generate the tables of the manual that come from the code; tests/test_reference.py compares.

Run `python -m tests.tools.generate_reference`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from xds_tui import i18n
from xds_tui.cli.command_parser import VARIABLES
from xds_tui.config.config_key import ConfigKey
from xds_tui.config.schema import CONFIG_KEYS
from xds_tui.config.toml_file import PROFILES
from xds_tui.domain import filtering
from xds_tui.domain.filter_query import FIELD_ALIASES, FIELDS
from xds_tui.domain.filtering import CHOICE_WORDS, RowType
from xds_tui.i18n import _
from xds_tui.system.exit_codes import DESCRIPTIONS
from xds_tui.text.export_fields import ROW_FIELDS, ExportField
from xds_tui.tui.commands import COMMANDS

from .fields_zh import MEANINGS_ZH, UNITS_ZH
from .reference_zh import CONFIG_ZH, TITLES_ZH

MANUAL: Final = Path(__file__).parents[2] / "xds_tui" / "manual"
_NOTE: Final = "made by python -m tests.tools.generate_reference"
_BEGINNING: Final = re.compile(rf"<!-- ([\w-]+): {re.escape(_NOTE)} -->\n")

ROW_TYPES: Final[Mapping[str, RowType[Any]]] = {
    "hosts": filtering.HOSTS,
    "packages": filtering.PACKAGES,
    "images": filtering.IMAGES,
    "events": filtering.EVENTS,
    "orders": filtering.ORDERS,
}


def parts(language: str) -> Mapping[str, str]:
    """Return each generated part by the name in its markers."""
    before = i18n.chosen()
    i18n.choose(language)
    try:
        return {
            "actions": _table(("ID", "keys", "what it does"), _actions(), language),
            "config": _table(
                ("key", "accepts", "default", "what it does", "overridden by"), _config(language), language
            ),
            "exit-codes": _table(("code", "meaning"), _exit_codes(), language),
            "fields": _table(("field", "other names", "values", "rows"), _fields(), language),
            "variables": _table(("variable", "meaning"), _variables(), language),
            **{
                f"fields-of-{name}": _table(("field", "unit", "meaning"), _row_fields(fields, language), language)
                for name, fields in ROW_FIELDS.items()
            },
        }
    finally:
        i18n.choose(before)


def _table(titles: Sequence[str], rows: Iterator[Sequence[str]], language: str) -> str:
    shown = [TITLES_ZH[title] for title in titles] if language == "zh_CN" else titles
    lines = [f"| {' | '.join(shown)} |", f"|{' --- |' * len(titles)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _actions() -> Iterator[Sequence[str]]:
    for action in COMMANDS.values():
        yield f"`{action.id}`", " ".join(f"`{key}`" for key in action.keys.split(",")), _(action.sentence)


def _config(language: str) -> Iterator[Sequence[str]]:
    for key in CONFIG_KEYS:
        overrides = ", ".join(f"`{override}`" for override in (key.option, key.variable) if override)
        texts = (key.accepts, _default(key), key.help)
        if language == "zh_CN":
            texts = CONFIG_ZH.get(config_path(key), texts)
        yield f"`{config_path(key)}`{' *' if key.in_profile else ''}", *texts, overrides


def config_path(key: ConfigKey[object]) -> str:
    """Return the dotted name of a key."""
    path = ".".join((*key.table, key.name))
    return f"[{path}]" if key.table == PROFILES else path


def _default(key: ConfigKey[object]) -> str:
    """Return the default in words or as a TOML value."""
    if key.default_help:
        return key.default_help
    value = getattr(key.default, "value", key.default)
    if isinstance(value, float):
        return f"{value:g}"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _exit_codes() -> Iterator[Sequence[str]]:
    for code, meaning in sorted(DESCRIPTIONS.items()):
        yield str(int(code)), _(meaning)


def _row_fields(fields: Mapping[str, ExportField], language: str) -> Iterator[Sequence[str]]:
    for name, field in fields.items():
        unit, meaning = field
        if language == "zh_CN":
            unit, meaning = UNITS_ZH[unit], MEANINGS_ZH[meaning]
        yield f"`{name}`", unit, meaning


def _fields() -> Iterator[Sequence[str]]:
    for field in FIELDS:
        aliases = (f"`{alias}`" for alias, name in FIELD_ALIASES.items() if name == field)
        values: dict[str, None] = {}
        rows = []
        for name, row_type in ROW_TYPES.items():
            if field in row_type.choices:
                values |= dict.fromkeys(CHOICE_WORDS[value][0] for value in row_type.values[field])
            if field in row_type.choices or field in row_type.texts or field in row_type.numbers:
                rows.append(f"`{name}`")
        yield f"`{field}`", " ".join(aliases), " ".join(f"`{value}`" for value in values), " ".join(rows)


def _variables() -> Iterator[Sequence[str]]:
    for names, meaning in VARIABLES.items():
        yield ", ".join(f"`{name}`" for name in names.split(", ")), _(meaning)


def pages() -> Iterator[tuple[Path, str]]:
    """Return each page with a generated part, and the language of the page."""
    for language in i18n.LANGUAGES:
        for path in sorted((MANUAL / language).glob("*.md")):
            if _BEGINNING.search(path.read_text(encoding="utf-8")):
                yield path, language


def written(text: str, language: str) -> str:
    """Return a page with its generated parts as the code has them."""
    made = parts(language)
    for name in _BEGINNING.findall(text):
        begin, end = f"<!-- {name}: {_NOTE} -->\n", f"<!-- end of {name} -->"
        before, _begin, rest = text.partition(begin)
        _old, marker, after = rest.partition(end)
        assert marker, f"{name} has no end"
        text = f"{before}{begin}{made[name]}\n{end}{after}"
    return text


if __name__ == "__main__":
    for page, page_language in pages():
        page.write_text(written(page.read_text(encoding="utf-8"), page_language), encoding="utf-8")
