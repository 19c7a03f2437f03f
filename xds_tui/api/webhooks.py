"""Send notifications to the webhooks of chat services, of the vendor's alert service, and of the user.

The URL of a webhook grants the right to send to it, so neither it nor anything derived from it is logged, put into an
error, or sent elsewhere: redirects are not followed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import httpx

from xds_tui.api import transport
from xds_tui.domain.credentials import Secret
from xds_tui.domain.endpoint import is_loopback
from xds_tui.domain.notification import ChannelKind, ChannelSecrets, Notification
from xds_tui.domain.sanitize import clean
from xds_tui.errors import AppError
from xds_tui.i18n import N_

TIMEOUT: Final = 10.0
"""Seconds for a request."""

MAX_RESPONSE: Final = 64 * 1024
"""Bytes of a response that are read."""

MAX_TEXT: Final = 2000
"""Bytes of the text in a chat message: WeCom accepts 2048."""

MAX_MESSAGE: Final = 200
"""Characters of a response that an error quotes."""

Body = Mapping[str, Any]


class DeliveryError(AppError):
    """A notification was not delivered. Neither summary nor detail contains anything of the URL."""


def check_url(url: str) -> str:
    """Return the URL of a webhook if notifications may be sent there.

    Raises:
        DeliveryError: if it is not an https address; plain HTTP is accepted for this machine only.

    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not url.isprintable() or " " in url:
        raise DeliveryError(N_("This is not a web address"))
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise DeliveryError(N_("The address of a channel must start with https://"))
    return url


async def send(kind: ChannelKind, secrets: ChannelSecrets, notice: Notification, now: datetime) -> None:
    """Send a notification to a webhook.

    Raises:
        DeliveryError: if the channel did not confirm it.

    """
    url, body = request_of(kind, secrets, notice, now)
    try:
        status, response = await _post(check_url(url), body)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        # Messages of the library may contain the URL.
        raise DeliveryError(N_("The channel cannot be reached"), type(error).__name__) from None
    if not 200 <= status < 300:
        raise DeliveryError(N_("The channel rejected the notification"), f"HTTP {status}")
    if kind in _CODES and (reason := _rejection(response, _CODES[kind])):
        raise DeliveryError(N_("The channel rejected the notification"), reason)


async def _post(url: str, body: Body) -> tuple[int, bytes]:
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=TIMEOUT, verify=transport.trusted(), follow_redirects=False) as http,
        http.stream("POST", url, content=content, headers=headers) as response,
    ):
        received = b""
        async for chunk in response.aiter_raw():
            received += chunk
            if len(received) > MAX_RESPONSE:
                break
        return response.status_code, received


_CODES: Final = {
    ChannelKind.WECOM: ("errcode",),
    ChannelKind.DINGTALK: ("errcode",),
    ChannelKind.FEISHU: ("code", "StatusCode"),
}
"""The fields of a response that are 0 if the chat service accepted the message."""


def _rejection(response: bytes, codes: tuple[str, ...]) -> str:
    """Return why a chat service rejected a message, or an empty text if it did not."""
    try:
        fields = json.loads(response)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        return "?"
    if any(type(fields.get(code)) is int and fields[code] == 0 for code in codes):
        return ""
    message = fields.get("errmsg") or fields.get("msg") or fields.get("StatusMessage") or ""
    code = next((fields[code] for code in codes if code in fields), "?")
    return clean(f"{code} {message}")[:MAX_MESSAGE]


# Requests of each protocol


def request_of(kind: ChannelKind, secrets: ChannelSecrets, notice: Notification, now: datetime) -> tuple[str, Body]:
    """Return the URL and the JSON body of a notification, signed if there is a key; `now` is in the signature."""
    return _REQUESTS[kind](secrets.url.reveal(), secrets.key, notice, now)


def generic_body(notice: Notification) -> Body:
    """Return what generic webhooks and commands receive."""
    return {
        "id": notice.id,
        "at": notice.at.isoformat(),
        "title": notice.title,
        "text": "\n".join(notice.lines),
        "level": notice.level,
        "host": notice.host,
        "resolved": notice.is_resolved,
        "events": list(notice.events),
        "source": "xds-tui",
    }


def chat_text(notice: Notification) -> str:
    """Return title and lines, cut to what chat services accept."""
    text = "\n".join((notice.title, *notice.lines))
    if len(text.encode()) <= MAX_TEXT:
        return text
    return text.encode()[: MAX_TEXT - 3].decode(errors="ignore") + "…"


def _generic(url: str, _key: Secret | None, notice: Notification, _now: datetime) -> tuple[str, Body]:
    return url, generic_body(notice)


def _wecom(url: str, _key: Secret | None, notice: Notification, _now: datetime) -> tuple[str, Body]:
    return url, {"msgtype": "text", "text": {"content": chat_text(notice)}}


def _dingtalk(url: str, key: Secret | None, notice: Notification, now: datetime) -> tuple[str, Body]:
    """Sign by HMAC-SHA256 of the time in milliseconds and the key, with the key, in the query."""
    body = {"msgtype": "text", "text": {"content": chat_text(notice)}}
    if key is None:
        return url, body
    timestamp = f"{now.timestamp() * 1000:.0f}"
    signature = _hmac(key.reveal(), f"{timestamp}\n{key.reveal()}")
    separator = "&" if urlsplit(url).query else "?"
    return f"{url}{separator}timestamp={timestamp}&sign={quote_plus(signature)}", body


def _feishu(url: str, key: Secret | None, notice: Notification, now: datetime) -> tuple[str, Body]:
    """Sign by HMAC-SHA256 of nothing, with the time in seconds and the key as its key, in the body."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": chat_text(notice)}}
    if key is None:
        return url, body
    timestamp = f"{now.timestamp():.0f}"
    return url, {"timestamp": timestamp, "sign": _hmac(f"{timestamp}\n{key.reveal()}", ""), **body}


def _xuandashi(url: str, _key: Secret | None, notice: Notification, _now: datetime) -> tuple[str, Body]:
    """Send what the vendor's alert service documents; a resolved alert has the ID of the alert."""
    return url, {
        "alertNoticeEventId": notice.id,
        "alert": not notice.is_resolved,
        "alertNoticeTitle": notice.title,
        "alertNoticeContent": "\n".join(notice.lines),
        "alertNoticeLevel": notice.level,
        "alertNoticeHost": notice.host,
        "alertNoticeIp": "",
        "alertNoticeObject": "xds-tui",
        "alertNoticeHostGroup": "",
    }


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


_REQUESTS: Final[Mapping[ChannelKind, Callable[[str, Secret | None, Notification, datetime], tuple[str, Body]]]] = {
    ChannelKind.WEBHOOK: _generic,
    ChannelKind.WECOM: _wecom,
    ChannelKind.DINGTALK: _dingtalk,
    ChannelKind.FEISHU: _feishu,
    ChannelKind.XUANDASHI: _xuandashi,
}
