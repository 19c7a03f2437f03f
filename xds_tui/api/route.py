"""The way to the service: which certificates are trusted, and which proxy is asked."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from xds_tui.api.errors import NotSent
from xds_tui.base_url import is_loopback
from xds_tui.i18n import N_

MAX_CONNECTIONS: Final = 8
"""At the same time in one pool: more than a sweep asks for at once."""


def open_route(base_url: httpx.URL, *, keep_alive: bool) -> httpx.AsyncHTTPTransport:
    """Return the transport to `base_url`, a new connection for each request unless `keep_alive`.

    Raises:
        NotSent: if the environment names a proxy or certificates that cannot be used.

    """
    limits = httpx.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS if keep_alive else 0
    )
    try:
        trust = trusted() if base_url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except (OSError, ValueError) as error:
        failure = NotSent(N_("The certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read"), str(error))
    else:
        try:
            return httpx.AsyncHTTPTransport(verify=trust, limits=limits, proxy=proxy_for(base_url))
        except (ImportError, ValueError, httpx.InvalidURL):
            failure = NotSent(N_("The proxy that the environment names cannot be used"))
    raise failure


def trusted() -> ssl.SSLContext:
    """Return what TLS trusts: the file or directory that the environment names, else certifi's and the system's.

    Reading the certificates takes a tenth of a second, so it is done once, and may be done ahead on a thread.
    """
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=1)
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    if not (file or folder):
        context.load_default_certs()
    return context


def proxy_for(base_url: httpx.URL) -> str | None:
    """Return the proxy that the environment names for `base_url`.

    None for this machine, which a proxy cannot reach, and for plain http, whose headers a proxy could read.
    """
    host = base_url.raw_host.decode("ascii")
    if base_url.scheme != "https" or is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
