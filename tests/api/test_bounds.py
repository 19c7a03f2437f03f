"""Answers meant to use up time or memory, over real HTTP: each is an error in words, and costs little of either."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import os
import sys
from typing import Any

import pytest
from support.raw_server import TOKEN, RawServer, Script, envelope, http, raw_server
from support.wait import TIMEOUT

from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import NotSent
from xds_tui.api.transport import MAX_BODY
from xds_tui.domain.credentials import BareToken, Secret

MEMORY = 64.0
"""MB that an answer may cost."""

CLIENT = """
import asyncio, json, sys
from pathlib import Path
from xds_tui.api.client import Client, Deadlines
from xds_tui.api.errors import ApiError
from xds_tui.domain.credentials import BareToken
from xds_tui.domain.model import Billing
from xds_tui.domain.credentials import Secret

def peak():
    # Not getrusage: what that tells begins with the peak of the process that started this one.
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024

async def main():
    async with Client(sys.argv[1], BareToken(Secret(sys.argv[2])), deadlines=Deadlines(2, 2, 2)) as client:
        await client.images()
        before = peak()
        try:
            said = len(await client.packages(Billing.ON_DEMAND))
        except ApiError as error:
            said = f"{type(error).__name__}: {error.summary}"
        print(json.dumps({"said": said, "growth": peak() - before}))

asyncio.run(main())
"""
"""Asks once, so that everything is imported, and then once more."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MANY = 200 * 1024 * 1024


def pouring(begin: bytes, chunk: bytes, seconds: float = 0.0) -> Script:
    """Write `begin`, and then the same repeatedly until the client disconnects."""

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(seconds)

    return script


def bursting(**headers: str) -> Script:
    """Write an answer that is far larger when it is decompressed."""

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(gzip.compress(bytes(MANY // 4)), **headers))
        await writer.drain()

    return script


def filled(begin: str, unit: str, end: str) -> bytes:
    """An answer that is as long as one may be."""
    count = (MAX_BODY - len(begin) - len(end)) // len(unit.encode())
    return http(f"{begin}{unit * count}{end}")


async def asked(answer: bytes | Script) -> Any:
    """What a client in a process of its own says to this answer, and what it cost."""
    answers = itertools.chain([http(envelope([]))], itertools.repeat(answer))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now = next(answers)
        if isinstance(now, bytes):
            writer.write(now)
            await writer.drain()
        else:
            await now(reader, writer)

    async with raw_server(serve) as server, asyncio.timeout(TIMEOUT):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLIENT, server.url, TOKEN, stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
        )
        printed, _ = await child.communicate()
    assert child.returncode == 0
    return json.loads(printed)


READ: dict[str, tuple[bytes | Script, str]] = {
    "200 MB": (pouring(HEAD + f"Content-Length: {MANY}\r\n\r\n".encode(), b" " * 65_536), "could not be read"),
    "chunks without end": (
        pouring(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65_536 + b"\r\n"),
        "could not be read",
    ),
    "a gzip bomb": (bursting(Content_Encoding="gzip"), "could not be read"),
    "a gzip bomb in the transfer": (bursting(Transfer_Encoding="gzip"), "before the response was complete"),
    "headers without end": (pouring(HEAD, b"X: y\r\n"), "before the response was complete"),
    "one header without end": (pouring(HEAD + b"X: ", b"y" * 65_536), "before the response was complete"),
    "interim answers without end": (pouring(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.001), "in time"),
    "one byte a second": (pouring(HEAD + b"Content-Length: 100\r\n\r\n", b" ", 1), "in time"),
    "one byte of a header a second": (pouring(HEAD + b"X-", b"y", 1), "in time"),
    "nothing": (pouring(b"", b"", 1), "in time"),
    "10,000 levels": (http(f'{{"code":0,"data":{"[" * 10_000}{"]" * 10_000}}}'), "the Xuandashi service"),
    "10,000 levels of objects": (
        http('{"code":0,"data":' + '{"a":' * 10_000 + "1" + "}" * 10_001),
        "the Xuandashi service",
    ),
    "levels without end": (filled('{"code":0,"data":', "[", ""), "the Xuandashi service"),
    "a code of 10^400": (http('{"code":1e400}'), "the Xuandashi service"),
    "numbers without end": (filled('{"code":0,"data":[', "0,", "0]}"), "the Xuandashi service"),
    "rows without end": (filled('{"code":0,"data":[', "{},", "{}]}"), "the Xuandashi service"),
    "fields without end": (filled('{"code":0,"data":{', '"a":0,', '"a":0}}'), "the Xuandashi service"),
    "escapes that lead nowhere": (filled('{"code":0,"msg":"', "\\n", '"'), "the Xuandashi service"),
    "surrogates": (filled('{"code":0,"msg":"', "\\ud800", '"}'), "the Xuandashi service"),
    "tags without end": (filled("", "<title", ""), "the Xuandashi service"),
}
"""What comes, and a part of what is said of it."""


@pytest.mark.sweep(5)
@pytest.mark.parametrize("name", READ)
async def test_excessive_responses_are_an_error(name: str) -> None:
    answer, words = READ[name]
    result = await asked(answer)
    assert result["said"].startswith("BadResponse: ")
    assert words in result["said"]
    assert result["growth"] < MEMORY


FIELDS = {
    "10^400": "1e400",
    "digits": "9" * 100_000,
    "levels": "[" * 400 + "]" * 400,
    "a text": '"' + "渲" * 500_000 + '"',
    "escapes": '"' + "\\n" * 500_000 + '"',
}
"""What a price may be sent as."""


@pytest.mark.parametrize("name", FIELDS)
async def test_a_huge_field_affects_only_itself(name: str) -> None:
    rows = f'[{{"packageId":"p","amount":{FIELDS[name]}}},{{"packageId":"q","amount":1}}]'
    result = await asked(http(f'{{"code":0,"data":{rows}}}'))
    assert result["said"] == 2
    assert result["growth"] < MEMORY


async def test_the_maximum_number_of_rows_takes_little_memory() -> None:
    rows = ",".join('{"packageId":"p","amount":1,"a":[]}' for _ in range(33_000))
    result = await asked(http(f'{{"code":0,"data":[{rows}]}}'))
    assert result["said"] == 33_000
    assert result["growth"] < MEMORY


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_proxy_is_never_given_a_token_in_plain_text(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, server.url)
    token = BareToken(Secret(TOKEN))
    # A reserved address (RFC 5737): without a proxy nothing can be reached there.
    async with Client("http://192.0.2.1:1", token, insecure_http=True, deadlines=Deadlines(0.2, 0.5, 0.5)) as client:
        with pytest.raises(NotSent):
            await client.images()
    assert server.requests == []
