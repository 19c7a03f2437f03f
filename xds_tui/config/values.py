"""Parsers for the values of settings. Each returns the setting, or raises `InvalidValueError`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from xds_tui.domain.annotations import BAD_RULE, AnnotationError, parse_rule
from xds_tui.domain.notification import ChannelKind, QuietHours
from xds_tui.i18n import N_

if TYPE_CHECKING:
    from xds_tui.domain.caps import Cap
    from xds_tui.domain.rule_planner import Rule
    from xds_tui.domain.waitlist import WaitlistEntry

E = TypeVar("E", bound=Enum)

_PROFILE_NAME: Final = r"[A-Za-z0-9_.-]{1,40}"
BAD_PROFILE_NAME: Final = N_("The name of a profile must be 1 to 40 letters, digits, dots, hyphens and underscores")
BAD_CHANNEL_NAME: Final = N_("The name of a channel must be 1 to 40 letters, digits, dots, hyphens and underscores")
UNPRINTABLE: Final = N_("This contains characters that cannot be shown")
_HOURS_OF_DAY: Final = r"(?a)((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)"
_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible characters that join letters and emoji, and are part of words."""


class InvalidValueError(ValueError):
    """A value that a setting does not accept.

    Attributes:
        reason: one sentence in English, marked for translation, with the names of `values` in braces.
        values: what the braces stand for, such as the accepted values; never the rejected value.

    """

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason.format(**values) if values else reason)
        self.reason = reason
        self.values = values


def is_printable(text: str) -> bool:
    """Whether `text` has no control characters, line breaks or marks that reorder text."""
    return all(char.isprintable() or char in _JOINERS for char in text)


def printable(text: str) -> str:
    """Return `text` with U+FFFD in place of every character that a terminal obeys or does not show."""
    return "".join(char if is_printable(char) else "\N{REPLACEMENT CHARACTER}" for char in text)


def is_profile_name(name: str) -> bool:
    """Whether `name` may be the name of a profile."""
    return re.fullmatch(_PROFILE_NAME, name) is not None


def parse_profile_name(value: object) -> str:
    """Accept the name of a profile, which becomes part of names in the keyring."""
    if not isinstance(value, str) or not is_profile_name(value):
        raise InvalidValueError(BAD_PROFILE_NAME)
    return value


def parse_text(value: object) -> str:
    """Accept printable text."""
    if not isinstance(value, str):
        raise InvalidValueError(N_("This must be a string"))
    if not is_printable(value):
        raise InvalidValueError(UNPRINTABLE)
    return value


def parse_texts(value: object) -> tuple[str, ...]:
    """Accept a list of printable texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidValueError(N_("This must be a list of strings"))
    return tuple(map(parse_text, value))


def parse_command(value: object) -> tuple[str, ...]:
    """Accept a program and its arguments, as a list or in one line, which is split without a shell."""
    import shlex

    try:
        words = tuple(shlex.split(value)) if isinstance(value, str) else parse_texts(value)
    except ValueError:
        words = ()
    if not words or not words[0] or not all(word.isprintable() for word in words):
        raise InvalidValueError(N_("This must be a program and its arguments"))
    return words


def parse_path(value: object) -> str:
    """Accept the path of a file."""
    path = parse_text(value)
    try:
        Path(path).expanduser()
    except RuntimeError:  # ~NAME, and there is no such user
        is_path = False
    else:
        is_path = bool(path.strip())
    if not is_path:
        raise InvalidValueError(N_("This must be the path of a file"))
    return path


def parse_rules(value: object) -> tuple[str, ...]:
    """Accept a list of rules that protect hosts."""
    try:
        return tuple(map(parse_rule, parse_texts(value)))
    except AnnotationError as error:
        raise InvalidValueError(BAD_RULE, word=error.detail) from None


def parse_bool(value: object) -> bool:
    """Accept true and false."""
    if not isinstance(value, bool):
        raise InvalidValueError(N_("This must be true or false"))
    return value


def parse_channel(value: object) -> tuple[str, ...]:
    """Accept the kind of a channel, or a command; return the kind, or the command and its arguments after `command`."""
    if isinstance(value, list):
        command = parse_texts(value)
        if not command or not command[0]:
            raise InvalidValueError(N_("This must begin with the name of a program"))
        return (ChannelKind.COMMAND.value, *command)
    return (one_of([kind.value for kind in ChannelKind if kind is not ChannelKind.COMMAND])(value),)


def parse_hours_of_day(value: object) -> QuietHours:
    """Accept two times of the day."""
    match = re.fullmatch(_HOURS_OF_DAY, value) if isinstance(value, str) else None
    if match is None or match[1] == match[2]:
        raise InvalidValueError(N_("This must be two times of the day, such as 22:00-08:00"))
    return QuietHours(time.fromisoformat(match[1]), time.fromisoformat(match[2]))


def parse_schedule(value: object) -> Rule:
    """Accept the table of a rule; the caller sets its name."""
    from xds_tui.config.rules import parse_rule_table  # most users have no rules, and the app starts faster

    return parse_rule_table(value)


def parse_cap(value: object) -> Cap:
    """Accept the table of a cap on spending; the caller sets its name."""
    from xds_tui.config.rules import parse_cap_table  # as above

    return parse_cap_table(value)


def parse_waitlist_entry(value: object) -> WaitlistEntry:
    """Accept the table of a purchase that waits for stock; the caller sets its name."""
    from xds_tui.config.rules import parse_entry_table  # as above

    return parse_entry_table(value)


def one_of(names: Collection[str]) -> Callable[[object], str]:
    """Return a parser that accepts `names`."""

    def parse(value: object) -> str:
        if value not in names:
            raise InvalidValueError(N_("This must be one of: {values}"), values=", ".join(names))
        return str(value)

    return parse


def member_of(members: type[E]) -> Callable[[object], E]:
    """Return a parser that accepts the values of an enumeration."""
    return lambda value: members(one_of([member.value for member in members])(value))


def seconds(minimum: float, maximum: float) -> Callable[[object], float]:
    """Return a parser that accepts numbers from `minimum` to `maximum`."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
            reason = N_("This must be {minimum} to {maximum} seconds")
            raise InvalidValueError(reason, minimum=f"{minimum:g}", maximum=f"{maximum:g}")
        return float(value)

    return parse


def column_list(columns: Collection[str]) -> Callable[[object], tuple[str, ...]]:
    """Return a parser that accepts lists of `columns` without duplicates."""

    def parse(value: object) -> tuple[str, ...]:
        names = parse_texts(value)
        if not names or not set(names) <= set(columns) or len(set(names)) < len(names):
            raise InvalidValueError(N_("This must be a list of columns without duplicates"))
        return names

    return parse


def sort_column(columns: Collection[str]) -> Callable[[object], str]:
    """Return a parser that accepts one of `columns`, after a hyphen for descending order."""

    def parse(value: object) -> str:
        if parse_text(value).removeprefix("-") not in columns:
            raise InvalidValueError(N_("This must be the name of a column, with - in front for descending order"))
        return parse_text(value)

    return parse
