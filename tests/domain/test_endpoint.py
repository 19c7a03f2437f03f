from __future__ import annotations

import pytest

from xds_tui.domain.endpoint import DEMO, PRODUCTION, SANDBOX, check_base_url, environment_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (PRODUCTION, PRODUCTION),
        (SANDBOX + "/", SANDBOX),
        ("https://Example.com:8443/prefix/", "https://example.com:8443/prefix"),
        ("HTTPS://example.com", "https://example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:80", "http://[::1]:80"),
        (" https://example.com ", "https://example.com"),
    ],
)
def test_an_address_loses_its_trailing_slash(given: str, kept: str) -> None:
    assert check_base_url(given) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://name:word@example.com",
        "https://example.com?x=1",
        "https://example.com#x",
        "https://exam ple.com",
        "https://example.com\x1b[31m",
        "https://example.com:99999",
        "https://[::1",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
    ],
)
def test_an_address_that_the_token_may_not_be_sent_to_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(The service address|Without https,)"):
        check_base_url(url)


def test_plain_http_to_elsewhere_is_for_those_who_say_so() -> None:
    assert check_base_url("http://10.0.0.7:81/", insecure_http=True) == "http://10.0.0.7:81"


@pytest.mark.parametrize(
    ("base_url", "environment"),
    [
        (PRODUCTION, "production"),
        (SANDBOX, "sandbox"),
        (DEMO, "demo"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("https://example.com/xds", "example.com"),
        ("https://production", "https://production"),
        (f"{PRODUCTION}:444", "client.xuandashi.com:444"),
    ],
)
def test_an_environment_is_identified_by_its_address(base_url: str, environment: str) -> None:
    assert environment_of(base_url) == environment
