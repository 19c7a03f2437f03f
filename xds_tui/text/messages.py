"""Errors of the service in words: what happened, what to do about it where it is shown, and what support asks for."""

from __future__ import annotations

from enum import Enum
from typing import Final

from xds_tui.api.errors import ApiError, Cause, OutcomeUnknown, Rejected, SignedOut, explain
from xds_tui.i18n import N_, _


class Situation(Enum):
    """Where an error is shown, which decides what the user can do about it."""

    WATCHING = "watching"
    """On a screen that refreshes: a failed read is repeated on its own."""
    SIGN_IN = "sign-in"
    """In the sign-in dialog, with what was typed still there."""
    COMMAND = "command"
    """By a command that has ended with it."""
    LOGIN = "login"
    """By `xds-tui login`."""


UNKNOWN_OUTCOME: Final = N_("It may or may not have been done. It is not sent again; the next sweeps will tell.")

_CAUSES: Final = {
    Cause.PROXY: N_("Start or correct the proxy, or unset its variable."),
    Cause.PORTAL: N_(
        "This is often the sign-in page of a network: open a web page in a browser, or check the address."
    ),
    Cause.BLOCKED: N_("A firewall or a proxy on the way may not allow it."),
    Cause.ADDRESS: N_("Check the address (--base-url, XDS_BASE_URL, base_url in config.toml)."),
    Cause.SERVICE: N_("The fault is with the service, not with this machine."),
}
_NEXT: Final = {
    Situation.WATCHING: N_("Nothing was changed. It is tried again by itself, or at once with r."),
    Situation.SIGN_IN: N_("What you typed is still here. Press enter to try again."),
    Situation.COMMAND: N_("Nothing was changed. Try again; xds-tui doctor looks for the cause."),
    Situation.LOGIN: N_("Nothing was kept. Try again; xds-tui doctor looks for the cause."),
}
_SIGN_IN: Final = {
    Situation.WATCHING: N_("Press i to sign in again; what is shown stays."),
    Situation.COMMAND: N_("Sign in with xds-tui login, or set XDS_UUID and XDS_SECRET."),
}
_WRONG_KEY: Final = N_("Check both. Production and sandbox have accounts of their own.")
_WRONG_TOKEN: Final = N_("Enter a new token; one ends after 30 minutes.")
_OTHER_PROGRAM: Final = N_("Close the other program, or let both keep their credentials in the same keyring.")
_PASSING: Final = N_("Nothing was changed. Another token is asked for by itself; sign in again if that does not help.")


def trouble(error: ApiError, situation: Situation, *, given_by: str = "", is_token: bool = False) -> tuple[str, ...]:
    """Return an error in lines: what happened, what to do, and what the vendor's support asks for.

    Args:
        error: the error of a call.
        situation: where it is shown.
        given_by: the environment variables that the credentials came from; empty: another source.
        is_token: whether a bare token was tried, and no account with its secret.

    """
    lines = [with_detail(error.summary, error.detail), remedy(error, situation, is_token=is_token)]
    if isinstance(error, SignedOut) and given_by:
        lines.append(_("The credentials are from {names}.").format(names=given_by))
    if isinstance(error, Rejected | SignedOut) and (error.message or error.trace_id):  # else the service sent no code
        lines.append(_("code {code}").format(code=error.code))
    if error.trace_id:
        lines.append(f"traceId {error.trace_id}")
    return tuple(lines)


def remedy(error: ApiError, situation: Situation, *, is_token: bool = False) -> str:
    """Return what the user can do about an error; see `trouble`."""
    if isinstance(error, SignedOut):
        return _(_signed_out_remedy(error, situation, is_token=is_token))
    if isinstance(error, OutcomeUnknown):
        return _(UNKNOWN_OUTCOME)
    if error.cause is not None:
        return f"{_(_CAUSES[error.cause])} {_(_NEXT[situation])}"
    return _(explain(error.code).remedy) if isinstance(error, Rejected) else _(_NEXT[situation])


def cause_advice(cause: Cause) -> str:
    """Return what to do about a cause alone."""
    return _(_CAUSES[cause])


def _signed_out_remedy(error: SignedOut, situation: Situation, *, is_token: bool) -> str:
    if error.retry_after:
        return _OTHER_PROGRAM
    if error.is_passing:
        return _PASSING if situation is Situation.WATCHING else _NEXT[situation]
    if situation in _SIGN_IN:
        return _SIGN_IN[situation]
    return _WRONG_TOKEN if is_token else _WRONG_KEY


def with_detail(summary: str, detail: str) -> str:
    """Return a marked sentence in the chosen language, with the words that it was said in where they tell more."""
    text = _(summary)
    return text if text.startswith(detail) else f"{text}: {detail}"
