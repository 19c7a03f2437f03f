"""What can be wrong with a keyring, whatever its backend raises, in our words."""

from __future__ import annotations

from enum import Enum
from typing import Final

from xds_tui.errors import AppError
from xds_tui.i18n import N_


class KeyringProblem(Enum):
    """What is wrong with the keyring."""

    UNAVAILABLE = "unavailable"
    """There is none, or none that keeps secrets safely."""
    LOCKED = "locked"
    TIMED_OUT = "timed out"
    """It did not answer; also while an earlier call is still waiting."""
    DENIED = "denied"
    NOT_KEPT = "not kept"
    """It took a value and does not give it back, or has no room for it."""
    NOT_REMOVED = "not removed"
    """It still has a value that it was asked to remove."""


class CredentialStoreError(AppError):
    """A keyring operation that failed.

    Attributes:
        problem: the kind of failure.

    """

    def __init__(self, problem: KeyringProblem, summary: str, detail: str = "") -> None:
        super().__init__(summary, detail)
        self.problem = problem


_SYSTEMS_OWN: Final = {
    -25308: (KeyringProblem.LOCKED, N_("The keyring is locked, and cannot ask for its password here")),
    -25293: (KeyringProblem.DENIED, N_("The keyring refused")),
    1312: (KeyringProblem.UNAVAILABLE, N_("Windows gives this session no keyring; over SSH it has none")),
}
"""What the codes mean that macOS (in the words of keyring's errors) and Windows (as `winerror`) give."""


def translate_error(error: Exception) -> CredentialStoreError:
    """Say what a backend's error means. Its words are kept only where keyring chose them: others may hold the value."""
    from keyring import errors

    words = str(error) if isinstance(error, errors.KeyringError) else type(error).__name__
    for code, (trouble, summary) in _SYSTEMS_OWN.items():
        if f"({code}," in words or getattr(error, "winerror", None) == code:
            return CredentialStoreError(trouble, summary, words)
    match error:
        case errors.KeyringLocked():
            return CredentialStoreError(KeyringProblem.LOCKED, N_("The keyring is locked"), words)
        case errors.NoKeyringError():
            return CredentialStoreError(KeyringProblem.UNAVAILABLE, N_("There is no keyring on this machine"))
        case errors.InitError():
            return CredentialStoreError(
                KeyringProblem.UNAVAILABLE, N_("The keyring was never set up, or cannot be reached"), words
            )
        case errors.PasswordSetError() | errors.PasswordDeleteError():
            return CredentialStoreError(KeyringProblem.DENIED, N_("The keyring refused"), words)
    return CredentialStoreError(KeyringProblem.UNAVAILABLE, N_("The keyring failed"), words)
