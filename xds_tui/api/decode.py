"""Decode responses into the model, with tolerance for the service's spelling, types and missing fields.

An invalid row or field affects only itself; a response without the service's envelope is a `BadResponse`.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from itertools import accumulate
from typing import Final, TypeGuard

import msgspec

from xds_tui.api.errors import BadResponse, explain
from xds_tui.api.json_fields import JsonObject, exact, flag, is_null, parsed, plain
from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Area, Billing, Host, Image, Package, Purpose, Raw, SaleMode, Status
from xds_tui.domain.sanitize import MAX_COUNT, MAX_GIGABYTES, MAX_PORT, MAX_PRICE, clean
from xds_tui.i18n import N_
from xds_tui.structs import dataclass

NOTHING_RAW: Final[Raw] = {}
"""Shared by all rows without invalid fields; never modified."""

NO_GPU: Final = "-"
"""The value of `gpuConfiguration` without a GPU."""


def image_in(row: JsonObject | None) -> Image | None:
    """Decode an image; None if it is not an object or has no usable ID."""
    image_id = None if row is None else row.identity("imageId")
    if row is None or image_id is None:
        return None
    return Image(
        id=image_id,
        type=row.text("type") or "",
        name=row.text("systemImageName") or "",
        version=row.text("systemImageVersion") or "",
    )


def package_in(row: JsonObject | None) -> Package | None:
    """Decode a package; None if it is not an object or has no usable ID."""
    package_id = None if row is None else row.identity("packageId")
    if row is None or package_id is None:
        return None
    gpu_count, gpu_name = _gpu(row, "gpuName")
    return Package(
        id=package_id,
        name=row.text("name") or "",
        type=row.text("type") or "",
        cpu=row.integer("cpuNumber", MAX_COUNT),
        memory=row.integer("memoryNumber", MAX_GIGABYTES),
        disk=row.integer("rigidDiskNumber", MAX_GIGABYTES),
        bandwidth=row.integer("bandWidth", MAX_COUNT),
        gpu_count=gpu_count,
        gpu_name=gpu_name,
        amount=row.number("amount", MAX_PRICE),
        discount=_discount(row),
        purpose=row.choice("pveMachineType", Purpose),
        area=row.choice("area", Area),
        offer=row.choice("useType", SaleMode),
        raw=row.raw or NOTHING_RAW,
    )


def host_in(row: JsonObject | None) -> Host | None:
    """Decode a host; None if it is not an object or has no usable ID."""
    host_id = None if row is None else row.identity("id")
    if row is None or host_id is None:
        return None
    gpu_count, gpu_name = _gpu(row, "gpuConfiguration")
    return Host(
        id=host_id,
        name=row.text("name") or "",
        status=row.choice("status", Status) or Status.UNKNOWN,
        billing=row.choice("useType", Billing),
        cpu=row.integer("cpu", MAX_COUNT),
        memory=row.integer("memory", MAX_GIGABYTES),
        disk=row.integer("rigidDisk", MAX_GIGABYTES),
        gpu_count=gpu_count,
        gpu_name=gpu_name,
        os=_shared(row.text("operatingSystem")) or "",
        account=_shared(row.text("hostAccount")),
        password=row.secret("hostPw"),
        address=_shared(row.text("address")),
        port=row.integer("port", most=MAX_PORT) or None,
        mac=row.text("mac"),
        ipv4=row.text("ipv4"),
        purpose=row.choice("pveMachineType", Purpose),
        area=row.choice("area", Area),
        created=row.moment("createTime"),
        expires=row.moment("expirationTime"),
        raw=row.raw or NOTHING_RAW,
    )


def _gpu(row: JsonObject, name_field: str) -> tuple[int, str | None]:
    """Return the number and the name of the GPUs; a name without a number is one GPU."""
    name = _shared(row.text(name_field))
    name = None if name == NO_GPU else name
    count = row.integer("gpuNumber", MAX_COUNT)
    return (1 if name else 0) if count is None else count, name


def _shared(text: str | None) -> str | None:
    """Return one object for equal texts: thousands of hosts have the same few values."""
    return sys.intern(text) if text is not None else None


def _discount(row: JsonObject) -> Decimal | None:
    """Return the factor of the discount: 1 if none was sent. A factor above 1 or of 0 is invalid."""
    if "discount" not in row:
        return Decimal(1)
    factor = row.number("discount")
    if factor is not None and 0 < factor <= 1:
        return factor
    row.note("discount")
    return None


MAX_CODE: Final = 10**9
"""Documented codes have at most six digits."""

MAX_TOTAL: Final = 100_000
"""Maximum plausible number of hosts in a list."""

MAX_VALUES: Final = 100_000
"""Maximum number of commas in a response, which is decoded without interruption: a page of hosts has 500."""

MAX_LEVELS: Final = 500
"""Maximum depth of nested values, lower than the limit of any Python: from 3.14 on, that depends on the C stack."""

_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))

_HOST_ID: Final = re.compile(r"(?![0-9.]+(e[0-9]+)?$)[a-z0-9][a-z0-9._-]{3,63}", re.IGNORECASE)
"""IDs of the service have ten letters and digits; other lengths and the usual separators are accepted, numbers not."""

_UNUSUAL_ID: Final = re.compile(r"[0-9]{1,20}|[a-z][a-z0-9_-]{0,63}", re.IGNORECASE)
"""Values that do not look like an ID of the service, but could be one in another format."""

_NOT_IDS: Final = frozenset({"true", "false", "null", "none", "undefined", "success", "error", "failed"})
"""Words in the form of an ID that result from a failed conversion or are a message."""

_NOT_AN_ENVELOPE: Final = N_("The response does not come from the Xuandashi service")
CONTRADICTION: Final = N_("The response of the service is inconsistent")
_NO_SENSE: Final = N_("The response of the service cannot be parsed")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope of every response; `code` 0 is success."""

    code: int
    data: msgspec.Raw | None
    """None if it is missing; null is a value."""
    message: str
    """From `msg`, or from the gateway's `message`."""
    trace_id: str


