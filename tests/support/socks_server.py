"""A SOCKS 5 proxy (RFC 1928, RFC 1929) over real sockets, which leads every connection to one port of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from support.raw_server import listening

NO_AUTHENTICATION, PASSWORD, NOTHING = 0, 2, 0xFF
DOMAIN_NAME = 3


@dataclass
class SocksProxy:
    """Relays to `leads_to`; `login` is required if given, `reply` is the answer to CONNECT."""

    leads_to: int
    login: tuple[str, str] | None = None
    reply: int = 0
    greeting: bytes | None = None
    """Said in place of the choice of a method."""
    is_silent: bool = False
    port: int = 0
    asked_for: list[tuple[str, int]] = field(default_factory=list)
    """The names and ports that were asked for."""
    logins: list[tuple[str, str]] = field(default_factory=list)
    relayed: bytearray = field(default_factory=bytearray)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        if self.is_silent:
            await reader.read()
            return
        if self.greeting is not None:
            writer.write(self.greeting)
            return
        method = NO_AUTHENTICATION if self.login is None else PASSWORD
        writer.write(bytes((5, method if method in methods else NOTHING)))
        if method not in methods or (self.login and not await self._is_let_in(reader, writer)):
            return
        _version, _command, _reserved, kind = await reader.readexactly(4)
        assert kind == DOMAIN_NAME
        name = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        self.asked_for.append((name, int.from_bytes(await reader.readexactly(2), "big")))
        writer.write(bytes((5, self.reply, 0, 1, 127, 0, 0, 1, 0, 0)))
        if self.reply == 0:
            await self._relay(reader, writer)

    async def _is_let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readexactly(1)
        name = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        self.logins.append((name, password))
        writer.write(bytes((1, int((name, password) != self.login))))
        return (name, password) == self.login

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
        await asyncio.gather(self._copy(reader, inner_writer), self._copy(inner_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                self.relayed += data
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def socks_proxy(proxy: SocksProxy) -> AsyncIterator[SocksProxy]:
    """Run `proxy` on a free port."""
    async with listening(proxy.serve) as proxy.port:
        yield proxy
