"""Every text that leaves the client, whatever the service put into every place where a text can stand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.hostile import FRAGMENTS, HOSTILE_TEXT, unsafe_in

from xds_tui.api import decode, envelope
from xds_tui.api.errors import ApiError
from xds_tui.api.transport import translate_error
from xds_tui.domain.credentials import Secret

HOST = [
    "name",
    "gpuConfiguration",
    "gpuNumber",
    "memory",
    "cpu",
    "rigidDisk",
    "operatingSystem",
    "hostAccount",
    "hostPw",
    "useType",
    "status",
    "address",
    "port",
    "pveMachineType",
    "createTime",
    "expirationTime",
    "area",
    "mac",
    "ipv4",
]
IMAGE = ["type", "systemImageName", "systemImageVersion"]
PACKAGE = [
    "name",
    "gpuNumber",
    "gpuName",
    "memoryNumber",
    "rigidDiskNumber",
    "amount",
    "cpuNumber",
    "bandWidth",
    "type",
    "pveMachineType",
    "area",
    "useType",
    "discount",
]


def texts(value: Any) -> Iterator[str]:
    """Every text in a value of the model, those that are secret too."""
    match value:
        case str():
            yield value
        case Secret():
            yield value.reveal()
        case Mapping():
            for name, inner in value.items():
                yield from (*texts(name), *texts(inner))
        case tuple() | list() | frozenset():
            for inner in value:
                yield from texts(inner)
        case ApiError():
            yield from (value.summary, value.detail, value.trace_id, str(value), getattr(value, "message", ""))
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from texts(getattr(value, field.name))


def assert_inert(value: Any) -> None:
    for text in texts(value):
        assert unsafe_in(text) == set(), ascii(text)
        assert len(text) <= 5_000


def a_row(names: list[str], strings: list[str], **kept: str) -> dict[str, str]:
    return {name: strings[number % len(strings)] for number, name in enumerate(names)} | kept


def an_answer(data: Any, text: str, code: int = 0) -> httpx.Response:
    return httpx.Response(
        200, content=json.dumps({"code": code, "data": data, "msg": text, "traceId": text, "success": code == 0})
    )


@given(st.lists(HOSTILE_TEXT, min_size=1, max_size=20))
@example(list(FRAGMENTS))
def test_every_text_of_a_host_an_image_and_a_package_is_inert(strings: list[str]) -> None:
    def envelope_of(data: Any) -> decode.Envelope:
        return envelope.require_success(an_answer(data, strings[0]), mask=lambda text: text)

    page = decode.decode_hosts(envelope_of({"data": [a_row(HOST, strings, id="h1")], "totalCounts": 1}))
    images = decode.decode_images(envelope_of([a_row(IMAGE, strings, imageId="i1")]))
    packages = decode.decode_packages(envelope_of([a_row(PACKAGE, strings, packageId="p1")]))
    assert len(page.hosts) == len(images) == len(packages) == 1
    assert_inert((page.hosts, images, packages))


@given(HOSTILE_TEXT, st.sampled_from([401, 500, 1003, 7]))
def test_every_text_of_a_rejection_is_inert(text: str, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        envelope.require_success(an_answer(None, text, code), mask=lambda text: text)
    assert_inert(refused.value)


@given(HOSTILE_TEXT, st.sampled_from([200, 302, 401, 429, 500, 503]))
def test_every_text_of_an_unexpected_response_is_inert(text: str, status: int) -> None:
    page = f"<title>{text}</title>{text}".encode(errors="replace")
    kind = f"text/{text}".encode(errors="replace")
    location = f"https://example.org/{text}".encode(errors="replace")
    response = httpx.Response(status, headers=[(b"Content-Type", kind), (b"Location", location)], content=page)
    with pytest.raises(ApiError) as failed:
        envelope.require_success(response, mask=lambda text: text)
    assert_inert(failed.value)


@given(HOSTILE_TEXT)
def test_every_text_of_invalid_data_is_inert(text: str) -> None:
    accepted_envelope = envelope.require_success(an_answer(text, text), mask=lambda text: text)
    for decoder in (
        decode.decode_hosts,
        partial(decode.decode_host, host_id="h1"),
        decode.decode_images,
        decode.decode_packages,
        decode.expect_deleted,
    ):
        try:
            assert_inert(decoder(accepted_envelope))
        except ApiError as error:
            assert_inert(error)


@given(HOSTILE_TEXT)
def test_every_text_of_a_broken_connection_is_inert(text: str) -> None:
    assert_inert(translate_error(httpx.RemoteProtocolError(text), sent=True, safe=True))
