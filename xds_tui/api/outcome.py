"""What the response to a changing call says about its outcome: the only place that decides it.

A reading call is judged by its `code` (`answer.accepted`) and may simply be repeated. A changing call was sent once, so
here a response counts as "done" or as "nothing was done" only where it says so without contradiction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from xds_tui.api.decode import CONTRADICTION, MAX_CODE, MAX_VALUES, Envelope, is_host_id
from xds_tui.api.envelope import UNAUTHORISED, Mask, describe
from xds_tui.api.errors import OutcomeUnknown, Rejected, SignedOut, explain
from xds_tui.api.json_fields import JsonObject, flag, is_null, parsed, plain
from xds_tui.domain import rejections
from xds_tui.domain.rejections import Call
from xds_tui.i18n import N_

_UNCLEAR: Final = N_("The response does not say whether it was done")
_GATEWAY: Final = N_("The service's gateway answered in its place")


@dataclass(frozen=True, slots=True)
class _Reply:
    """A response's envelope with what the reading calls do not look at."""

    code: int
    envelope: Envelope
    is_contradictory: bool
    """Whether `success` says other than `code`, or nothing that is understood."""
    is_from_service: bool
    """Whether it has the fields of the service's own envelope: its gateway spells `msg` as `message`."""


def require_success(response: httpx.Response, call: Call, mask: Mask) -> Envelope:
    """Return the envelope of the response to a changing call, if it says that the service accepted the call.

    Raises:
        SignedOut: the token does not hold, which was found before anything was done.
        Refused: the service refused; see `domain.rejections` for what is proof of that.
        OutcomeUnknown: anything else.

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
    """Return the envelope in `response`, or None if there is none: JSON in which `code` is a whole number."""
    body = response.content
    fields = parsed(body, dict[str, msgspec.Raw]) if body.count(b",") <= MAX_VALUES else None
    row = None if fields is None else JsonObject(fields)
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
    """Whether `data` is what comes with success: `true`, or the ID of a host."""
    return flag(data) is True or (data is not None and bytes(data)[:1] == b'"' and is_host_id(plain(data)))
