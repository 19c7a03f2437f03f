from __future__ import annotations

import httpx
import pytest

from xds_tui.api.envelope import describe, require_success, retry_after
from xds_tui.api.errors import ApiError, BadResponse, Cause, Rejected, SignedOut


def unmasked(text: str) -> str:
    return text


def a_page(content: str, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={"Content-Type": "text/html; charset=utf-8"} | named, text=content)


def an_answer(content: str, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers={"Content-Type": "application/json"} | named, text=content)


@pytest.mark.parametrize("status", [200, 401, 404, 500, 503])
def test_code_0_is_success_whatever_the_http_status(status: int) -> None:
    assert require_success(an_answer('{"code":0,"data":[]}', status), unmasked).code == 0


@pytest.mark.parametrize("status", [200, 401, 500])
def test_code_401_is_signed_out_whatever_the_http_status(status: int) -> None:
    with pytest.raises(SignedOut) as caught:
        require_success(an_answer('{"code":401,"msg":"token expired","traceId":"t1"}', status), unmasked)
    assert (caught.value.code, caught.value.message, caught.value.trace_id) == (401, "token expired", "t1")


def test_a_rejection_has_code_message_trace_id_and_retry_after() -> None:
    with pytest.raises(Rejected) as caught:
        require_success(an_answer('{"code":6002,"msg":"资源不足","traceId":"t1"}', Retry_After="7"), unmasked)
    refused = caught.value
    assert (refused.code, refused.message, refused.trace_id, refused.retry_after) == (6002, "资源不足", "t1", 7.0)


def test_without_an_envelope_the_http_status_decides() -> None:
    with pytest.raises(SignedOut):
        require_success(a_page("<h1>Unauthorized</h1>", 401), unmasked)
    for status in (429, 503):
        with pytest.raises(Rejected) as caught:
            require_success(a_page("<title>busy</title>", status, Retry_After="3"), unmasked)
        assert (caught.value.code, caught.value.retry_after) == (status, 3.0)
    for status in (200, 404, 500, 502):
        with pytest.raises(BadResponse):
            require_success(a_page("<title>Oops</title>", status), unmasked)


@pytest.mark.parametrize(
    ("response", "summary", "cause"),
    [
        (a_page("<title>Hotel</title>"), "A web page was received", Cause.PORTAL),
        (a_page("", 204), "A web page was received", Cause.PORTAL),
        (httpx.Response(200, text="<!DOCTYPE html><title>Hotel</title>"), "A web page was received", Cause.PORTAL),
        (httpx.Response(200, content=b"\xef\xbb\xbf\n<HTML>"), "A web page was received", Cause.PORTAL),
        (a_page("", 302, Location="https://login.test/"), "redirected", Cause.PORTAL),
        (a_page("", 511), "not available", Cause.SERVICE),
        *((a_page("<h1>Oops</h1>", status), "not available", Cause.SERVICE) for status in (500, 502, 504, 520, 530)),
        (a_page("busy", 503), "not available", Cause.SERVICE),
        (an_answer('{"error":"upstream"}', 502), "not available", Cause.SERVICE),
        (an_answer("", 500), "not available", Cause.SERVICE),
        *(
            (a_page("<h1>nginx</h1>", status), "no service at this address", Cause.ADDRESS)
            for status in (404, 405, 410)
        ),
        *((a_page("<h1>WAF</h1>", status), "blocked", Cause.BLOCKED) for status in (403, 451)),
        (a_page("", 407), "proxy", Cause.PROXY),
        (a_page("<h1>Bad</h1>", 400), "the Xuandashi service", None),
        (an_answer("{}"), "the Xuandashi service", None),
        (an_answer("", 200), "the Xuandashi service", None),
    ],
)
def test_responses_without_an_envelope_are_classified(
    response: httpx.Response, summary: str, cause: Cause | None
) -> None:
    with pytest.raises(ApiError) as caught:
        require_success(response, unmasked)
    assert (caught.value.cause, summary in caught.value.summary) == (cause, True), caught.value.summary


def test_an_unavailable_service_has_retry_after() -> None:
    with pytest.raises(Rejected) as caught:
        require_success(a_page("busy", 503, Retry_After="3"), unmasked)
    assert (caught.value.code, caught.value.retry_after) == (503, 3.0)


def test_a_bad_response_describes_the_content() -> None:
    portal = "<html><head><title>\n  Hotel &amp; Spa Wi-Fi\n</title></head><body>Log in</body></html>"
    with pytest.raises(BadResponse) as caught:
        require_success(a_page(portal), unmasked)
    assert caught.value.detail == "HTTP 200, text/html: Hotel & Spa Wi-Fi"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<body><script>var a = 1</script><h1>Bad <b>Gateway</b></h1>", "Bad Gateway"),
        ("upstream\x1b[2J failed", "upstream\ufffd[2J failed"),
        ("", "empty"),
        ("<" * 8_192, "empty"),
    ],
)
def test_a_page_is_described_by_its_first_words(content: str, shown: str) -> None:
    assert describe(a_page(content, 502)) == f"HTTP 502, text/html: {shown}"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/html", "application/xml"])
@pytest.mark.parametrize("around", ["{}", "callback({})", "{}\n<!-- cache -->", "<pre>{}</pre>", "\ufeff {}"])
@pytest.mark.parametrize("status", [200, 500])
def test_data_that_are_no_envelope_are_not_shown(kind: str, around: str, status: int) -> None:
    data = '{"data":{"token":"n3w-t0ken","data":[{"id":"OWWWuy7Gcj","hostPw":"cWf4psCY"}]}}'
    response = a_page(around.replace("{}", data), status, Content_Type=kind)
    assert not any(secret in describe(response) for secret in ("n3w-t0ken", "cWf4psCY"))


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream", "application/xml"])
def test_the_content_of_a_success_is_not_shown(kind: str) -> None:
    assert "n3w-t0ken" not in describe(a_page("<token>n3w-t0ken</token>", Content_Type=kind))


def test_the_fields_of_an_error_are_shown() -> None:
    error = '{"timestamp":1692350230000,"status":404,"error":"Not Found","message":"No \\"route\\"","path":"/v1/x"}'
    shown = 'HTTP 404, application/json: status 404, error "Not Found", message "No \\"route\\""'
    assert describe(a_page(error, 404, Content_Type="application/json")) == shown


def test_a_description_is_short() -> None:
    assert len(describe(a_page("x" * 100_000, 502))) == 200


def test_returned_secrets_are_masked() -> None:
    def mask(text: str) -> str:
        return text.replace("s3cr3t", "••••")

    with pytest.raises(Rejected) as refused:
        require_success(an_answer('{"code":1003,"msg":"bad s3cr3t"}'), mask)
    with pytest.raises(BadResponse) as bad:
        require_success(a_page("You sent s3cr3t"), mask)
    assert "s3cr3t" not in f"{refused.value} {refused.value.args} {bad.value} {bad.value.args}"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://login.example.com/sso?token=abc", "HTTP 302 → https://login.example.com"),
        ("/login", "HTTP 302 → another path"),
        ("http://a:x", "HTTP 302"),
    ],
)
def test_a_redirect_is_named_by_its_origin_only(location: str, shown: str) -> None:
    with pytest.raises(BadResponse) as caught:
        require_success(a_page("", 302, Location=location), unmasked)
    assert caught.value.detail == shown


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("99999999", 3600.0),
        ("9" * 500, None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Fri, 21 Oct 2999 07:28:00 GMT", 3600.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_bounded(said: str, seconds: float | None) -> None:
    assert retry_after(a_page("", 503, Retry_After=said)) == seconds
