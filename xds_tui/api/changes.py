"""The requests that change something, and the classification of their responses; no other module decides their outcome.

`--dry-run` shows the requests that the client sends. Reading calls are classified by their `code`
(`envelope.require_success`) and may be repeated. A changing call is sent once, so its response counts as success or as
proof that nothing was done only if it contains no contradiction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

import httpx
import msgspec

from xds_tui.api.decode import CONTRADICTION, MAX_CODE, Envelope, envelope_object, is_host_id
from xds_tui.api.envelope import UNAUTHORISED, Mask, describe
from xds_tui.api.errors import NotSent, OutcomeUnknown, Rejected, SignedOut, explain
from xds_tui.api.json_fields import flag, is_identity, is_null, plain
from xds_tui.domain import rejections
from xds_tui.domain.model import Period
from xds_tui.domain.records import Order, OrderAction
from xds_tui.domain.rejections import Call
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

READ_ONLY: Final = N_("Nothing can be changed in read-only mode")

PREFIX: Final = "/v1/pve/open/"
"""Path of every endpoint of the host rental document, after the service's address."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A request that changes something."""

    call: Call
    method: str
    path: str
    """After `PREFIX`, quoted."""
    query: Mapping[str, int] | None = None
    body: Mapping[str, str | int] | None = None
    """Sent as JSON."""

    def url(self, base_url: str) -> str:
        """Return the URL at the service with this address."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{base_url.rstrip('/')}{PREFIX}{self.path}{query}"


def create_on_demand(package_id: str, image_id: str) -> ChangeRequest:
    """Return the request that buys a host by the hour."""
    body = {"packageId": package_id, "imageId": image_id}
    return ChangeRequest(Call.CREATE_ON_DEMAND, "POST", "createquantity", body=body)


def create_rent(package_id: str, image_id: str, period: Period) -> ChangeRequest:
    """Return the request that buys a host for `period`."""
    body: dict[str, str | int] = {
        "packageId": package_id,
        "imageId": image_id,
        "periodNumber": period.number,
        "periodType": period.unit.value,
    }
    return ChangeRequest(Call.CREATE_RENT, "POST", "createRent", body=body)


def power(host_id: str, on: bool) -> ChangeRequest:
    """Return the request that starts or stops a host; raises `NotSent` if the ID cannot be part of a path."""
    return ChangeRequest(Call.POWER, "GET", f"operate/{segment(host_id)}", query={"type": int(on)})


def reboot(host_id: str) -> ChangeRequest:
    """Return the request that reboots a host; raises as `power`."""
    return ChangeRequest(Call.REBOOT, "GET", f"reboot/{segment(host_id)}")


def delete(host_id: str) -> ChangeRequest:
    """Return the request that deletes a host; raises as `power`."""
    return ChangeRequest(Call.DELETE, "DELETE", f"delete/{segment(host_id)}")


def request_of(order: Order) -> ChangeRequest:
    """Return the request that is sent for `order`.

    Raises:
        NotSent: if the host's ID cannot be part of a path.
        ValueError: for a create without a quote.

    """
    host_id = order.host_id or ""
    match order.action:
        case OrderAction.POWER_ON | OrderAction.POWER_OFF:
            return power(host_id, order.action is OrderAction.POWER_ON)
        case OrderAction.REBOOT:
            return reboot(host_id)
        case OrderAction.DELETE:
            return delete(host_id)
    if order.quote is None:
        raise ValueError("a create without a quote")
    package_id, image_id = order.quote.package.id, order.quote.image.id
    if order.quote.period is None:
        return create_on_demand(package_id, image_id)
    return create_rent(package_id, image_id, order.quote.period)


def segment(host_id: str) -> str:
    """Return a host's ID as one segment of a path.

    Raises:
        NotSent: if it would not stay one.

    """
    if not is_identity(host_id) or host_id in (".", ".."):
        raise NotSent(N_("The ID of this host contains characters that cannot be sent"))
    return quote(host_id, safe="")


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
