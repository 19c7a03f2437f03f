"""The class hierarchy of errors, and the one function that shows any of them."""

from __future__ import annotations

import copy
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator

import pytest

import xds_tui
from xds_tui import errors, i18n
from xds_tui.api.errors import ApiError, Rejected
from xds_tui.auth.keyring_errors import CredentialStoreError, KeyringProblem
from xds_tui.cli.output import OutputError
from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.filter_query import QueryError
from xds_tui.errors import AppError, UserInputError
from xds_tui.remote.target import UnreachableError
from xds_tui.store.problems import FULL, StoreError, remedy
from xds_tui.system.files import FileWriteError
from xds_tui.text.messages import Situation, error_lines, error_message

SHOWN = [
    (QueryError("{word}: no such field", "colour"), "colour: no such field"),
    (SettingsError("It must be a number", "config.toml: interval"), "config.toml: interval: It must be a number"),
    (SettingsError("The file cannot be read", ""), "The file cannot be read"),
    (StoreError("The disk is full", "history.db"), "The disk is full: history.db"),
    (CredentialStoreError(KeyringProblem.LOCKED, "The keyring is locked"), "The keyring is locked"),
    (UnreachableError("Its address cannot be used", "{word}"), "Its address cannot be used: {word}"),
    (FileWriteError("The file could not be written", "EIO"), "The file could not be written: EIO"),
    (OutputError(OSError("no space")), "The output could not be written: no space"),
    (UserInputError("{word} is not a time", "{word}"), "{word} is not a time"),
]


def subclasses(parent: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from subclasses(kind)


def test_every_error_class_is_drawn_in_the_hierarchy() -> None:
    for module in pkgutil.walk_packages(xds_tui.__path__, "xds_tui."):
        if not module.name.startswith("xds_tui.simulator") and module.name != "xds_tui.__main__":
            importlib.import_module(module.name)
    own = [kind for kind in subclasses() if kind.__module__.startswith("xds_tui.")]
    assert not [kind for kind in own if kind.__name__ not in _documented(kind)]


def _documented(kind: type[AppError]) -> str:
    """The docstring that draws the hierarchy: that of `api.errors` for its classes."""
    module = importlib.import_module("xds_tui.api.errors") if issubclass(kind, ApiError) else errors
    return module.__doc__ or ""


def test_every_exception_for_the_user_has_the_common_base() -> None:
    """Subclasses of library errors, and those named here, never leave the package that raises them."""
    names = {"ForeignDatabaseError", "NewerDatabaseError", "_MissingValueError"}
    for module in filter(None, list(sys.modules.values())):  # tests block imports with None
        if module.__name__.startswith("xds_tui.") and "simulator" not in module.__name__:
            for value in vars(module).values():
                if isinstance(value, type) and value.__module__ == module.__name__ and Exception in value.__bases__:
                    assert value is AppError or value.__name__ in names, value


@pytest.mark.parametrize(("error", "shown"), SHOWN, ids=lambda value: type(value).__name__)
def test_any_error_is_shown_in_one_line(error: AppError, shown: str) -> None:
    assert error_message(error) == shown
    assert error_lines(error, Situation.COMMAND)[0] == shown


def test_the_lines_of_an_error_end_with_what_to_do_and_the_page_of_the_manual() -> None:
    page = "See: xds-tui manual troubleshooting"
    assert error_lines(StoreError(FULL, "history.db"), Situation.COMMAND)[1:] == (remedy(FULL), page)
    assert error_lines(FileWriteError("It failed"), Situation.COMMAND) == ("It failed", page)
    assert "traceId t" in error_lines(Rejected(9001, "no", trace_id="t"), Situation.COMMAND)


def test_the_word_of_an_input_error_is_placed_in_the_translated_sentence() -> None:
    error = QueryError("{word}: no such field", "colour")
    i18n.choose("zh_CN")
    try:
        assert error_message(error).startswith("colour")
        assert "there is" not in error_message(error)
    finally:
        i18n.choose("en")


@pytest.mark.parametrize("repeat", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("error", [error for error, _shown in SHOWN], ids=lambda error: type(error).__name__)
def test_an_error_can_be_copied(error: AppError, repeat: Callable[[AppError], AppError]) -> None:
    again = repeat(error)
    assert (type(again), vars(again), str(again)) == (type(error), vars(error), str(error))
