"""Classification of the responses to reading calls: the service's envelope, or other content in its place.

The `code` of the envelope determines the result regardless of the HTTP status; without an envelope the HTTP status
does. `changes` classifies the responses to changing calls.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import httpx

from xds_tui.api.decode import Envelope, decode_envelope
from xds_tui.api.errors import PROXY_UNAUTHORIZED, UNAVAILABLE, BadResponse, Cause, Rejected, SignedOut, explain
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_

UNAUTHORISED: Final = 401
"""The code, and the HTTP status, of a token that is missing, wrong or expired."""

_TOKEN_CODES: Final = frozenset({UNAUTHORISED, 403, 2000, 2001})
"""Codes for a token that is missing, wrong, expired or not allowed: codes of the service and its gateway."""

_FRAMEWORK_TOKEN_CODES: Final = frozenset({501, 502})
"""Token codes of the vendor's framework. With an HTTP status of 5xx they repeat that status instead."""

MAX_SHOWN: Final = 200
"""Maximum length of the description of unexpected content in characters."""

MAX_RETRY_AFTER: Final = 3_600.0
"""Maximum wait in seconds; longer values of Retry-After are reduced to it."""

_SEARCHED_BYTES: Final = 8_192
"""Length of the beginning of a page that is searched for its title, in bytes."""

_DECODED: Final = "xds-tui envelope"
"""The extension of a response that holds its decoded envelope."""

_TITLE: Final = r"(?i)<title[^<>]*>([^<]*)"
_INVISIBLE: Final = r"(?is)<(script|style)\b.*?(</\1>|$)"
_TAG: Final = r"<[^<>]*>?"
_DATA: Final = r'[\[{]\s*[\[{"]'
"""The beginning of a JSON object or list."""

_REASON: Final = (
    r'(?i)"(code|status|error|msg|message|detail|title|reason)"\s*:\s*("(?:[^"\\]|\\.){0,100}"|-?\d{1,10}\b)'
)
"""Fields of an error that is not the service's."""

Mask = Callable[[str], str]
"""Masks every secret in a text: a page may contain parts of the request."""


def require_success(response: httpx.Response, mask: Mask) -> Envelope:
    """Return the envelope in the response to a reading call if its code is 0; `success` is ignored.

    Raises:
        SignedOut: for the codes of a rejected token.
        Rejected: for any other code.
        BadResponse: as `envelope_in`.

    """
    envelope = envelope_in(response, mask)
    if is_token_rejected(envelope, response):
        raise SignedOut(explain(UNAUTHORISED).meaning, envelope.code, envelope.message, trace_id=envelope.trace_id)
    if envelope.code != 0:
        raise refusal(envelope, response)
    return envelope


def is_token_rejected(envelope: Envelope, response: httpx.Response) -> bool:
    """Return whether the token of the request was rejected, so that a new one may be accepted."""
    if envelope.code in _FRAMEWORK_TOKEN_CODES:
        return response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    return envelope.code in _TOKEN_CODES


def refusal(envelope: Envelope, response: httpx.Response) -> Rejected:
    """Return the error for an error code of the service."""
    return Rejected(envelope.code, envelope.message, trace_id=envelope.trace_id, retry_after=retry_after(response))


def envelope_in(response: httpx.Response, mask: Mask) -> Envelope:
    """Return the envelope in `response`, with any code.

    Raises:
        SignedOut: there is none, and the HTTP status is 401.
        Rejected: there is none, and the HTTP status is 429 or 503.
        BadResponse: there is none, it is invalid, or the response is a redirect.

    """
    if response.is_redirect or response.has_redirect_location:
        summary, cause = classify(response)
        raise BadResponse(summary, mask(_target(response)), cause=cause)
    failure: BadResponse
    try:
        envelope = _decoded(response)
    except BadResponse as error:
        failure = error
    else:
        return replace(envelope, message=mask(envelope.message), trace_id=mask(envelope.trace_id))
    description = mask(describe(response))
    if response.status_code == UNAUTHORISED:
        raise SignedOut(explain(UNAUTHORISED).meaning, UNAUTHORISED, description)
    summary, cause = classify(response)
    if response.status_code in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        raise Rejected(response.status_code, description, retry_after=retry_after(response), cause=cause)
    raise BadResponse(summary or failure.summary, description, cause=cause)


def _decoded(response: httpx.Response) -> Envelope:
    """Return the envelope in `response`, decoded once, although the token check and the caller both read it.

    Raises:
        BadResponse: if there is none.

    """
    decoded = response.extensions.get(_DECODED)
    if not isinstance(decoded, Envelope):
        decoded = response.extensions[_DECODED] = decode_envelope(response.content)
    return decoded


def classify(response: httpx.Response) -> tuple[str, Cause | None]:
    """Return what a response without an envelope is, marked for translation, and its cause, if known."""
    status = response.status_code
    if response.is_redirect or response.has_redirect_location:
        return N_("The service redirected the request, which is not followed"), Cause.PORTAL
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UNAVAILABLE, Cause.SERVICE
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE):
        return N_("There is no service at this address"), Cause.ADDRESS
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS):
        return N_("The request was blocked before it reached the service"), Cause.BLOCKED
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return PROXY_UNAUTHORIZED, Cause.PROXY
    if response.is_success and _is_page(response):
        return N_("A web page was received instead of a response of the service"), Cause.PORTAL
    return "", None


def _is_page(response: httpx.Response) -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    start = response.content[:_SEARCHED_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" in kind or start.startswith((b"<!doctype html", b"<html", b"<head", b"<script"))


def describe(response: httpx.Response) -> str:
    """Describe a response: HTTP status, content type, and the title or first words of a page or of an error.

    Data may contain a new token or passwords, which no mask knows: of data, only the fields of an error are shown.
    """
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip() or "no content type"
    page = response.content[:_SEARCHED_BYTES].decode("utf-8", "replace").replace("\0", "")
    title = re.search(_TITLE, page)
    words = title[1] if title and title[1].strip() else re.sub(_TAG, " ", re.sub(_INVISIBLE, " ", page))
    shown = " ".join(html.unescape(words).split()) or "empty"
    is_data = "json" in kind or "xml" in kind or re.search(_DATA, shown) is not None
    if words.strip() and (is_data or (response.is_success and not _is_page(response))):
        reasons = [f"{field[1]} {field[2]}" for field in re.finditer(_REASON, page)]
        shown = ", ".join(reasons) or f"{len(response.content)} bytes"
    return clean(f"HTTP {response.status_code}, {kind}: {shown}", MAX_SHOWN)


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds to wait by `Retry-After`, which has seconds or an HTTP date; None without it."""
    header = response.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdigit() and len(header) <= len("9999999999"):
        seconds = float(header)
    else:
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _target(response: httpx.Response) -> str:
    """Return the origin of a redirect; its path may contain confidential parts of the request."""
    try:
        target = httpx.URL(response.headers.get("Location", ""))
    except (httpx.InvalidURL, UnicodeError):
        return f"HTTP {response.status_code}"
    where = f"{target.scheme}://{target.netloc.decode('ascii', 'replace')}" if target.host else "another path"
    return clean(f"HTTP {response.status_code} → {where}", MAX_SHOWN)
