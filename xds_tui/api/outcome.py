"""Classification of the responses to changing calls; no other module decides their outcome.

Reading calls are classified by their `code` (`envelope.require_success`) and may be repeated. A changing call is sent
once, so its response counts as success or as proof that nothing was done only if it contains no contradiction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from xds_tui.api.decode import CONTRADICTION, MAX_CODE, Envelope, envelope_object, is_host_id
from xds_tui.api.envelope import UNAUTHORISED, Mask, describe
from xds_tui.api.errors import OutcomeUnknown, Rejected, SignedOut, explain
from xds_tui.api.json_fields import flag, is_null, plain
from xds_tui.domain import rejections
from xds_tui.domain.rejections import Call
from xds_tui.i18n import N_

_UNCLEAR: Final = N_("The response does not show whether it was carried out")
_GATEWAY: Final = N_("A gateway responded in place of the service")


@dataclass(frozen=True, slots=True)
class _Reply:
    """The envelope of a response, with what is irrelevant for reading calls."""

    code: int
    envelope: Envelope
    is_contradictory: bool
    """Whether `success` contradicts `code` or is invalid."""
    is_from_service: bool
    """Whether it has the fields of the service's envelope; the gateway has `message` instead of `msg`."""


def require_success(response: httpx.Response, call: Call, mask: Mask) -> Envelope:
    """Return the envelope of the response to a changing call if the service accepted the call.

    Raises:
        SignedOut: the token was rejected, before anything was done.
        Rejected: the service rejected the call; `domain.rejections` lists the responses that prove it.
        OutcomeUnknown: for any other response.

    """
    reply = None if response.has_redirect_location else _reply_in(response, mask)
    status = response.status_code
    if reply is None:
        seen = mask(describe(response))
        if rejections.is_token_rejection(status, None):
            raise SignedOut(explain(UNAUTHORISED).meaning, UNAUTHORISED, seen)
        raise OutcomeUnknown(_UNCLEAR, seen)
    if reply.code != 0:
        raise _failure(reply, status, call)
    if reply.is_contradictory or not response.is_success:
        raise _unknown(reply, status, CONTRADICTION)
    return reply.envelope


def _failure(reply: _Reply, status: int, call: Call) -> SignedOut | Rejected | OutcomeUnknown:
    message, trace_id = reply.envelope.message, reply.envelope.trace_id
    if reply.is_contradictory or _names_result(reply.envelope.data):
        return _unknown(reply, status, CONTRADICTION)
    if rejections.is_token_rejection(status, reply.code):
        return SignedOut(explain(UNAUTHORISED).meaning, reply.code, message, trace_id=trace_id)
    if status in rejections.NOT_CARRIERS or not reply.is_from_service:
        return _unknown(reply, status, _GATEWAY)
    if rejections.is_rejection(call, status, reply.code):
        return Rejected(reply.code, message, trace_id=trace_id)
    return _unknown(reply, status, explain(reply.code).meaning)


def _unknown(reply: _Reply, status: int, summary: str) -> OutcomeUnknown:
    message = reply.envelope.message
    detail = message if status == httpx.codes.OK else f"HTTP {status}: {message}".removesuffix(": ")
    return OutcomeUnknown(summary, detail, trace_id=reply.envelope.trace_id, code=reply.code)


def _reply_in(response: httpx.Response, mask: Mask) -> _Reply | None:
    """Return the envelope in `response`, which is JSON with a whole number as `code`; None without one."""
    body = response.content
    row = envelope_object(body)
    code = None if row is None else row.integer("code", MAX_CODE)
    if row is None or code is None:
        return None
    message = row.text("msg") or row.text("message") or ""
    envelope = Envelope(code, row.part("data"), mask(message), mask(row.text("traceId") or ""))
    success = row.part("success")
    return _Reply(
        code,
        envelope,
        is_contradictory=not is_null(success) and flag(success) is not (code == 0),
        is_from_service=all(row.part(name) is not None for name in ("msg", "traceId")),
    )


def _names_result(data: msgspec.Raw | None) -> bool:
    """Return whether `data` is that of a success: `true` or the ID of a host."""
    return flag(data) is True or (data is not None and bytes(data)[:1] == b'"' and is_host_id(plain(data)))
