"""Checks of the connection to the service: name, connection, certificate, response and clock."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from xds_tui.api.errors import CERTIFICATES_UNREADABLE, ApiError, Cause
from xds_tui.cli.doctor import Check, CheckStatus
from xds_tui.i18n import _
from xds_tui.system import threads
from xds_tui.text import messages
from xds_tui.text.messages import error_message, with_detail

if TYPE_CHECKING:
    from xds_tui.api.probe import Probed
    from xds_tui.api.proxy import Proxy

T = TypeVar("T")

CHECK_TIMEOUT: Final = 10.0
"""Seconds for looking up a name, and for connecting."""

PROXY_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")

MAX_CLOCK_SKEW: Final = 30.0
"""Seconds by which clocks may differ before remaining times are wrong."""
MAX_TOLERATED_SKEW: Final = 300.0
"""Seconds of difference beyond which the validity of certificates and tokens is misjudged as well."""


async def examine(base_url: str) -> list[Check]:
    """Check the connection to `base_url`, a validated URL."""
    from xds_tui.api import probe

    parts = urlsplit(base_url)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    findings: list[Check] = []
    if is_tls and (failed := await _certificates()):
        return [failed]
    try:
        proxy = probe.proxy_of(base_url)
    except ApiError as error:
        return [_failed_proxy(error)]
    findings += [await _proxy(proxy)] if proxy else await _connection(host, port, is_tls=is_tls)
    if any(finding.status is CheckStatus.BAD for finding in findings):
        return findings
    try:
        probed = await probe.probe(base_url)
    except ApiError as error:
        if error.cause is Cause.PROXY:
            return [_failed_proxy(error)]
        message = f"{base_url}: {error_message(error)}"
        advice = (messages.cause_advice(error.cause or Cause.ADDRESS),)
        return [*findings, Check("service", CheckStatus.BAD, message, advice)]
    return [*findings, _service(base_url, probed), _clock(probed.ahead)]


async def _proxy(proxy: Proxy) -> Check:
    """Check that the proxy of the environment accepts connections."""
    started = time.monotonic()
    try:
        await _run_in_thread(lambda: _connect(proxy.url.host, proxy.port, is_tls=False))
    except (OSError, ValueError) as error:
        return Check("proxy", CheckStatus.BAD, f"{proxy}: {_reason(error)}", _without_proxy())
    message = _("Connections go through the proxy {proxy}.").format(proxy=proxy)
    return Check("proxy", CheckStatus.OK, message, (), time.monotonic() - started)


def _failed_proxy(error: ApiError) -> Check:
    return Check("proxy", CheckStatus.BAD, error_message(error), _without_proxy())


def _without_proxy() -> tuple[str, ...]:
    names = [name for name in PROXY_VARIABLES if os.environ.get(name)]
    return (_("Start or correct the proxy, or work without it:"), f"  unset {' '.join(names)}") if names else ()


async def _certificates() -> Check | None:
    """Return a failed check if the configured certificates cannot be read; None if they can."""
    try:
        await _run_in_thread(_read_certificates)
    except (OSError, ValueError) as error:
        message = _(CERTIFICATES_UNREADABLE)
        paths = ", ".join(os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name))
        advice = (
            _("Set it to readable certificates, or use those of the system:"),
            "  unset SSL_CERT_FILE SSL_CERT_DIR",
        )
        return Check("tls", CheckStatus.BAD, f"{message}: {paths}: {_reason(error)}", advice)
    return None


def _read_certificates() -> None:
    from xds_tui.api.transport import trusted

    trusted()
    folder = os.environ.get("SSL_CERT_DIR")
    if folder and not os.environ.get("SSL_CERT_FILE"):
        os.scandir(folder).close()  # OpenSSL ignores a missing folder, and then trusts no certificate


async def _connection(host: str, port: int, *, is_tls: bool) -> list[Check]:
    """Look up the name, connect, and check the certificate; stop at the first failure."""
    found: list[Check] = []
    advice: tuple[str, ...]
    started = time.monotonic()
    try:
        addresses = await _run_in_thread(lambda: _addresses(host, port))
    except (OSError, ValueError) as error:  # ValueError: not a valid name
        advice = (
            _("Check the name, /etc/resolv.conf, and the network connection of this machine:"),
            f"  getent hosts {host}",
        )
        return [Check("dns", CheckStatus.BAD, f"{host}: {_reason(error)}", advice)]
    message = _("{host} resolves to {addresses}.").format(host=host, addresses=", ".join(addresses[:4]))
    found.append(Check("dns", CheckStatus.OK, message, (), time.monotonic() - started))
    started = time.monotonic()
    try:
        version = await _run_in_thread(lambda: _connect(host, port, is_tls=is_tls))
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        if nonconforming := _nonconforming(error):
            return [*found, Check("tls", CheckStatus.BAD, f"{host}: {reason}", nonconforming)]
        advice = (
            _("A proxy or firewall may have replaced the service's certificate with its own."),
            _("If that is intended, trust its certificates:"),
            "  export SSL_CERT_FILE=/path/to/certificates.pem",
        )
        return [*found, Check("tls", CheckStatus.BAD, f"{host}: {reason}", advice)]
    except OSError as error:
        advice = (_("Check the address and the firewall. You may need a proxy (HTTPS_PROXY)."),)
        return [*found, Check("connection", CheckStatus.BAD, f"{host}:{port}: {_reason(error)}", advice)]
    message = (
        _("connected, {version}, certificate valid").format(version=version) if is_tls else _("connected, without TLS")
    )
    return [*found, Check("tls" if is_tls else "connection", CheckStatus.OK, message, (), time.monotonic() - started)]


def _nonconforming(error: ssl.SSLError) -> tuple[str, ...]:
    """Return what to do about a certificate that only the strict rules reject; empty for any other fault."""
    from xds_tui.api.transport import NONCONFORMING, violates_strict_rules

    if not violates_strict_rules(error):
        return ()
    return (
        f"{_(NONCONFORMING)}.",
        _("Ask the owner of the certificate authority for certificates that conform to RFC 5280."),
        _("Until then, run xds-tui with Python 3.11 or 3.12."),
    )


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def _connect(host: str, port: int, *, is_tls: bool) -> str:
    """Connect, and return the version of TLS; empty without TLS."""
    with socket.create_connection((host, port), timeout=CHECK_TIMEOUT) as plain:
        if not is_tls:
            return ""
        from xds_tui.api.transport import trusted

        with trusted().wrap_socket(plain, server_hostname=host) as secured:
            return secured.version() or "TLS"


def _service(base_url: str, probed: Probed) -> Check:
    if probed.code is None:
        message = _("{url} is not the Xuandashi service: {seen}").format(url=base_url, seen=probed.described)
        if probed.summary:
            message = f"{base_url}: {with_detail(probed.summary, probed.described)}"
        advice = (messages.cause_advice(probed.cause or Cause.ADDRESS),)
        return Check("service", CheckStatus.BAD, message, advice, probed.seconds)
    message = _("{url} responds (code {code} to a request without a token).").format(url=base_url, code=probed.code)
    return Check("service", CheckStatus.OK, message, (), probed.seconds)


def _clock(ahead: float | None) -> Check:
    if ahead is None:
        return Check("clock", CheckStatus.WARN, _("The service does not send its time."))
    message = _("This machine's clock is {seconds} s off that of the service.").format(seconds=round(abs(ahead)))
    if abs(ahead) <= MAX_CLOCK_SKEW:
        return Check("clock", CheckStatus.OK, message)
    advice = (_("Remaining times are wrong. Synchronize the clock:"), "  sudo timedatectl set-ntp true")
    return Check("clock", CheckStatus.WARN if abs(ahead) <= MAX_TOLERATED_SKEW else CheckStatus.BAD, message, advice)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, TimeoutError):
        return _("no response in time")
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


async def _run_in_thread(work: Callable[[], T]) -> T:
    """Return the result of `work`, run on a daemon thread, with a time-out.

    Raises:
        TimeoutError: `work` takes more than twice `CHECK_TIMEOUT`.

    """
    async with asyncio.timeout(2 * CHECK_TIMEOUT):
        return await asyncio.wrap_future(threads.submit(work))
