"""Faults whose responses do not prove whether the request was carried out: every code, with and without the work."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .faults import Fault, Form, Kind

TABLE_CODES: Final = (
    *(401, 500, 503, 1001, 1003, 1005, 1007, 1021, 1037),
    *(6000, 6001, 6002, 6003, 6005, 7002, 7003, 7004, 7005, 9000, 9001),
)
"""The codes of the document's table."""

HTTP_CODES: Final = (400, 402, 403, 404, 405, 408, 415, 429, 430, 499, 501, 502, 504)
"""Codes of the vendor's framework and gateway that are also HTTP statuses (430: from one of their configurations)."""

OTHER_CODES: Final = (1016, 2000, 2001, 4711, 99999, -1)
"""Codes of earlier revisions and of the gateway, and some undocumented ones."""

EVERY_CODE: Final = (*TABLE_CODES, *HTTP_CODES, *OTHER_CODES)

GATEWAY_TIMEOUT: Final = Fault(
    kind=Kind.CODE_AFTER,
    status=504,
    code=404,
    message='504 GATEWAY_TIMEOUT "Response took longer than timeout: PT1M"',
    form=Form.GATEWAY,
)
"""Response of the vendor's gateway when the service takes longer than 60 s; the work may have been done."""

_MISLEADING: Final = (
    GATEWAY_TIMEOUT,
    *(replace(GATEWAY_TIMEOUT, status=status, code=status, message="") for status in (404, 408, 500, 502, 503, 504)),
    *(replace(GATEWAY_TIMEOUT, status=200, code=code, message="") for code in (404, 500, 504)),
    *(replace(GATEWAY_TIMEOUT, status=429, code=code, message="", form=Form.FLOW_CONTROL) for code in (429, 430)),
    *(Fault(kind=Kind.CODE_AFTER, status=status, form=Form.NO_CODE) for status in (400, 401, 403, 429, 499, 503)),
    *(Fault(kind=Kind.CODE_AFTER, status=401, code=code, form=Form.SECURITY) for code in (401, 2000, 2001)),
    *(Fault(kind=Kind.CODE_AFTER, code=code, form=Form.BARE) for code in (400, 500, 1003, 6002)),
    *(Fault(kind=Kind.CODE_AFTER, code=code, status=400) for code in (400, 1003, 1005, 6005)),
    *(Fault(kind=Kind.CODE_AFTER, code=code, status=500) for code in (500, 1003)),
    *(Fault(kind=Kind.ALTERED, fields={"data": data}) for data in (None, False, "", 123, "%00")),
    Fault(kind=Kind.ALTERED, fields={"success": False}),
    Fault(kind=Kind.ALTERED, fields={"success": False, "data": None}),
    Fault(kind=Kind.ALTERED, without=("data", "success")),
    Fault(kind=Kind.ALTERED, without=("code",)),
)

_BODIES_WITHOUT_WORK: Final = (
    '{"code":0,"data":null,"msg":"data null","traceId":"N/A","success":true}',
    '{"code":0,"data":false,"msg":"success","traceId":"","success":false}',
    '{"code":0,"msg":"success","traceId":null}',
)


def codes(endpoint: str = "", *, is_done: bool) -> tuple[Fault, ...]:
    """Return a fault for every code in the form of the service, after the work or without it."""
    kind = Kind.CODE_AFTER if is_done else Kind.CODE
    return tuple(Fault(kind=kind, endpoint=endpoint, code=code) for code in EVERY_CODE)


def misleading(endpoint: str = "", *, is_done: bool) -> tuple[Fault, ...]:
    """Return the other responses that do not prove whether the work was done, after the work or without it."""
    if is_done:
        return tuple(replace(fault, endpoint=endpoint) for fault in _MISLEADING)
    coded = (replace(fault, kind=Kind.CODE) for fault in _MISLEADING if fault.kind is Kind.CODE_AFTER)
    bodies = (Fault(kind=Kind.ANSWER, body=body) for body in _BODIES_WITHOUT_WORK)
    return tuple(replace(fault, endpoint=endpoint) for fault in (*coded, *bodies))
