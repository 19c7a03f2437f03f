"""The page of the manual about each kind of error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xds_tui.api.errors import OutcomeUnknown, SignedOut
from xds_tui.auth.keyring_errors import CredentialStoreError
from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.filter_query import QueryError
from xds_tui.errors import AppError, UserInputError
from xds_tui.i18n import _
from xds_tui.remote.target import UnreachableError

TOPICS: Final[Mapping[type[AppError], str]] = {
    AppError: "troubleshooting",
    UserInputError: "scripts",
    QueryError: "filters",
    SettingsError: "configuration",
    CredentialStoreError: "getting-started",
    SignedOut: "getting-started",
    OutcomeUnknown: "orders",
    UnreachableError: "ssh",
}
"""The page of each class of errors; a class that is not listed has that of its base class."""


def manual_topic(error: AppError) -> str:
    """Return the page of the manual about `error`."""
    return next(TOPICS[base] for base in type(error).__mro__ if base in TOPICS)


def manual_hint(error: AppError) -> str:
    """Return the line of an error message that names the page."""
    return _("See: {command}").format(command=f"xds-tui manual {manual_topic(error)}")
