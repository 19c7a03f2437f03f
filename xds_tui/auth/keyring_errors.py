"""The failures of a keyring, and the translation of its exceptions."""

from __future__ import annotations

from enum import Enum
from typing import Final

from xds_tui.errors import AppError
from xds_tui.i18n import N_


class KeyringProblem(Enum):
    """The kind of a keyring failure."""

    UNAVAILABLE = "unavailable"
    """There is no keyring, or none that stores secrets safely."""
    LOCKED = "locked"
    TIMED_OUT = "timed out"
    """It did not respond; also while an earlier call is waiting."""
    DENIED = "denied"
    NOT_KEPT = "not kept"
    """It did not store a value, or the value is too long."""
    NOT_REMOVED = "not removed"
    """It still has a value that was to be removed."""


class CredentialStoreError(AppError):
    """A keyring operation that failed.

    Attributes:
        problem: the kind of failure.

    """

    def __init__(self, problem: KeyringProblem, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail)
        self.problem = problem


_SYSTEM_ERRORS: Final = {
    -25308: (KeyringProblem.LOCKED, N_("The keyring is locked and cannot prompt for its password here")),
    -25293: (KeyringProblem.DENIED, N_("The keyring denied access")),
    1312: (KeyringProblem.UNAVAILABLE, N_("Windows provides no keyring to this session, for example over SSH")),
}
"""Error codes of macOS (in the messages of keyring's errors) and Windows (`winerror`)."""


def no_keyring() -> CredentialStoreError:
    """Return the error of a machine without a keyring."""
    return CredentialStoreError(KeyringProblem.UNAVAILABLE, N_("No keyring was found on this machine"))


def translate_error(error: Exception) -> CredentialStoreError:
    """Translate an exception of a backend. Only keyring's own messages are used: others may contain the value."""
    from keyring import errors

    message = str(error) if isinstance(error, errors.KeyringError) else type(error).__name__
    for code, (problem, summary) in _SYSTEM_ERRORS.items():
        if f"({code}," in message or getattr(error, "winerror", None) == code:
            return CredentialStoreError(problem, summary, message)
    match error:
        case errors.KeyringLocked():
            return CredentialStoreError(KeyringProblem.LOCKED, N_("The keyring is locked"), message)
        case errors.NoKeyringError():
            return no_keyring()
        case errors.InitError():
            return CredentialStoreError(
                KeyringProblem.UNAVAILABLE, N_("The keyring is not set up, or cannot be reached"), message
            )
        case errors.PasswordSetError() | errors.PasswordDeleteError():
            return CredentialStoreError(KeyringProblem.DENIED, N_("The keyring denied access"), message)
    return CredentialStoreError(KeyringProblem.UNAVAILABLE, N_("The keyring reported an error"), message)
