"""What the service sends, decoded tolerantly into the model.

Spelling, types and gaps of the wire end here. A row that cannot be understood costs only itself, a field only
itself; an answer that is not the service's envelope is a `BadResponse`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeGuard

import msgspec

from xds_tui.api.errors import BadResponse, explain
from xds_tui.api.json_fields import JsonObject, exact, flag, is_null, parsed, plain
from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Area, Billing, Host, Image, Package, Purpose, Raw, SaleMode, Status
from xds_tui.domain.ranges import MAX_COUNT, MAX_GIGABYTES, MAX_PORT, MAX_PRICE
from xds_tui.domain.sanitize import clean
from xds_tui.i18n import N_

NOTHING_RAW: Final[Raw] = {}
"""Of the many rows in which everything was understood; never written to."""

NO_GPU: Final = "-"
"""What `gpuConfiguration` says where there is none."""


def image_in(row: JsonObject | None) -> Image | None:
    """Return the image; None: not an object, or without an ID that could be used."""
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
    """Return the package; None: not an object, or without an ID that could be used."""
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
        bandwidth=row.integer("bandWidth" if "bandWidth" in row else "band_width", MAX_COUNT),
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
    """Return the host; None: not an object, or without an ID that could be used."""
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
    """Return number and name; a name without a number is one GPU."""
    name = _shared(row.text(name_field))
    name = None if name == NO_GPU else name
    count = row.integer("gpuNumber", MAX_COUNT)
    return (1 if name else 0) if count is None else count, name


def _shared(text: str | None) -> str | None:
    """Return `text` as the one object of its kind: thousands of hosts say the same few words."""
    return sys.intern(text) if text is not None else None


def _discount(row: JsonObject) -> Decimal | None:
    """Return the factor: 1 where none was sent; above 1 or 0 is not a factor that anybody documented."""
    if "discount" not in row:
        return Decimal(1)
    factor = row.number("discount")
    if factor is not None and 0 < factor <= 1:
        return factor
    row.note("discount")
    return None


MAX_CODE: Final = 10**9
"""The documented ones have six digits at most."""

MAX_TOTAL: Final = 100_000
"""Hosts in a list that is still believed to be so long."""

MAX_VALUES: Final = 100_000
"""Commas in an answer that is still taken apart, which is done at one go: a page of hosts has 500."""

_HOST_ID: Final = re.compile(r"(?![0-9.]+(e[0-9]+)?$)[a-z0-9][a-z0-9._-]{3,63}", re.IGNORECASE)
"""The service's IDs are ten letters and digits; other lengths and the usual separators are accepted, numbers not."""

_UNUSUAL_ID: Final = re.compile(r"[0-9]{1,20}|[a-z][a-z0-9_-]{0,63}", re.IGNORECASE)
"""What is no ID of the service by its looks, but could be one of a service that makes them in another way."""

_NOT_IDS: Final = frozenset({"true", "false", "null", "none", "undefined", "success", "error", "failed"})
"""Words that have the form of an ID, and are the result of a failed conversion or a message."""

_NOT_AN_ENVELOPE: Final = N_("What answered does not speak the service's language")
CONTRADICTION: Final = N_("The service's answer contradicts itself")
_NO_SENSE: Final = N_("The service's answer makes no sense")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every answer is wrapped in; `code` 0 is success."""

    code: int
    data: msgspec.Raw | None
    """None where it was left out; null is there."""
    message: str
    """From `msg`, or from `message` as the vendor's gateway spells it."""
    trace_id: str


@dataclass(frozen=True, slots=True)
class HostPage:
    """One page of the host list."""

    hosts: tuple[Host, ...]
    total: int | None
    """Hosts in the whole list; None where the service did not say."""
    unreadable: int
    """Rows without an ID that could be used: there, but not to be told apart."""
    is_total_unreadable: bool = False
    """Whether the service sent a total that cannot be one."""


def decode_envelope(body: bytes) -> Envelope:
    """Return the envelope in `body`, whatever its code.

    Raises:
        BadAnswer: if it is not one.

    """
    fields = parsed(body, dict[str, msgspec.Raw]) if body.count(b",") <= MAX_VALUES else None
    row = None if fields is None else JsonObject(fields)
    code = None if row is None else _code(row)
    if row is None or code is None:
        raise BadResponse(_NOT_AN_ENVELOPE)
    message = row.text("msg") or row.text("message") or ""
    return Envelope(code, row.part("data"), message, row.text("traceId") or "")


