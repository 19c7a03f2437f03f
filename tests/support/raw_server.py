"""A server on the loopback interface with responses that are given as bytes, including invalid ones."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

TOKEN = "3V41hUWEwlwKH44m7SpJOs"
HANG_UP = b""

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def http(body: bytes | str = b"", status: str = "200 OK", kind: str = "application/json", **headers: str) -> bytes:
    """Return the bytes of an HTTP response; header names have `_` in place of `-`."""
    content = body.encode() if isinstance(body, str) else body
    head = {"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + content


def envelope(data: Any = None, code: int = 0, msg: str = "success", **more: Any) -> str:
    return json.dumps({"code": code, "data": data, "msg": msg, "traceId": "trace-1", **more})


@dataclass
class RawServer:
    """A server on loopback with given responses, which records the complete requests."""

    port: int = 0
    answer: bytes | Script = HANG_UP
    requests: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.lower().split("\r\n")
            length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length")), 0)
            self.requests.append(head + (await reader.readexactly(length)).decode())
            self.asked.set()
            if callable(self.answer):
                await self.answer(reader, writer)
            else:
                writer.write(self.answer)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass


@contextlib.asynccontextmanager
async def listening(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Run `script` for each connection to the yielded port, and cancel all at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@contextlib.asynccontextmanager
async def raw_server(answer: bytes | Script = HANG_UP) -> AsyncIterator[RawServer]:
    served = RawServer(answer=answer)
    async with listening(served.serve) as served.port:
        yield served
