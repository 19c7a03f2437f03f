"""Webhooks against local servers that check the requests as each chat service does."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from asyncio import StreamReader, StreamWriter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.raw_server import HANG_UP, http, raw_server
from support.wait import TIMEOUT

from xds_tui.api import webhooks
from xds_tui.api.webhooks import MAX_TEXT, DeliveryError, chat_text, check_url, request_of, send
from xds_tui.domain.credentials import Secret
from xds_tui.domain.notification import ChannelKind, ChannelSecrets, Notification

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN = "planted-hook-token"
KEY = "SEC-planted-key"
NOTICE = Notification(
    id="n1", at=NOW, title="渲染-07 is gone", lines=("host h7",), level=3, host="渲染-07", events=({"a": 1},)
)
OK = {
    ChannelKind.WEBHOOK: "fine",
    ChannelKind.WECOM: '{"errcode":0,"errmsg":"ok"}',
    ChannelKind.DINGTALK: '{"errcode":0,"errmsg":"ok"}',
    ChannelKind.FEISHU: '{"code":0,"msg":"success"}',
    ChannelKind.XUANDASHI: "{}",
}


async def deliver(kind: ChannelKind, answer: bytes, *, key: str | None = None, query: str = "") -> tuple[str, Any]:
    """Send the notice to a server that gives `answer`; return the target and the JSON of its request."""
    async with raw_server(answer) as server:
        url = f"{server.url}/hook/{TOKEN}{query}"
        await send(kind, ChannelSecrets(Secret(url), Secret(key) if key else None), NOTICE, NOW)
    (request,) = server.requests
    head, _blank, body = request.partition("\r\n\r\n")
    method, target, _version = head.split("\r\n")[0].split(" ")
    assert method == "POST"
    assert "content-type: application/json" in head.lower()
    return target, json.loads(body)


def signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


async def test_a_wecom_robot_gets_a_text() -> None:
    target, body = await deliver(ChannelKind.WECOM, http(OK[ChannelKind.WECOM]), query="?key=k")
    assert target == f"/hook/{TOKEN}?key=k"
    assert body == {"msgtype": "text", "text": {"content": "渲染-07 is gone\nhost h7"}}


async def test_a_dingtalk_robot_accepts_the_signature() -> None:
    target, body = await deliver(ChannelKind.DINGTALK, http(OK[ChannelKind.DINGTALK]), key=KEY, query="?access_token=t")
    query = parse_qs(urlsplit(target).query, strict_parsing=True)
    (timestamp,), (sign,) = query["timestamp"], query["sign"]
    assert query["access_token"] == ["t"]
    assert datetime.fromtimestamp(int(timestamp) / 1000, UTC) == NOW
    assert sign == signature(KEY, f"{timestamp}\n{KEY}")
    assert body["text"] == {"content": "渲染-07 is gone\nhost h7"}


async def test_a_feishu_robot_accepts_the_signature() -> None:
    _target, body = await deliver(ChannelKind.FEISHU, http(OK[ChannelKind.FEISHU]), key=KEY)
    assert datetime.fromtimestamp(int(body["timestamp"]), UTC) == NOW
    assert body["sign"] == signature(f"{body['timestamp']}\n{KEY}", "")
    assert (body["msg_type"], body["content"]) == ("text", {"text": "渲染-07 is gone\nhost h7"})


@pytest.mark.parametrize("kind", [ChannelKind.DINGTALK, ChannelKind.FEISHU])
async def test_without_a_key_nothing_is_signed(kind: ChannelKind) -> None:
    target, body = await deliver(kind, http(OK[kind]))
    assert "sign" not in target
    assert "sign" not in body


async def test_the_alert_service_of_the_vendor_gets_its_fields_and_the_end_of_an_alert() -> None:
    _target, body = await deliver(ChannelKind.XUANDASHI, http("{}"))
    assert (body["alertNoticeEventId"], body["alert"], body["alertNoticeLevel"]) == ("n1", True, 3)
    assert (body["alertNoticeTitle"], body["alertNoticeContent"]) == ("渲染-07 is gone", "host h7")
    assert body["alertNoticeHost"] == "渲染-07"
    resolved = Notification(id="n1", at=NOW, title="", lines=(), level=0, is_resolved=True)
    _url, ended = request_of(ChannelKind.XUANDASHI, ChannelSecrets(Secret("https://x")), resolved, NOW)
    assert (ended["alertNoticeEventId"], ended["alert"]) == ("n1", False)


async def test_a_generic_webhook_gets_everything() -> None:
    _target, body = await deliver(ChannelKind.WEBHOOK, http("fine", kind="text/plain"))
    assert body == {
        "id": "n1",
        "at": "2026-11-23T12:00:00+00:00",
        "title": "渲染-07 is gone",
        "text": "host h7",
        "level": 3,
        "host": "渲染-07",
        "resolved": False,
        "events": [{"a": 1}],
        "source": "xds-tui",
    }


@pytest.mark.parametrize(
    ("kind", "answer", "reason"),
    [
        (ChannelKind.WECOM, http('{"errcode":93000,"errmsg":"invalid webhook url"}'), "93000 invalid webhook url"),
        (ChannelKind.DINGTALK, http('{"errcode":310000,"errmsg":"sign \\u001b[31mnot match"}'), "310000 sign "),
        (ChannelKind.FEISHU, http('{"code":19021,"msg":"sign match fail"}'), "19021 sign match fail"),
        (ChannelKind.FEISHU, http("no JSON"), "?"),
        (ChannelKind.WECOM, http("[]"), "?"),
        (ChannelKind.WECOM, http('{"errcode":false}'), "False"),
        (ChannelKind.WEBHOOK, http("", status="500 Broken"), "HTTP 500"),
        (ChannelKind.WEBHOOK, http("", status="302 Found", Location="http://127.0.0.1:1/"), "HTTP 302"),
        (ChannelKind.XUANDASHI, http("", status="404 None"), "HTTP 404"),
        (ChannelKind.WEBHOOK, HANG_UP, "RemoteProtocolError"),
    ],
)
async def test_a_rejection_is_an_error_without_the_address(kind: ChannelKind, answer: bytes, reason: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        await deliver(kind, answer, key=KEY)
    assert caught.value.detail.startswith(reason)
    assert "\x1b" not in caught.value.detail
    for secret in (TOKEN, KEY):
        assert secret not in repr(caught.value) + str(caught.value) + caught.value.detail
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_an_endless_response_is_not_read_to_its_end() -> None:
    async def endless(_reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()

    async with asyncio.timeout(TIMEOUT), raw_server(endless) as server:
        await send(ChannelKind.WEBHOOK, ChannelSecrets(Secret(server.url)), NOTICE, NOW)


async def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.2)

    async def silent(reader: StreamReader, _writer: StreamWriter) -> None:
        await reader.read()

    async with raw_server(silent) as server:
        with pytest.raises(DeliveryError, match="cannot be reached"):
            await send(ChannelKind.WEBHOOK, ChannelSecrets(Secret(server.url)), NOTICE, NOW)


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "ftp://127.0.0.1/x", "no address", "", "https://", "https://a b", "https://a:x/"]
)
def test_only_https_and_this_machine_are_accepted(url: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        check_url(url)
    assert not url or url not in str(caught.value)
    assert check_url("https://oapi.dingtalk.com/robot/send?access_token=t")
    assert check_url("http://localhost:8080/")


def test_a_long_text_is_cut_between_characters() -> None:
    lines = tuple(f"主机-{number} 已停止" for number in range(400))
    text = chat_text(Notification(id="", at=NOW, title="t", lines=lines, level=3))
    assert len(text.encode()) <= MAX_TEXT
    assert text.endswith("…")
    assert text[:-1] in "\n".join(("t", *lines))


@pytest.mark.parametrize("skew", [timedelta(milliseconds=999), timedelta(0)])
def test_timestamps_are_whole_numbers(skew: timedelta) -> None:
    secrets = ChannelSecrets(Secret("https://x/y"), Secret(KEY))
    url, _body = request_of(ChannelKind.DINGTALK, secrets, NOTICE, NOW + skew)
    assert parse_qs(urlsplit(url).query)["timestamp"][0].isdecimal()