def decode_hosts(envelope: Envelope) -> HostPage:
    """Return a page of `mypage`: `{"data": [host] | null, "totalCounts": int or str}`; null is an empty page.

    Raises:
        BadAnswer: if there is no list.

    """
    if envelope.data is not None and is_null(envelope.data):
        return HostPage((), None, 0)
    page = JsonObject.of(envelope.data)
    if page is None or (page.part("data") is None and page.integer("totalCounts") != 0):
        raise _senseless(envelope)
    rows = _rows(envelope, page.part("data"))
    hosts = tuple(host for row in rows if (host := host_in(JsonObject.of(row))) is not None)
    total = page.integer("totalCounts", most=MAX_TOTAL)
    return HostPage(hosts, total, len(rows) - len(hosts), "totalCounts" in page.raw)


def decode_host(envelope: Envelope, host_id: str) -> Host | None:
    """Return the host of `one/{host_id}`; None where null was sent.

    Raises:
        BadResponse: if it is something else, a host without an ID, or another host, as a cache on the way may send.

    """
    if is_null(envelope.data):
        return None
    host = host_in(JsonObject.of(envelope.data))
    if host is None or host.id != host_id:
        raise _senseless(envelope)
    return host


def decode_images(envelope: Envelope) -> tuple[Image, ...]:
    """Return the images; one without an ID cannot be chosen and is left out.

    Raises:
        BadAnswer: if there is no list, or nothing in it has an ID.

    """
    rows = _rows(envelope, envelope.data)
    images = tuple(image for row in rows if (image := image_in(JsonObject.of(row))) is not None)
    if rows and not images:
        raise _senseless(envelope)
    return images


def decode_packages(envelope: Envelope) -> tuple[Package, ...]:
    """Return the packages; one without an ID cannot be bought and is left out.

    Raises:
        BadAnswer: if there is no list, or nothing in it has an ID.

    """
    rows = _rows(envelope, envelope.data)
    packages = tuple(package for row in rows if (package := package_in(JsonObject.of(row))) is not None)
    if rows and not packages:
        raise _senseless(envelope)
    return packages


def decode_created(envelope: Envelope) -> str | None:
    """Return the ID of a host that was just created; None for `true`: accepted, without its ID.

    Raises:
        BadAnswer: for everything else. Its `host_id` is what may be the ID all the same, if a listing shows it.

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
    """Accept `true`, by which alone the service says that it deleted a host.

    Raises:
        BadAnswer: for `false`, not deleted though the code is 0, and for everything else.

    """
    deleted = flag(envelope.data)
    if deleted is False:
        raise BadResponse(explain(0).meaning, envelope.message, trace_id=envelope.trace_id)
    if deleted is None:
        raise _senseless(envelope)


def expect_done(envelope: Envelope) -> None:
    """Accept everything that code 0 comes with but `false`: the document has nothing else than `true`.

    Raises:
        BadAnswer: for `false`, of which nobody knows what it means here.

    """
    if flag(envelope.data) is False:
        raise BadResponse(CONTRADICTION, f"code 0, data false; {envelope.message}", trace_id=envelope.trace_id)


def decode_token(envelope: Envelope) -> tuple[Secret, int | None]:
    """Return the token of `getToken` and its lifetime in milliseconds; None where that was not sent or understood.

    Every published form is accepted: the token alone as a string, and an object with `effectiveTime` or, as in the
    revisions before 2023-10-17, `effective_time`.

    Raises:
        BadAnswer: if there is no token that could be sent.

    """
    row = JsonObject.of(envelope.data)
    sent = envelope.data if row is None else row.part("token")
    is_text = row is not None or (sent is not None and bytes(sent)[:1] == b'"')
    token = plain(sent) if is_text else None
    if token is None or not is_word(token):
        raise BadResponse(_NO_SENSE, trace_id=envelope.trace_id)
    if row is None:
        return Secret(token), None
    return Secret(token), row.integer("effectiveTime" if "effectiveTime" in row else "effective_time")


def is_host_id(value: str | None) -> TypeGuard[str]:
    """Whether `value` can be the ID of a new host."""
    if value is None or not _HOST_ID.fullmatch(value) or value.lower() in _NOT_IDS:
        return False
    # `queued` and `Accepted` are words; ten random letters and digits nearly never look like one.
    return not (value.isalpha() and (value.islower() or value.isupper() or value.istitle()))


def is_word(text: str) -> bool:
    """Whether `text` is one word of printable ASCII, which a token has to be to stand in an HTTP header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _code(row: JsonObject) -> int | None:
    said = plain(row.part("code"))
    number = exact(said.strip()) if said else None
    if number is None or number != number.to_integral_value() or abs(number) > MAX_CODE:
        return None
    return int(number)


def _senseless(envelope: Envelope) -> BadResponse:
    """Return the error for data of the wrong shape, saying what came, and not what may be a password in it."""
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
