"""Generate the parts of the README that come from the code; a test compares.

Run `python -m tests.tools.generate_reference`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from xds_tui.config.schema import CONFIG_KEYS, ConfigKey
from xds_tui.config.toml_file import PROFILES
from xds_tui.tui.commands import COMMANDS

README: Final = Path(__file__).parents[2] / "README.md"


def made() -> Mapping[str, str]:
    """Return each part by the name that its markers have in the README."""
    return {"config": config(), "actions": actions()}


def config() -> str:
    """Return the table of config.toml's keys."""
    lines = ["| key | accepts | default | what it does | overridden by |", "| --- | --- | --- | --- | --- |"]
    for key in CONFIG_KEYS:
        name = _path(key) + (" *" if key.in_profile else "")
        overrides = ", ".join(f"`{override}`" for override in (key.option, key.variable) if override)
        lines.append(f"| {name} | {key.accepts} | {_default(key)} | {key.help} | {overrides} |")
    return "\n".join(lines)


def _path(key: ConfigKey[object]) -> str:
    path = ".".join((*key.table, key.name))
    return f"`[{path}]`" if key.table == PROFILES else f"`{path}`"


def _default(key: ConfigKey[object]) -> str:
    """Return the default in words or as a TOML value."""
    if key.default_help:
        return key.default_help
    value = getattr(key.default, "value", key.default)
    if isinstance(value, float):
        return f"{value:g}"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def actions() -> str:
    """Return the table of actions and their keys."""
    lines = ["| action | keys | what it does |", "| --- | --- | --- |"]
    for action in COMMANDS.values():
        keys = " ".join(f"`{key}`" for key in action.keys.split(","))
        lines.append(f"| `{action.id}` | {keys} | {action.sentence} |")
    return "\n".join(lines)


def _between(name: str) -> re.Pattern[str]:
    begin, end = f"<!-- {name}: made by python -m tests.tools.generate_reference -->", f"<!-- end of {name} -->"
    return re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)


def written(text: str) -> str:
    """Return the README with its parts as the code has them."""
    for name, part in made().items():
        found = _between(name).search(text)
        assert found is not None, name
        text = f"{text[: found.start()]}{found[1]}{part}\n{found[2]}{text[found.end() :]}"
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