@dataclass(frozen=True, slots=True)
class HostPage:
    """One page of the host list."""

    hosts: tuple[Host, ...]
    total: int | None
    """Number of hosts in the list; None if it is unknown."""
    unreadable: int
    """Number of rows without a usable ID, which cannot be identified."""
    is_total_unreadable: bool = False
    """Whether the service sent an invalid total."""


def envelope_object(body: bytes) -> JsonObject | None:
    """Return the object in the body of a response; None if there is none, or if it has excessively many values."""
    if body.count(b",") > MAX_VALUES or _is_too_deep(body):
        return None
    fields = parsed(body, dict[str, msgspec.Raw])
    return None if fields is None else JsonObject(fields)


def _is_too_deep(body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= MAX_LEVELS:
        return False
    brackets = _TEXT.sub(b"", body).translate(None, _NO_BRACKETS)
    return any(level > MAX_LEVELS for level in accumulate(1 if bracket in b"[{" else -1 for bracket in brackets))


def decode_envelope(body: bytes) -> Envelope:
    """Return the envelope in `body`, with any code.

    Raises:
        BadResponse: if there is none.

    """
    row = envelope_object(body)
    code = None if row is None else _code(row)
    if row is None or code is None:
        raise BadResponse(_NOT_AN_ENVELOPE)
    message = row.text("msg") or row.text("message") or ""
    return Envelope(code, row.part("data"), message, row.text("traceId") or "")


_OTHER_LISTS: Final = ("list", "records", "rows", "items")
_OTHER_TOTALS: Final = ("total", "totalCount")
"""What a page is called elsewhere: the list of its rows, and the number of all rows."""


def decode_hosts(envelope: Envelope) -> HostPage:
    """Return a page of `mypage`: `{"data": [host] | null, "totalCounts": int or str}`; null is an empty page.

    The names that common frameworks give to these fields are understood, too, if `data` is missing.

    Raises:
        BadResponse: if there is no list.

    """
    if envelope.data is not None and is_null(envelope.data):
        return HostPage((), None, 0)
    page = JsonObject.of(envelope.data)
    if page is None:
        raise _senseless(envelope)
    name, total_name = "data", "totalCounts"
    if page.part("data") is None:
        name = next((name for name in _OTHER_LISTS if name in page), name)
        total_name = next((name for name in (total_name, *_OTHER_TOTALS) if name in page), total_name)
    total = page.integer(total_name, most=MAX_TOTAL)
    if page.part(name) is None and total != 0:
        raise _senseless(envelope)
    rows = _rows(envelope, page.part(name))
    hosts = tuple(host for row in rows if (host := host_in(JsonObject.of(row))) is not None)
    if name != "data" and not hosts and total is None:
        raise _senseless(envelope)  # not a list of hosts, or an empty one that nothing confirms
    return HostPage(hosts, total, len(rows) - len(hosts), total_name in page.raw)


def decode_host(envelope: Envelope, host_id: str) -> Host | None:
    """Return the host of `one/{host_id}`; None for null.

    Raises:
        BadResponse: for anything else, a host without an ID, or another host, which a cache may return.

    """
    if is_null(envelope.data):
        return None
    host = host_in(JsonObject.of(envelope.data))
    if host is None or host.id != host_id:
        raise _senseless(envelope)
    return host


def decode_images(envelope: Envelope) -> tuple[Image, ...]:
    """Return the images; those without an ID cannot be chosen and are left out.

    Raises:
        BadResponse: if there is no list, or none of its items has an ID.

    """
    rows = _rows(envelope, envelope.data)
    images = tuple(image for row in rows if (image := image_in(JsonObject.of(row))) is not None)
    if rows and not images:
        raise _senseless(envelope)
    return images


def decode_packages(envelope: Envelope) -> tuple[Package, ...]:
    """Return the packages; those without an ID cannot be bought and are left out.

    Raises:
        BadResponse: if there is no list, or none of its items has an ID.

    """
    rows = _rows(envelope, envelope.data)
    packages = tuple(package for row in rows if (package := package_in(JsonObject.of(row))) is not None)
    if rows and not packages:
        raise _senseless(envelope)
    return packages


def decode_created(envelope: Envelope) -> str | None:
    """Return the ID of a new host; None for `true`, which is a success without an ID.

    Raises:
        BadResponse: for anything else. Its `host_id` is a value that is the ID if a listing contains it.

    """
    if flag(envelope.data):
        return None
    created = plain(envelope.data)
    if envelope.data is None or bytes(envelope.data)[:1] != b'"' or not is_host_id(created):
        error = _senseless(envelope)
        error.host_id = created if created is not None and _UNUSUAL_ID.fullmatch(created) else None
        raise error
    return created


def expect_deleted(envelope: Envelope) -> None:
    """Accept `true`, the only value that confirms a deletion.

    Raises:
        BadResponse: for `false`, which means not deleted although the code is 0, and for anything else.

    """
    deleted = flag(envelope.data)
    if deleted is False:
        raise BadResponse(explain(0).meaning, envelope.message, trace_id=envelope.trace_id)
    if deleted is None:
        raise _senseless(envelope)


def expect_done(envelope: Envelope) -> None:
    """Accept any value with code 0 except `false`; the document has only `true`.

    Raises:
        BadResponse: for `false`, which is undocumented here.

    """
    if flag(envelope.data) is False:
        raise BadResponse(CONTRADICTION, f"code 0, data false; {envelope.message}", trace_id=envelope.trace_id)


def decode_token(envelope: Envelope) -> tuple[Secret, int | None]:
    """Return the token of `getToken` and its lifetime in milliseconds, which is None if it is missing or invalid.

    Every published form is accepted: the token as a string, and an object with `effectiveTime` or, in revisions before
    2023-10-17, `effective_time`.

    Raises:
        BadResponse: if there is no usable token.

    """
    row = JsonObject.of(envelope.data)
    sent = envelope.data if row is None else row.part("token")
    is_text = row is not None or (sent is not None and bytes(sent)[:1] == b'"')
    token = plain(sent) if is_text else None
    if token is None or not is_word(token):
        raise BadResponse(_NO_SENSE, trace_id=envelope.trace_id)
    if row is None:
        return Secret(token), None
    return Secret(token), row.integer("effectiveTime")


def is_host_id(value: str | None) -> TypeGuard[str]:
    """Return whether `value` can be the ID of a new host."""
    if value is None or not _HOST_ID.fullmatch(value) or value.lower() in _NOT_IDS:
        return False
    # `queued` and `Accepted` are words; ten random letters and digits hardly ever look like one.
    return not (value.isalpha() and (value.islower() or value.isupper() or value.istitle()))


def is_word(text: str) -> bool:
    """Return whether `text` is one word of printable ASCII, as required of a token in an HTTP header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _code(row: JsonObject) -> int | None:
    text = plain(row.part("code"))
    number = exact(text.strip()) if text else None
    if number is None or number != number.to_integral_value() or abs(number) > MAX_CODE:
        return None
    return int(number)


def _senseless(envelope: Envelope) -> BadResponse:
    """Return the error for data of an unexpected type, with the type only: the data may contain a password."""
    shown = "no data" if envelope.data is None else clean(_shape(envelope.data))
    return BadResponse(
        _NO_SENSE, f"{shown}; {envelope.message}" if envelope.message else shown, trace_id=envelope.trace_id
    )


def _shape(document: msgspec.Raw) -> str:
    content = bytes(document)
    names = {b"{": "an object", b"[": "a list", b'"': "a string", b"n": "null"}
    return names.get(content[:1], content[:20].decode("utf-8", "replace"))


def _rows(envelope: Envelope, document: msgspec.Raw | None) -> list[msgspec.Raw]:
    if is_null(document):
        return []
    rows = parsed(document, list[msgspec.Raw]) if document is not None else None
    if rows is None:
        raise _senseless(envelope)
    return rows
