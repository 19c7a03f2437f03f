"""Addresses of the service: its two environments, and the rule for any other address."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from xds_tui.i18n import N_

PRODUCTION: Final = "https://client.xuandashi.com"
SANDBOX: Final = "https://client-sandbox.xuandashi.com"
"""Separate accounts and data (reference: environments)."""
DEMO: Final = "https://demo.invalid"
"""A reserved name; the transport of the demo stays in the process."""

NOT_A_URL: Final = N_("The service address is not a URL")

_ENVIRONMENTS: Final = {PRODUCTION: "production", SANDBOX: "sandbox", DEMO: "demo"}


def check_base_url(url: str, *, insecure_http: bool = False) -> str:
    """Return `url` without a trailing slash, if the token may be sent there; a path prefix is kept.

    Plain HTTP would reveal the token, so it is allowed for this machine only, unless `insecure_http` is set.

    Raises:
        ValueError: with a sentence for the user, marked for translation.

    """
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(NOT_A_URL) from None
    if parts.scheme not in ("http", "https") or not host or not url.strip().isprintable() or " " in url.strip():
        raise ValueError(N_("The service address must start with https:// and contain a host name"))
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(N_("The service address must not contain a user name, a password, a query or a fragment"))
    if parts.scheme == "http" and not insecure_http and not is_loopback(host):
        raise ValueError(N_("Without https, the token could be read on the way"))
    return SplitResult(parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", "").geturl()


def environment_of(base_url: str) -> str:
    """Return what is at an address: `production`, `sandbox`, `demo`, or else its host and port."""
    if base_url in _ENVIRONMENTS:
        return _ENVIRONMENTS[base_url]
    named = urlsplit(base_url).netloc
    # A host of that name must not be taken for the service.
    return base_url if named in _ENVIRONMENTS.values() else named


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an IP address, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
