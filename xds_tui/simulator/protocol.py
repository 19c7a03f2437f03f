"""The form of every answer: `{"code", "data", "msg", "traceId"}`, and `success` in the later dialect."""

from __future__ import annotations

import uuid
from typing import Final

import msgspec
from starlette.responses import Response

from xds_tui.simulator.error_codes import Code
from xds_tui.simulator.options import DOCUMENT, Options

# Decimals go out as numbers with the digits that they have: 1.10 stays 1.10.
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def envelope(
    options: Options, code: int | None, message: str, data: object = None, *, status: int | None = None
) -> Response:
    """Return the answer; which HTTP status carries which code is the options' choice unless `status` is given.

    With `code` None there is no code in it.
    """
    answer: dict[str, object] = {} if code is None else {"code": code}
    if code == Code.OK or options.dialect != DOCUMENT:
        answer["data"] = data
    answer |= {"msg": message, "traceId": uuid.uuid4().hex}
    if options.dialect != DOCUMENT:
        answer["success"] = code == Code.OK
    if status is None:
        chosen: dict[int | None, int] = {Code.OK: 200, options.auth_code: options.auth_status}
        status = chosen.get(code, options.error_status)
    return Response(_ENCODER.encode(answer), status, media_type="application/json")
