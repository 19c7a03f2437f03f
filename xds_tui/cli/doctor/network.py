"""The doctor's look at the way to the service: name, connection, certificate, answer, and the service's clock."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from xds_tui.api.errors import ApiError, Cause
from xds_tui.cli.doctor.check import Check, CheckStatus
from xds_tui.i18n import _
from xds_tui.system import threads
from xds_tui.text import messages
from xds_tui.text.messages import error_message, with_detail

if TYPE_CHECKING:
    from xds_tui.api.probe import Probed
    from xds_tui.api.proxy import Proxy

T = TypeVar("T")

CHECK_TIMEOUT: Final = 10.0
"""Seconds for a name, and as many for a connection."""

PROXY_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")

MAX_CLOCK_SKEW: Final = 30.0
"""Seconds that clocks may differ before remaining times are told wrongly."""
ASTRAY: Final = 300.0
"""Seconds by which a clock is so wrong that certificates and tokens are judged wrongly too."""


async def examine(base_url: str) -> list[Check]:
    """Return what there is to say of the way to `base_url`, a checked one."""
    from xds_tui.api import probe

    parts = urlsplit(base_url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    findings: list[Check] = []
    if is_tls and (trouble := await _trust()):
        return [trouble]
    try:
        proxy = probe.proxy_of(base_url)
    except ApiError as error:
        return [_proxy_trouble(error)]
    findings += [await _proxy(proxy)] if proxy else await _connection(host, port, is_tls=is_tls)
    if any(finding.verdict is CheckStatus.BAD for finding in findings):
        return findings
    try:
        probed = await probe.probe(base_url)
    except ApiError as error:
        if error.cause is Cause.PROXY:
            return [_proxy_trouble(error)]
        told = f"{base_url}: {error_message(error)}"
        advice = (messages.cause_advice(error.cause or Cause.ADDRESS),)
        return [*findings, Check("service", CheckStatus.BAD, told, advice)]
    return [*findings, _answer(base_url, probed), _clock(probed.ahead)]


async def _proxy(proxy: Proxy) -> Check:
    """Whether there is anything where the environment says that the proxy is."""
    began = time.monotonic()
    try:
        await _in_time(lambda: _connected(proxy.url.host, proxy.port, is_tls=False))
    except (OSError, ValueError) as error:
        return Check("proxy", CheckStatus.BAD, f"{proxy}: {_reason(error)}", _without_proxy())
    told = _("The way leads through the proxy {proxy}.").format(proxy=proxy)
    return Check("proxy", CheckStatus.OK, told, (), time.monotonic() - began)


def _proxy_trouble(error: ApiError) -> Check:
    return Check("proxy", CheckStatus.BAD, error_message(error), _without_proxy())


def _without_proxy() -> tuple[str, ...]:
    names = [name for name in PROXY_VARIABLES if os.environ.get(name)]
    return (_("Start or correct the proxy, or do without it:"), f"  unset {' '.join(names)}") if names else ()


async def _trust() -> Check | None:
    """Whether what TLS is told to trust can be read; None: it can."""
    try:
        await _in_time(_read_certificates)
    except (OSError, ValueError) as error:
        told = _("The certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read")
        paths = ", ".join(os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name))
        advice = (_("Name ones that can, or go by the system's:"), "  unset SSL_CERT_FILE SSL_CERT_DIR")
        return Check("tls", CheckStatus.BAD, f"{told}: {paths}: {_reason(error)}", advice)
    return None


def _read_certificates() -> None:
    from xds_tui.api.transport import trusted

    trusted()
    folder = os.environ.get("SSL_CERT_DIR")
    if folder and not os.environ.get("SSL_CERT_FILE"):
        os.scandir(folder).close()  # OpenSSL says nothing of a folder that is not there, and trusts nobody


async def _connection(host: str, port: int, *, is_tls: bool) -> list[Check]:
    """Look up the name, connect, and check the certificate, each only where the one before went well."""
    found: list[Check] = []
    advice: tuple[str, ...]
    began = time.monotonic()
    try:
        addresses = await _in_time(lambda: _addresses(host, port))
    except (OSError, ValueError) as error:  # ValueError: it is none that could be looked up
        advice = (
            _("Check the name, /etc/resolv.conf, and whether this machine is on the network:"),
            f"  getent hosts {host}",
        )
        return [Check("dns", CheckStatus.BAD, f"{host}: {_reason(error)}", advice)]
    told = _("{host} is {addresses}.").format(host=host, addresses=", ".join(addresses[:4]))
    found.append(Check("dns", CheckStatus.OK, told, (), time.monotonic() - began))
    began = time.monotonic()
    try:
        version = await _in_time(lambda: _connected(host, port, is_tls=is_tls))
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        advice = (
            _("Something between here and the service may have put its own certificate in the place of the service's."),
            _("If that is meant to be so, name its certificates:"),
            "  export SSL_CERT_FILE=/path/to/certificates.pem",
        )
        return [*found, Check("tls", CheckStatus.BAD, f"{host}: {reason}", advice)]
    except OSError as error:
        advice = (_("Check the address, the firewall, and whether a proxy is needed (HTTPS_PROXY)."),)
        return [*found, Check("connection", CheckStatus.BAD, f"{host}:{port}: {_reason(error)}", advice)]
    told = (
        _("connected, {version}, certificate valid").format(version=version) if is_tls else _("connected, without TLS")
    )
    return [*found, Check("tls" if is_tls else "connection", CheckStatus.OK, told, (), time.monotonic() - began)]


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def _connected(host: str, port: int, *, is_tls: bool) -> str:
    """Connect, shake hands, and return the version of TLS."""
    with socket.create_connection((host, port), timeout=CHECK_TIMEOUT) as plain:
        if not is_tls:
            return ""
        from xds_tui.api.transport import trusted

        with trusted().wrap_socket(plain, server_hostname=host) as secured:
            return secured.version() or "TLS"


def _answer(base_url: str, probed: Probed) -> Check:
    if probed.code is None:
        told = _("What answers at {url} is not the service: {seen}").format(url=base_url, seen=probed.described)
        if probed.summary:
            told = f"{base_url}: {with_detail(probed.summary, probed.described)}"
        advice = (messages.cause_advice(probed.cause or Cause.ADDRESS),)
        return Check("service", CheckStatus.BAD, told, advice, probed.seconds)
    told = _("{url} answers (code {code} to a question without a token).").format(url=base_url, code=probed.code)
    return Check("service", CheckStatus.OK, told, (), probed.seconds)


def _clock(ahead: float | None) -> Check:
    if ahead is None:
        return Check("clock", CheckStatus.WARN, _("The service does not say what time it is there."))
    told = _("This machine's clock differs from the service's by {seconds} s.").format(seconds=round(abs(ahead)))
    if abs(ahead) <= MAX_CLOCK_SKEW:
        return Check("clock", CheckStatus.OK, told)
    advice = (_("Remaining times are told wrongly. Set the clock by the network:"), "  sudo timedatectl set-ntp true")
    return Check("clock", CheckStatus.WARN if abs(ahead) <= ASTRAY else CheckStatus.BAD, told, advice)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, TimeoutError):
        return _("no answer in time")
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


async def _in_time(work: Callable[[], T]) -> T:
    """Return what `work` does on a thread that holds up nothing, or give it up.

    Raises:
        Exception: as `work` does; TimeoutError if it takes too long.

    """
    async with asyncio.timeout(2 * CHECK_TIMEOUT):
        return await asyncio.wrap_future(threads.submit(work))
