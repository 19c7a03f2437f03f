"""The way to the service: which certificates are trusted, and through which proxy it leads."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Final

import httpx

from xds_tui.api.errors import NotSent
from xds_tui.api.proxy import ProxyTransport, proxy_for
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
        proxy = proxy_for(base_url)
        if proxy is None:
            return httpx.AsyncHTTPTransport(verify=trust, limits=limits)
        return ProxyTransport(proxy, verify=trust, limits=limits)
    raise failure


def trusted() -> ssl.SSLContext:
    """Return what TLS trusts: the file or directory that the environment names, else the system's store.

    Reading the certificates takes some hundredths of a second, so it is done once, and may be done ahead on a thread.
    """
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=1)
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    if file and Path(file).exists() and not Path(file).is_file():
        raise OSError(f"{file}: not a regular file")  # a named pipe would be waited for
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=None if file else folder)
    context = ssl.create_default_context()
    if not context.get_ca_certs() and not _has_certificates(ssl.get_default_verify_paths().capath):
        import certifi  # there is no store, as in a small container, or with Python's own installer for macOS

        context.load_verify_locations(certifi.where())
    return context


def _has_certificates(folder: str | None) -> bool:
    """Whether there are files in the folder that OpenSSL looks into when it needs one."""
    return folder is not None and any(Path(folder).iterdir())
