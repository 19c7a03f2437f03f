"""The declaration of one key of config.toml; `schema` has all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from xds_tui.config.toml_file import PROFILES, TOP, ConfigFile, Table
from xds_tui.structs import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ConfigKey(Generic[T]):
    """A key of config.toml, or all keys of a table in which the user names the keys."""

    table: Table
    name: str
    """In angle brackets if the user chooses it."""
    parse: Callable[[object], T]
    """Returns the setting for a value of config.toml, a variable or an option; raises ValueError if it is invalid."""
    default: T
    accepts: str
    """The accepted values, in Markdown."""
    help: str
    default_help: str = ""
    """The default in words, if it is not constant."""
    in_profile: bool = False
    """Whether the table of a profile may contain the key, which then overrides the one at the top level."""
    is_critical: bool = False
    """Whether the key decides what may be bought where: an invalid value makes the program read-only."""
    variable: str = ""
    """The environment variable that overrides it; empty for none."""
    option: str = ""
    """The command-line option that overrides both; empty for none."""
    former_name: str = ""
    """A name that is still accepted for this release, with a hint."""

    def read(self, config: ConfigFile, profile: str = "") -> T | None:
        """Return the setting in config.toml, that of `profile` first; None if it is missing or invalid."""
        tables = ((*PROFILES, profile), TOP) if self.in_profile else (self.table,)
        return config.first(tables, self.name, self.parse, is_critical=self.is_critical)

    def read_named(self, config: ConfigFile) -> tuple[Any, ...]:
        """Return the values of a table in which the user chooses the names, each with its name; for dataclasses."""
        found: dict[str, Any] = config.named(self.table, self.parse, is_critical=self.is_critical)
        return tuple(replace(value, name=name) for name, value in found.items() if value)
