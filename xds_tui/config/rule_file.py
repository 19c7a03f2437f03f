"""The rules in config.toml as they are now, for a program that runs for weeks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xds_tui.config import schema
from xds_tui.config.toml_file import ConfigFile, SettingsError
from xds_tui.domain.rule_planner import Rule
from xds_tui.structs import dataclass

_Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class RulesRead:
    """The rules in the file, and what is wrong with it."""

    rules: tuple[Rule, ...]
    problems: tuple[SettingsError, ...] = ()


class RuleFile:
    """Reads the rules again when the file has changed. Its methods access the disk."""

    def __init__(self, path: Path, rules: Sequence[Rule]) -> None:
        """Begin with `rules`, which were read from the file at `path` lately."""
        self._path = path
        self._last = RulesRead(tuple(rules))
        self._version: _Version | None = None

    def read(self) -> RulesRead:
        """Return the rules; if the file cannot be read or is no TOML, the last ones with the problem."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return RulesRead(())
        except OSError as error:
            return RulesRead(self._last.rules, (SettingsError(error.strerror or "?", str(self._path)),))
        version = found.st_ino, found.st_mtime_ns, found.st_size
        if version != self._version:
            config = ConfigFile(self._path, must_exist=False)
            if config.is_doubtful:
                return RulesRead(self._last.rules, tuple(config.problems))
            rules = schema.RULE.read_named(config)
            self._version, self._last = version, RulesRead(rules, tuple(config.problems))
        return self._last
